//! `network:`

use super::addresses;
use super::issues::Issues;
use super::training::lift;
use crate::project::network::{Agents, Cidr, Hub, Network, NetworkId, PrivateNetwork, group_id};
use crate::spec::located::path::Path;
use crate::spec::{HubSpec, NetworkKind, NetworkSpec, RangesSpec, SpecFile};

/// Public, or private with ranges that lie where they should.
pub(super) fn check(spec: &SpecFile, issues: &mut Issues) -> Option<Network> {
    let at = Path::root().key("network");
    let environments = spec.environments.as_ref().map_or(1, Vec::len);
    let network = match &spec.network {
        NetworkSpec::Kind(NetworkKind::Public) => Some(Network::Public),
        NetworkSpec::Kind(NetworkKind::Private) => ranges(&RangesSpec::default(), environments, &at, issues),
        NetworkSpec::Ranges(given) => ranges(given.private.as_ref()?, environments, &at.key("private"), issues),
    };
    if let Some(Network::Private(network)) = &network {
        addresses::check(spec, network, issues);
    }
    network
}

fn ranges(given: &RangesSpec, environments: usize, at: &Path, issues: &mut Issues) -> Option<Network> {
    let space_at = at.key("addressSpace");
    let space = issues.parse(&space_at, &given.address_space, Cidr::parse);
    if let Some(space) = space.filter(|s| !s.is_private()) {
        let message = format!("{space} is not a private range");
        issues.add(&space_at, message).help("private ranges lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
    }
    let before = issues.count();
    let mut subnets: Vec<(Path, Cidr)> = Vec::new();
    for (quarter, key, text) in [
        (0, "endpointsSubnet", &given.endpoints_subnet),
        (1, "trainingSubnet", &given.training_subnet),
        (2, "scoringSubnet", &given.scoring_subnet),
    ] {
        let path = at.key(key);
        let subnet = match text {
            Some(text) => issues.parse(&path, text, Cidr::parse)?,
            None => match space?.part(2, quarter) {
                Some(subnet) => subnet,
                None => {
                    issues
                        .add(&space_at, "the address space is too small to be cut into subnets")
                        .help("choose a /24 or larger");
                    return None;
                }
            },
        };
        if let Some(space) = space.filter(|s| !s.contains(&subnet)) {
            issues.add(&path, format!("{subnet} does not lie in the address space, {space}")).about(space_at.clone());
        }
        for (other_at, other) in subnets.iter().filter(|(_, other)| other.overlaps(&subnet)) {
            let name = other_at.last_key().unwrap_or_default();
            issues.add(&path, format!("{subnet} overlaps with `{name}`, {other}")).about(other_at.clone());
        }
        subnets.push((path, subnet));
    }
    let [(_, endpoints_subnet), (_, training_subnet), (scoring_at, scoring_subnet)] =
        <[_; 3]>::try_from(subnets).ok()?;
    let bits = environments.max(1).next_power_of_two().trailing_zeros();
    if scoring_subnet.part(u8::try_from(bits).unwrap_or(u8::MAX), 0).is_none_or(|part| part.prefix() > 27) {
        let message =
            format!("{scoring_subnet} is too small for {environments} environments: each needs a /27 or larger");
        issues.add(&scoring_at, message).about(Path::root().key("environments"));
    }
    let agents = match &given.agents {
        Some(id) => issues.parse(&at.key("agents"), id, NetworkId::parse).map(Agents::Network),
        None => agents_subnet(space?, &[endpoints_subnet, training_subnet, scoring_subnet], &space_at, issues),
    };
    let hub = given.hub.as_ref().map(|given| hub(given, &at.key("hub"), issues));
    (issues.count() == before).then_some(())?;
    Some(Network::Private(PrivateNetwork {
        address_space: space?,
        endpoints_subnet,
        training_subnet,
        scoring_subnet,
        agents: agents?,
        hub: lift(hub)?,
    }))
}

/// The last quarter of the space that is free.
fn agents_subnet(space: Cidr, others: &[Cidr], at: &Path, issues: &mut Issues) -> Option<Agents> {
    let mut free = (0..4).rev().filter_map(|quarter| space.part(2, quarter));
    let found = free.find(|part| !others.iter().any(|other| other.overlaps(part)));
    if found.is_none() {
        issues
            .add(at, "the subnets leave no quarter of the address space for agents")
            .help("choose smaller subnets, or name the network of your agents as `agents`");
    }
    found.map(Agents::Subnet)
}

fn hub(given: &HubSpec, at: &Path, issues: &mut Issues) -> Option<Hub> {
    let network = issues.parse_some(&at.key("virtualNetwork"), given.virtual_network.as_deref(), NetworkId::parse);
    let zones = given.zones.as_ref().map(|id| issues.parse(&at.key("zones"), id, group_id));
    let firewall = given.firewall.as_ref().map(|text| {
        issues.parse(&at.key("firewall"), text, |text| {
            text.parse().map_err(|_| "a firewall is named by its private address, as in `10.0.0.4`".to_owned())
        })
    });
    Some(Hub { network: network?, zones: lift(zones)?, firewall: lift(firewall)? })
}
