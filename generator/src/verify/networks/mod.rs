//! Private networking, end to end: of each flow that the project needs, the name resolves to a private address and a
//! route leads there. What is missing is named with the flow that it breaks.
//!
//! | From | To |
//! |---|---|
//! | training, and building images | the platform's storage, vault, registry and workspace; the log of the environment that it learns from |
//! | scoring of an environment | its own storage and vault; the registry |
//! | agents | all of them, and the API servers of clusters |
//!
//! A name resolves where its zone is linked; an address is reached in the same network, or over both directions of a
//! peering between networks whose ranges are apart. A network that is there already has its own direction and, where a
//! hub keeps the zones, its own links: who keeps it makes those.

mod model;
mod reach;
#[cfg(test)]
mod tests;

pub use reach::{Host, Reach, reaches};

use super::Finding;
use crate::project::Project;
use crate::project::environment::Target;
use crate::project::network::{Agents, Network};
use crate::tree::RenderedTree;
use crate::tree::path::RelPath;
use model::Model;

/// Endpoints of the platform that training and agents need.
const PLATFORM: [&str; 7] = ["blob", "file", "queue", "table", "vault", "registry", "amlworkspace"];
/// Endpoints of an environment.
const ENVIRONMENT: [&str; 2] = ["blob", "vault"];
/// Zone of the API servers of clusters.
const API: &str = "cluster";

/// Somebody who needs something.
struct Flow {
    /// Who.
    who: String,
    /// The network that they are in.
    from: String,
    /// Whose service.
    place: String,
    /// Which endpoint.
    group: &'static str,
}

/// Every flow that something is missing for.
pub fn verify(tree: &RenderedTree, project: &Project) -> Vec<Finding> {
    if project.network == Network::Public {
        return Vec::new();
    }
    let Ok(path) = RelPath::parse("infra/platform/main.bicep") else { return Vec::new() };
    let mut missing = broken(&Model::read(tree, project), project);
    missing.sort();
    missing.dedup();
    missing.into_iter().map(|what| Finding::new(&path, what)).collect()
}

/// What is missing, and for whom.
fn broken(model: &Model, project: &Project) -> Vec<String> {
    let mut missing = apart(model);
    for (name, network) in &model.networks {
        if !network.outbound {
            missing.push(format!(
                "work in the network {name} cannot reach Azure's own services: its subnet has neither a NAT gateway nor a \
                 route to a firewall"
            ));
        }
        if !network.guarded {
            missing.push(format!(
                "whoever is in the internet reaches what listens in the network {name}: no rule refuses it"
            ));
        }
        for rule in &network.refusals {
            missing
                .push(format!("what comes to the network {name} from the project's networks is refused by `{rule}`"));
        }
    }
    for flow in flows(project) {
        let what = format!("{} cannot reach `{}` of {}", flow.who, flow.group, flow.place);
        let endpoint = model.endpoints.iter().find(|one| one.place == flow.place && one.group == flow.group);
        let Some(endpoint) = endpoint else {
            missing.push(format!("{what}: it has no private endpoint"));
            continue;
        };
        if endpoint.zones.is_empty() {
            missing.push(format!("{what}: its private endpoint registers no name"));
        }
        for zone in &endpoint.zones {
            missing.extend(unresolved(model, project, zone, &flow.from).map(|why| format!("{what}: {why}")));
        }
        missing.extend(unrouted(model, &flow.from, &endpoint.network).map(|why| format!("{what}: {why}")));
    }
    missing.extend(api_servers(model, project));
    missing
}

