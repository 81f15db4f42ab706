//! Each flow of a private network, tried: the name resolves to a private address of the right network, a connection
//! comes about, and the service proves itself. What is missing is named after the model of the networks.

use std::net::{IpAddr, SocketAddr};

use futures::future::join_all;

use super::Patient;
use super::probe::{PORT, Probe};
use crate::artifacts::infra::api_versions::used;
use crate::edge::azure::path::ArmPath;
use crate::project::network::Cidr;
use crate::remote::doctor::Finding;
use crate::verify::networks::{Host, Reach, reaches};

/// The check, as findings name it.
const CHECK: &str = "flows";
/// Versions of the API.
const MACHINE_LEARNING: &str = used("Microsoft.MachineLearningServices/workspaces");
const CLUSTER: &str = used("Microsoft.ContainerService/managedClusters");

/// What came of trying one flow.
#[derive(Clone, Debug)]
struct Tried {
    host: String,
    addresses: Result<Vec<IpAddr>, String>,
    connected: Result<(), String>,
    greeted: Result<(), String>,
}

/// Findings about the flows of a private project; nothing of a public one.
pub(super) async fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(probe) = patient.probe else { return Vec::new() };
    let (here, elsewhere) = from_here(probe, reaches(patient.tree, patient.project)).await;
    let tried = join_all(here.into_iter().map(async |reach| {
        let name = name(patient, &reach).await;
        match name {
            Ok(host) => (reach.clone(), Ok(attempt(probe, &reach, host).await)),
            Err(why) => (reach, Err(why)),
        }
    }))
    .await;
    let mut found = judge(&tried, patient.on_agent);
    // Where nothing of the networks is seen at all, one note says so.
    if patient.on_agent || found.len() > 1 {
        found.extend(untried(&elsewhere));
    }
    found
}

/// The flows that come from the network that this machine is in, and the others. Which network that is, the address says
/// from which it would send to them; in none of those of the project, it is where the agents are.
async fn from_here(probe: &dyn Probe, all: Vec<Reach>) -> (Vec<Reach>, Vec<Reach>) {
    let mut own = Vec::new();
    for range in all.iter().flat_map(|reach| &reach.ranges) {
        own.extend(probe.own_address(IpAddr::V4(range.address(1))).await);
    }
    let inside =
        |reach: &&Reach| own.iter().any(|address| reach.from_ranges.iter().any(|range| within(range, address)));
    let agents = |reach: &&Reach| reach.who.iter().any(|who| who == "an agent");
    let network = all.iter().find(inside).or_else(|| all.iter().find(agents)).map(|reach| reach.from.clone());
    all.into_iter().partition(|reach| Some(&reach.from) == network.as_ref())
}

/// What flows of other networks need, a note for each network.
fn untried(reaches: &[Reach]) -> Vec<Finding> {
    let mut networks: Vec<&str> = reaches.iter().map(|reach| reach.from.as_str()).collect();
    networks.dedup();
    networks
        .into_iter()
        .map(|from| {
            let own: Vec<&Reach> = reaches.iter().filter(|reach| reach.from == from).collect();
            let mut who: Vec<&str> = own.iter().flat_map(|reach| &reach.who).map(String::as_str).collect();
            who.dedup();
            Finding::note(
                CHECK,
                format!(
                    "{} flows of {} come from the network {from}, and were not tried from here",
                    own.len(),
                    who.join(", ")
                ),
                format!("run `mlops-gen doctor` on a machine in {from}, to try them too"),
            )
        })
        .collect()
}

/// The name of a service, where need be as Azure has it.
async fn name(patient: &Patient<'_>, reach: &Reach) -> Result<String, String> {
    let asked = |place: &str| {
        let (azure, targets) = patient.azure.ok_or("Azure was left alone")?;
        let target = targets.iter().find(|one| one.name == place).ok_or("its place is not known")?;
        Ok::<_, &str>((azure, ArmPath::subscription(&target.subscription).group(target.place.resource_group.as_str())))
    };
    let text = |found: Option<serde_json::Value>, key: &str| {
        let found = found.and_then(|found| found["properties"][key].as_str().map(str::to_owned));
        found.ok_or_else(|| "it is not there yet".to_owned())
    };
    match &reach.host {
        Host::Known(host) => Ok(host.clone()),
        Host::Workspace => {
            let (azure, group) = asked("platform")?;
            let platform = &patient.project.platform;
            let path = group.resource("Microsoft.MachineLearningServices/workspaces", platform.workspace.as_str());
            let found = azure.arm.get(&path, MACHINE_LEARNING).await.map_err(|error| error.to_string())?;
            Ok(format!("{}.workspace.{}.api.azureml.ms", text(found, "workspaceId")?, platform.place.location))
        }
        Host::Cluster(place, cluster) => {
            let (azure, group) = asked(place)?;
            let path = group.resource("Microsoft.ContainerService/managedClusters", cluster);
            let found = azure.arm.get(&path, CLUSTER).await.map_err(|error| error.to_string())?;
            text(found, "privateFQDN")
        }
    }
}

