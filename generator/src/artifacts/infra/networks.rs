//! The private networks of a project: what the platform makes, peers and links.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::common::{network, subscription};
use super::environment::{cluster, network_name, reads_logs};
use crate::project::Project;
use crate::project::environment::Target;
use crate::project::network::{Agents, PrivateNetwork};

/// A network that the platform makes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct NetworkView {
    /// What it is, for its description.
    what: Fragment,
    /// Parameter that describes it.
    parameter: Fragment,
    /// Symbol of its module.
    symbol: Fragment,
    deployment: String,
    name: String,
    subscription: Fragment,
    group: String,
    ranges: Vec<String>,
    endpoints: String,
    /// Name and range of the subnet for work.
    work: &'static str,
    work_range: String,
    agents: Option<String>,
    /// Whether scoring works there, and which service its subnet is handed to; empty for none.
    scoring: bool,
    delegation: &'static str,
}

/// A network that is there already.
#[derive(Clone, Debug, Serialize)]
pub(super) struct KnownView {
    what: Fragment,
    parameter: Fragment,
    id: String,
}

/// One direction of a peering.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PeeringView {
    symbol: Fragment,
    deployment: String,
    name: String,
    /// Parameter of the network that has this direction.
    from: Fragment,
    /// Expression of the other network's id.
    to: Fragment,
    /// Symbols of the networks that must be there.
    after: Vec<Fragment>,
}

/// A network that resolves the zones.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LinkView {
    symbol: Fragment,
    deployment: String,
    name: String,
    /// Expression of the network's id.
    network: Fragment,
    /// Symbol of the network that must be there, unless it is there already.
    after: Option<Fragment>,
}

/// Where zones are that the hub keeps.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ZonesView {
    subscription: String,
    group: String,
}

/// All that is private, for the platform's parameters.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PrivateView {
    networks: Vec<NetworkView>,
    known: Vec<KnownView>,
    firewall: Option<String>,
    zones: Option<ZonesView>,
}

/// The private part of the platform's parameters, if networking is private.
pub(super) fn view(project: &Project) -> Option<PrivateView> {
    let private = network(project)?;
    let zones = private.hub.as_ref().and_then(|hub| hub.zones.clone());
    Some(PrivateView {
        networks: networks(project),
        known: known(private),
        firewall: firewall(project),
        zones: zones.map(|(subscription, group)| ZonesView { subscription, group }),
    })
}

/// Address of the firewall that everything outbound passes.
pub(super) fn firewall(project: &Project) -> Option<String> {
    network(project)?.hub.as_ref()?.firewall.map(|address| address.to_string())
}

/// Whether the project has private DNS zones of its own.
pub(super) fn own_zones(project: &Project) -> bool {
    network(project).is_some_and(|private| private.hub.as_ref().is_none_or(|hub| hub.zones.is_none()))
}

/// The networks that the platform makes: its own first, then the environments'.
pub(super) fn networks(project: &Project) -> Vec<NetworkView> {
    let Some(private) = network(project) else { return Vec::new() };
    let platform = &project.platform;
    let agents = match &private.agents {
        Agents::Subnet(range) => Some(range.to_string()),
        Agents::Network(_) => None,
    };
    let mut ranges = vec![private.endpoints_subnet.to_string(), private.training_subnet.to_string()];
    ranges.extend(agents.clone());
    let mut all = vec![NetworkView {
        what: Fragment::new("Network of the platform"),
        parameter: Fragment::new("platformNetwork"),
        symbol: Fragment::new("networkOfPlatform"),
        deployment: "network".to_owned(),
        name: platform_network(project),
        subscription: subscription(&platform.place.subscription),
        group: platform.place.resource_group.to_string(),
        ranges,
        endpoints: private.endpoints_subnet.to_string(),
        work: "training",
        work_range: private.training_subnet.to_string(),
        agents,
        scoring: false,
        delegation: "",
    }];
    let count = project.environments.len();
    for (index, environment) in project.environments.iter().enumerate() {
        let Some((endpoints, work)) = private.environment(index, count) else { continue };
        let symbol = symbol(environment.name.as_str());
        let container_group = matches!(environment.target, Target::ContainerInstances { .. });
        all.push(NetworkView {
            what: Fragment::new(format!("Network of the environment {}", environment.name)),
            parameter: Fragment::new(format!("{symbol}Network")),
            symbol: Fragment::new(format!("networkOf{}", capital(&symbol))),
            deployment: format!("{}-{}-network", project.name, environment.name),
            name: network_name(project, environment),
            subscription: subscription(&environment.place.subscription),
            group: environment.place.resource_group.to_string(),
            ranges: vec![endpoints.to_string(), work.to_string()],
            endpoints: endpoints.to_string(),
            work: "scoring",
            work_range: work.to_string(),
            agents: None,
            scoring: true,
            delegation: if container_group { "Microsoft.ContainerInstance/containerGroups" } else { "" },
        });
    }
    all
}

