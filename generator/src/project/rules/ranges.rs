//! Address ranges that are taken already, and those of a cluster's inside.

use std::net::Ipv4Addr;

use super::refusal::Refusal;
use crate::project::network::Cidr;
use crate::spec::located::path::Path;
use crate::spec::{NetworkSpec, SpecFile};

/// Ranges that no virtual network of a project can have, and what has them.
const TAKEN: [(&str, u8, &str); 5] = [
    ("172.17.0.0", 16, "the container runtime of Azure ML's nodes"),
    ("172.30.0.0", 16, "AKS itself"),
    ("172.31.0.0", 16, "AKS itself"),
    ("169.254.0.0", 16, "Azure itself"),
    ("192.0.2.0", 24, "AKS itself"),
];

/// Candidates for pods: the first that is free is taken.
const PODS: [&str; 4] = ["192.168.0.0/16", "10.244.0.0/16", "172.18.0.0/16", "10.128.0.0/16"];
/// Candidates for services.
const SERVICES: [&str; 4] = ["172.16.0.0/16", "10.96.0.0/16", "172.19.0.0/16", "10.0.0.0/16"];

/// Ranges inside a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterRanges {
    /// Pods.
    pub pods: Cidr,
    /// Services.
    pub services: Cidr,
}

/// Ranges for the inside of a cluster that overlap neither `networks` nor each other; `None` if there are none left.
pub fn cluster_ranges(networks: &[Cidr]) -> Option<ClusterRanges> {
    let free = |candidates: &[&str], others: &[Cidr]| {
        let mut parsed = candidates.iter().filter_map(|text| Cidr::parse(text).ok());
        parsed.find(|range| !networks.iter().chain(others).any(|other| other.overlaps(range)))
    };
    let pods = free(&PODS, &[])?;
    let services = free(&SERVICES, &[pods])?;
    Some(ClusterRanges { pods, services })
}

/// Refuses a firewall whose address is no private one, or one of the networks whose traffic it takes.
pub(super) fn firewall(spec: &SpecFile) -> Vec<(Path, Refusal)> {
    let NetworkSpec::Ranges(given) = &spec.network else { return Vec::new() };
    let hub = given.private.as_ref().and_then(|ranges| Some((ranges, ranges.hub.as_ref()?.firewall.as_ref()?)));
    let Some((ranges, text)) = hub else { return Vec::new() };
    let Ok(address) = text.parse::<Ipv4Addr>() else { return Vec::new() };
    let space = Cidr::parse(&ranges.address_space).ok().filter(|space| space.holds(address));
    let refusal = match space {
        _ if !address.is_private() => Refusal::new(
            format!("{address} is a public address, and a route leads to a private one"),
            "name the private address of the firewall, as in `10.0.0.4`",
        ),
        Some(space) => Refusal::new(
            format!("{address} lies in {space}, the networks whose traffic the firewall takes"),
            "name the address of the firewall in the hub, or choose another `addressSpace`",
        ),
        None => return Vec::new(),
    };
    vec![(Path::root().keys(&["network", "private", "hub", "firewall"]), refusal)]
}

/// Refuses a network whose range is taken, or that leaves clusters none.
pub(super) fn reserved(spec: &SpecFile) -> Vec<(Path, Refusal)> {
    let NetworkSpec::Ranges(given) = &spec.network else { return Vec::new() };
    let Some(ranges) = &given.private else { return Vec::new() };
    let at = Path::root().keys(&["network", "private", "addressSpace"]);
    let Ok(space) = Cidr::parse(&ranges.address_space) else { return Vec::new() };
    let taken = TAKEN.iter().filter_map(|(address, prefix, who)| {
        let range = Cidr::parse(&format!("{address}/{prefix}")).ok()?;
        range.overlaps(&space).then(|| {
            Refusal::new(
                format!("{space} overlaps with {range}, which {who} has"),
                "choose another range, as in 10.20.0.0/16",
            )
        })
    });
    let mut found: Vec<(Path, Refusal)> = taken.map(|refusal| (at.clone(), refusal)).take(1).collect();
    if found.is_empty() && cluster_ranges(&[space]).is_none() {
        let message = format!("{space} leaves no private range for pods and services of a cluster");
        found.push((at, Refusal::new(message, "choose a smaller range, as in 10.20.0.0/16")));
    }
    found
}
