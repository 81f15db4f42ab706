//! Manifests of the environments that run the scoring image on a cluster of their own.

pub mod quantity;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::docker::scoring;
use super::docker::settings::{self, Setting};
use super::fragment::Fragment;
use super::{Artifact, Language};
use crate::project::Project;
use crate::project::azure::Id;
use crate::project::environment::{Cluster, Environment, Target};
use crate::project::network::Network;
use crate::project::scoring::Authentication;

/// Name of deployment, service, service account, secret and the rest: `<project>-scoring`.
pub fn name(project: &Project) -> String {
    format!("{}-scoring", project.name)
}

/// Ports of the service's address.
const HTTP: u16 = 80;
const HTTPS: u16 = 443;

/// Port of the service's address in this environment.
pub fn service_port(environment: &Environment) -> u16 {
    if environment.certificate.is_some() { HTTPS } else { HTTP }
}

/// Whether the number of replicas moves by itself.
pub fn autoscaled(project: &Project) -> bool {
    project.scoring.replicas.min < project.scoring.replicas.max
}

/// What every manifest sees.
#[derive(Clone, Debug, Serialize)]
struct Common<'a> {
    /// Name of the object.
    name: String,
    /// Its namespace.
    namespace: &'a str,
    /// The project.
    project: &'a str,
}

/// View of `kubernetes/service-account.yml`.
#[derive(Debug, Serialize)]
struct ServiceAccountView<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    /// Name of the managed identity, for the comment.
    identity: Fragment,
    /// Tenant, if its id is written in the spec.
    tenant: Option<&'a str>,
}

/// View of `kubernetes/deployment.yml`.
#[derive(Debug, Serialize)]
struct DeploymentView<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    /// What the secret holds, a line of the comment each.
    secret_keys: Vec<Fragment>,
    /// Image with a tag that the release pipeline replaces.
    image: String,
    /// Number of replicas, where no autoscaler owns it.
    replicas: Option<u32>,
    /// Settings of the scoring server.
    variables: Vec<Setting>,
    /// CPU of one replica.
    cpu: String,
    /// Memory of one replica.
    memory: String,
    /// Whether a replica asks for a GPU.
    gpu: bool,
    /// Whether callers present a key.
    key: bool,
    /// Port that the server listens on.
    port: u16,
    /// Whether the server speaks TLS.
    tls: bool,
    /// Route of the liveness probe.
    liveness: &'static str,
    /// Route of the readiness probe.
    readiness: &'static str,
}

/// View of `kubernetes/service.yml`.
#[derive(Debug, Serialize)]
struct ServiceView<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    /// Whether the address is one of the virtual network.
    internal: bool,
    /// Label of the public address, by which Azure makes it a name.
    label: Option<&'a str>,
    /// Name of the port.
    port_name: &'static str,
    /// Port of the address.
    port: u16,
}

/// View of `kubernetes/autoscaler.yml`.
#[derive(Debug, Serialize)]
struct AutoscalerView<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    /// Replicas at the least.
    min: u32,
    /// Replicas at the most.
    max: u32,
    /// CPU utilisation that it aims at, in percent of the request.
    target_cpu_percent: u32,
}

/// Every file under `kubernetes/`.
pub fn artifacts(project: &Project) -> Vec<Artifact> {
    let clusters = project.environments.iter().filter_map(|environment| match &environment.target {
        Target::Kubernetes(cluster) => Some((environment, cluster)),
        _ => None,
    });
    clusters.flat_map(|(environment, cluster)| manifests(project, environment, cluster)).collect()
}