/// Networks that are there already: the agents' and the hub's, each once.
pub(super) fn known(private: &PrivateNetwork) -> Vec<KnownView> {
    let mut all = Vec::new();
    if let Agents::Network(id) = &private.agents {
        let parameter = Fragment::new("agentsNetworkId");
        all.push(KnownView { what: Fragment::new("Network of the agents"), parameter, id: id.as_str().to_owned() });
    }
    if let Some(hub) = &private.hub {
        let id = hub.network.as_str().to_owned();
        if !all.iter().any(|known: &KnownView| known.id.eq_ignore_ascii_case(&id)) {
            all.push(KnownView {
                what: Fragment::new("Network of the hub"),
                parameter: Fragment::new("hubNetworkId"),
                id,
            });
        }
    }
    all
}

/// Both directions between the platform and each environment, and one from each of them to what is there already: the
/// other direction is made by who keeps that network.
pub(super) fn peerings(project: &Project) -> Vec<PeeringView> {
    let Some(private) = network(project) else { return Vec::new() };
    let networks = networks(project);
    let Some((platform, environments)) = networks.split_first() else { return Vec::new() };
    let id = |of: &NetworkView| Fragment::new(format!("{}.outputs.id", of.symbol.as_str()));
    let one = |from: &NetworkView, to: Fragment, name: &str, after: Vec<Fragment>| {
        let symbol = format!("{}To{}", from.symbol.as_str(), capital(&symbol(name)));
        PeeringView {
            deployment: format!("{}-to-{name}", from.deployment),
            name: format!("to-{name}"),
            from: from.parameter.clone(),
            to,
            after,
            symbol: Fragment::new(symbol),
        }
    };
    let mut all = Vec::new();
    for (environment, of) in environments.iter().zip(&project.environments) {
        // Azure ML runs managed endpoints in a network of its own: only agents and training may need this one.
        let managed = matches!(of.target, Target::ManagedEndpoint { .. });
        let apart = matches!(private.agents, Agents::Network(_));
        if managed && apart && !reads_logs(project, of) {
            continue;
        }
        let after = vec![platform.symbol.clone(), environment.symbol.clone()];
        all.push(one(platform, id(environment), of.name.as_str(), after.clone()));
        all.push(one(environment, id(platform), "platform", after));
    }
    for known in known(private) {
        let name = if known.parameter.as_str() == "hubNetworkId" { "hub" } else { "agents" };
        for from in &networks {
            all.push(one(from, known.parameter.clone(), name, vec![from.symbol.clone()]));
        }
    }
    all
}

/// Whether the platform peers networks.
pub fn peers(project: &Project) -> bool {
    !peerings(project).is_empty()
}

/// The networks that resolve the project's own zones.
pub(super) fn links(project: &Project) -> Vec<LinkView> {
    let Some(private) = network(project).filter(|_| own_zones(project)) else { return Vec::new() };
    let mut all: Vec<LinkView> = networks(project)
        .into_iter()
        .map(|network| LinkView {
            symbol: Fragment::new(format!("{}Resolves", network.symbol.as_str())),
            deployment: format!("{}-links", network.deployment),
            name: network.name,
            network: Fragment::new(format!("{}.outputs.id", network.symbol.as_str())),
            after: None,
        })
        .collect();
    all.extend(known(private).into_iter().map(|known| {
        let name = if known.parameter.as_str() == "hubNetworkId" { "hub" } else { "agents" };
        LinkView {
            symbol: Fragment::new(format!("{name}Resolves")),
            deployment: format!("{name}-links"),
            name: format!("{}-{name}", project.name),
            network: known.parameter,
            after: None,
        }
    }));
    all
}

/// Whether there is an API server of a cluster to be resolved.
pub(super) fn clusters_api(project: &Project) -> bool {
    project.environments.iter().any(|environment| cluster(environment).is_some())
}

/// Name of the platform's network.
fn platform_network(project: &Project) -> String {
    format!("{}-network", project.platform.workspace)
}

/// An environment's name as a symbol: `pre-production` is `preProduction`.
fn symbol(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| all + &capital(word))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