/// The flows that the project needs.
fn flows(project: &Project) -> Vec<Flow> {
    let network = |place: &str| network_of(project, place);
    let platform = network("platform");
    let mut all = Vec::new();
    let mut add = |who: &str, from: &str, place: &str, groups: &[&'static str]| {
        all.extend(groups.iter().map(|group| Flow {
            who: who.to_owned(),
            from: from.to_owned(),
            place: place.to_owned(),
            group,
        }));
    };
    let agents = agents(project);
    add("training", &platform, "platform", &PLATFORM);
    add("an agent", &agents, "platform", &PLATFORM);
    for environment in &project.environments {
        let (name, own) = (environment.name.as_str(), network(environment.name.as_str()));
        let who = format!("scoring of {name}");
        // Azure ML runs managed endpoints in a network of its own, and reaches private endpoints from there itself.
        if !matches!(environment.target, Target::ManagedEndpoint { .. }) {
            add(&who, &own, name, &ENVIRONMENT);
            add(&who, &own, "platform", &["registry"]);
        }
        add("an agent", &agents, name, &ENVIRONMENT);
        let learns = project.training.scoring_logs.as_ref().is_some_and(|logs| logs.environment == environment.name);
        if learns || project.monitoring.drift.as_ref().is_some_and(|drift| drift.environment == environment.name) {
            add("training", &platform, name, &["blob"]);
        }
    }
    all
}

/// Agents reach the API server of a cluster, whose private address lies in the cluster's network.
fn api_servers(model: &Model, project: &Project) -> Vec<String> {
    let agents = agents(project);
    let clusters = project
        .environments
        .iter()
        .filter(|environment| matches!(environment.target, Target::Kubernetes(_) | Target::KubernetesEndpoint { .. }));
    clusters
        .flat_map(|environment| {
            let what = format!("an agent cannot reach the API server of {}", environment.name);
            let own = network_of(project, environment.name.as_str());
            let why = [unresolved(model, project, API, &agents), unrouted(model, &agents, &own)];
            why.into_iter().flatten().map(move |why| format!("{what}: {why}"))
        })
        .collect()
}

/// Why a name of `zone` does not resolve in the network `from`.
fn unresolved(model: &Model, project: &Project, zone: &str, from: &str) -> Option<String> {
    let kept = match &project.network {
        Network::Private(network) => network.hub.as_ref().is_some_and(|hub| hub.zones.is_some()),
        Network::Public => false,
    };
    if kept {
        return None;
    }
    if !model.zones.contains(zone) {
        return Some(format!("there is no private zone `{zone}`"));
    }
    let linked = model.links.contains(&(zone.to_owned(), from.to_owned()));
    (!linked).then(|| format!("the zone `{zone}` is not linked to the network {from}"))
}

/// Why the network `to` is not reached from `from`.
fn unrouted(model: &Model, from: &str, to: &str) -> Option<String> {
    if from == to {
        return None;
    }
    let both = [(from, to), (to, from)];
    // The direction of a network that is there already is made by who keeps it.
    let ours = both.into_iter().filter(|(one, _)| model.networks.contains_key(*one));
    let missing = ours.into_iter().find(|(one, other)| !model.peerings.contains(&((*one).into(), (*other).into())));
    missing.map(|(one, other)| format!("the network {one} is not peered with {other}"))
}

/// Networks whose ranges overlap: no peering joins them.
fn apart(model: &Model) -> Vec<String> {
    let mut found = Vec::new();
    let all: Vec<_> = model.networks.iter().collect();
    for (index, (name, network)) in all.iter().enumerate() {
        for (other, second) in &all[index + 1..] {
            let pairs = network.ranges.iter().flat_map(|range| second.ranges.iter().map(move |with| (range, with)));
            for (range, with) in pairs.filter(|(range, with)| range.overlaps(with)) {
                found.push(format!("the networks {name} and {other} overlap: {range} and {with}"));
            }
        }
    }
    found
}

/// The network of the platform or an environment, by the name that its template is given.
fn network_of(project: &Project, place: &str) -> String {
    match project.environments.iter().find(|environment| environment.name.as_str() == place) {
        Some(environment) => format!("{}-{}-network", project.name, environment.name),
        None => format!("{}-network", project.platform.workspace),
    }
}

/// The network of the agents.
fn agents(project: &Project) -> String {
    match &project.network {
        Network::Private(network) => match &network.agents {
            Agents::Network(id) => id.as_str().to_owned(),
            Agents::Subnet(_) => network_of(project, "platform"),
        },
        Network::Public => String::new(),
    }
}