fn manifests(project: &Project, environment: &Environment, cluster: &Cluster) -> Vec<Artifact> {
    let common = Common { name: name(project), namespace: cluster.namespace.as_str(), project: project.name.as_str() };
    let scoring = &project.scoring;
    let account = ServiceAccountView {
        common: common.clone(),
        identity: Fragment::new(environment.identity.as_str()),
        tenant: match &environment.place.tenant {
            Id::Guid(tenant) => Some(tenant.as_str()),
            Id::Variable(_) => None,
        },
    };
    let internal = matches!(project.network, Network::Private(_));
    let certificate = environment.certificate.as_ref();
    let label = certificate.and_then(|certificate| certificate.label.as_ref()).filter(|_| !internal);
    let (port_name, port) = if certificate.is_some() { ("https", HTTPS) } else { ("http", HTTP) };
    let label = label.map(|label| label.as_str());
    let service = ServiceView { common: common.clone(), internal, label, port_name, port };
    let mut files = vec![
        manifest(environment, "namespace", &common),
        manifest(environment, "service-account", &account),
        manifest(environment, "deployment", &deployment(project, environment, common.clone())),
        manifest(environment, "service", &service),
        manifest(environment, "disruption-budget", &common),
        manifest(environment, "network-policy", &common),
    ];
    if autoscaled(project) {
        let view = AutoscalerView {
            common,
            min: scoring.replicas.min,
            max: scoring.replicas.max,
            target_cpu_percent: scoring.replicas.target_cpu_percent,
        };
        files.push(manifest(environment, "autoscaler", &view));
    }
    files
}

fn deployment<'a>(project: &Project, environment: &Environment, common: Common<'a>) -> DeploymentView<'a> {
    let scoring = &project.scoring;
    DeploymentView {
        common,
        secret_keys: secret_keys(project, environment),
        image: format!("{}:{}", scoring::image(project), scoring::UNRELEASED),
        replicas: (!autoscaled(project)).then_some(scoring.replicas.min),
        variables: settings::pod(project, environment),
        cpu: quantity::cpu(scoring.cpu),
        memory: quantity::memory(scoring.memory_gib),
        gpu: scoring.node.gpu,
        key: scoring.authentication == Authentication::Key,
        port: scoring::PORT,
        tls: environment.certificate.is_some(),
        liveness: scoring::LIVENESS,
        readiness: scoring::READINESS,
    }
}

fn secret_keys(project: &Project, environment: &Environment) -> Vec<Fragment> {
    let mut keys = Vec::new();
    if project.scoring.authentication == Authentication::Key {
        keys.push("scoring-key: the environment's key, from Key Vault".to_owned());
    }
    if project.scoring.authentication == Authentication::Entra && matches!(environment.place.tenant, Id::Variable(_)) {
        keys.push("entra-issuer: https://login.microsoftonline.com/<tenant>/v2.0".to_owned());
    }
    if let Some(certificate) = &environment.certificate {
        keys.push(format!("tls.pem: certificate {} of Key Vault {}", certificate.name, environment.key_vault));
    }
    keys.push(format!("client-id: client id of the identity {}", environment.identity));
    keys.push(format!("connection-string: that of Application Insights {}", environment.app_insights));
    keys.into_iter().map(Fragment::new).collect()
}

fn manifest(environment: &Environment, what: &'static str, view: &impl Serialize) -> Artifact {
    let template = match what {
        "namespace" => "kubernetes/namespace.yml",
        "service-account" => "kubernetes/service-account.yml",
        "deployment" => "kubernetes/deployment.yml",
        "service" => "kubernetes/service.yml",
        "autoscaler" => "kubernetes/autoscaler.yml",
        "disruption-budget" => "kubernetes/disruption-budget.yml",
        _ => "kubernetes/network-policy.yml",
    };
    let path = format!("kubernetes/{}/{what}.yml", environment.name);
    Artifact::template(&path, Language::Yaml, template, view).because(because(what))
}

/// Parts of the spec that a manifest depends on.
fn because(what: &str) -> &'static [&'static str] {
    match what {
        "deployment" => &["project.name", "azure", "scoring", "environments"],
        "service" => &["project.name", "environments", "network"],
        "autoscaler" => &["project.name", "scoring.replicas", "environments"],
        _ => &["project.name", "environments"],
    }
}
