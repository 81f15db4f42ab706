//! What each flow must reach by name from the network that it comes from, and what of the networks has to be there for it.

use super::model::Model;
use super::{API, Flow, agents, flows, network_of};
use crate::project::Project;
use crate::project::environment::Target;
use crate::project::network::{Cidr, Network};
use crate::tree::RenderedTree;

/// One service that is asked from one network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Who asks: `an agent`, `training`, `scoring of qa`.
    pub who: Vec<String>,
    /// What it is: `the vault of qa`.
    pub what: String,
    /// Its name.
    pub host: Host,
    /// Whether it proves itself with a certificate of a public authority.
    pub tls: bool,
    /// The private DNS zone that has its address.
    pub zone: String,
    /// Whether the organization's hub keeps that zone, and not the project.
    pub kept: bool,
    /// Network of who asks: its name, or its id where it is not the project's.
    pub from: String,
    /// Address ranges of that network; none where it is not the project's.
    pub from_ranges: Vec<Cidr>,
    /// Network that its private address is in, and the ranges of that.
    pub to: String,
    /// Address ranges of that network.
    pub ranges: Vec<Cidr>,
    /// What gives it the address: the private endpoint `blob` of qa.
    pub endpoint: String,
}

/// The name of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// It follows from the spec.
    Known(String),
    /// The workspace of the platform, whose id Azure makes.
    Workspace,
    /// The API server of a cluster, whose name Azure makes: environment and cluster.
    Cluster(String, String),
}

/// Every flow of a private project, those from one network to one service together; nothing of a public one.
pub fn reaches(tree: &RenderedTree, project: &Project) -> Vec<Reach> {
    let Network::Private(private) = &project.network else { return Vec::new() };
    let kept = private.hub.as_ref().is_some_and(|hub| hub.zones.is_some());
    let model = Model::read(tree, project);
    let ranges = |network: &str| model.networks.get(network).map(|one| one.ranges.clone()).unwrap_or_default();
    let mut all: Vec<Reach> = Vec::new();
    for Flow { who, from, place, group } in flows(project) {
        let Some(host) = host(project, &place, group) else { continue };
        let what = format!("{} of {place}", called(group));
        if let Some(known) = all.iter_mut().find(|one| one.from == from && one.what == what) {
            known.who.push(who);
            continue;
        }
        let found = model.endpoints.iter().find(|one| one.place == place && one.group == group);
        let to = found.map_or_else(|| network_of(project, &place), |endpoint| endpoint.network.clone());
        all.push(Reach {
            who: vec![who],
            what,
            host,
            tls: true,
            zone: zone(project, group),
            kept,
            from_ranges: ranges(&from),
            from,
            ranges: ranges(&to),
            to,
            endpoint: format!("the private endpoint `{group}` of {place}"),
        });
    }
    for environment in &project.environments {
        let (Target::Kubernetes(cluster) | Target::KubernetesEndpoint { cluster, .. }) = &environment.target else {
            continue;
        };
        let (from, to) = (agents(project), network_of(project, environment.name.as_str()));
        all.push(Reach {
            who: vec!["an agent".to_owned()],
            what: format!("the API server of {}", environment.name),
            host: Host::Cluster(environment.name.to_string(), cluster.name.to_string()),
            // Its certificate is signed by the cluster itself.
            tls: false,
            zone: zone(project, API),
            kept,
            from_ranges: ranges(&from),
            from,
            ranges: ranges(&to),
            to,
            endpoint: format!("the cluster {}", cluster.name),
        });
    }
    all
}

/// The name that a service is asked by; nothing for one that is asked by no name of its own.
fn host(project: &Project, place: &str, group: &str) -> Option<Host> {
    let environment = project.environments.iter().find(|one| one.name.as_str() == place);
    let storage = environment.map_or(project.platform.storage.as_str(), |one| one.storage.as_str());
    let vault = environment.map_or(project.platform.key_vault.as_str(), |one| one.key_vault.as_str());
    Some(match group {
        "blob" | "file" | "queue" | "table" => Host::Known(format!("{storage}.{group}.core.windows.net")),
        "vault" => Host::Known(format!("{vault}.vault.azure.net")),
        "registry" => Host::Known(format!("{}.azurecr.io", project.platform.registry)),
        "amlworkspace" => Host::Workspace,
        _ => return None,
    })
}

/// The zone of a service: Microsoft Learn, "Azure Private Endpoint private DNS zone values".
fn zone(project: &Project, group: &str) -> String {
    match group {
        "vault" => "privatelink.vaultcore.azure.net".to_owned(),
        "registry" => "privatelink.azurecr.io".to_owned(),
        "amlworkspace" => "privatelink.api.azureml.ms".to_owned(),
        API => format!("privatelink.{}.azmk8s.io", project.platform.place.location),
        kind => format!("privatelink.{kind}.core.windows.net"),
    }
}

/// A service in words.
fn called(group: &str) -> String {
    match group {
        "vault" => "the vault".to_owned(),
        "registry" => "the registry".to_owned(),
        "amlworkspace" => "the workspace".to_owned(),
        kind => format!("the storage account ({kind})"),
    }
}