async fn attempt(probe: &dyn Probe, reach: &Reach, host: String) -> Tried {
    let addresses = probe.resolve(&host).await;
    let first = addresses.as_ref().ok().and_then(|all| all.iter().find(|one| is_private(one)).copied());
    let Some(first) = first else {
        return Tried { host, addresses, connected: Ok(()), greeted: Ok(()) };
    };
    let to = SocketAddr::new(first, PORT);
    let connected = probe.connect(to).await;
    let greeted = if reach.tls && connected.is_ok() { probe.greet(&host, to).await } else { Ok(()) };
    Tried { host, addresses, connected, greeted }
}

fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

/// What the attempts say. Where nothing is private and nobody says that this is an agent, it is most likely none.
fn judge(tried: &[(Reach, Result<Tried, String>)], on_agent: bool) -> Vec<Finding> {
    let private = |tried: &Tried| tried.addresses.as_ref().is_ok_and(|all| all.iter().any(is_private));
    let known = || tried.iter().filter_map(|(_, tried)| tried.as_ref().ok());
    if known().next().is_some() && !on_agent && !known().any(private) {
        let from = tried.first().map(|(reach, _)| reach.from.as_str()).unwrap_or_default();
        return vec![Finding::note(
            CHECK,
            format!(
                "none of {} names has a private address here: this machine is not in the project's networks",
                known().count()
            ),
            format!("run `mlops-gen doctor` on an agent in {from}, to try every flow"),
        )];
    }
    tried
        .iter()
        .map(|(reach, tried)| match tried {
            Ok(tried) => finding(reach, tried),
            Err(why) => Finding::note(
                CHECK,
                format!("{} was not tried: {why}", reach.what),
                "run the pipeline infrastructure first, and doctor with Azure",
            ),
        })
        .collect()
}

fn finding(reach: &Reach, tried: &Tried) -> Finding {
    let (host, zone) = (&tried.host, &reach.zone);
    let what = format!("{} for {}", reach.what, reach.who.join(", "));
    let link = if reach.kept {
        format!("ask who keeps the hub's zones to link `{zone}` to the network {}", reach.from)
    } else {
        format!("the zone `{zone}` must be linked to the network {}: deploy infra/platform again", reach.from)
    };
    let addresses = match &tried.addresses {
        Err(why) => {
            return Finding::blocks(
                CHECK,
                format!(
                    "{what}: {host} does not resolve ({why}): {} has registered no name, or the zone `{zone}` is not linked",
                    reach.endpoint
                ),
                format!("{link}; where it is, deploy {} again", reach.endpoint),
            );
        }
        Ok(addresses) => addresses,
    };
    let Some(address) = addresses.iter().find(|one| is_private(one)) else {
        let shown = addresses.first().map(ToString::to_string).unwrap_or_default();
        return Finding::blocks(
            CHECK,
            format!(
                "{what}: {host} resolves to the public address {shown}: the link of the zone `{zone}` to the network {} is missing, or this machine asks another DNS server",
                reach.from
            ),
            link,
        );
    };
    if !reach.ranges.is_empty() && !reach.ranges.iter().any(|range| within(range, address)) {
        let ranges: Vec<String> = reach.ranges.iter().map(ToString::to_string).collect();
        return Finding::blocks(
            CHECK,
            format!(
                "{what}: {host} resolves to {address}, which is not in the network {} ({})",
                reach.to,
                ranges.join(", ")
            ),
            format!("another record is in the way: `{zone}` must have the address of {}", reach.endpoint),
        );
    }
    if let Err(why) = &tried.connected {
        let route = if reach.from == reach.to {
            format!("a rule of the network {} refuses it, or {} is gone", reach.to, reach.endpoint)
        } else {
            format!(
                "the peering of {} with {} is missing in one of its directions, or a rule or firewall between them refuses it",
                reach.from, reach.to
            )
        };
        return Finding::blocks(
            CHECK,
            format!("{what}: {host} resolves to {address}, and nothing answers on port {PORT} ({why}): {route}"),
            "compare peerings, rules and routes with infra/platform/main.bicep".to_owned(),
        );
    }
    if let Err(why) = &tried.greeted {
        return Finding::blocks(
            CHECK,
            format!(
                "{what}: {host} at {address} does not prove itself ({why}): something between looks into the connection"
            ),
            "let TLS to private endpoints pass the firewall uninspected".to_owned(),
        );
    }
    Finding::good(CHECK, format!("{what}: {host} is {address}, and answers"))
}

fn within(range: &Cidr, address: &IpAddr) -> bool {
    let IpAddr::V4(address) = address else { return false };
    let mask = u32::MAX.checked_shl(32 - u32::from(range.prefix())).unwrap_or_default();
    u32::from(*address) & mask == u32::from(range.address(0)) & mask
}

#[cfg(test)]
mod tests;
