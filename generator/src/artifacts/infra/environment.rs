//! `infra/environments/<environment>/`: what the scoring server runs on.

use serde::Serialize;

use super::super::docker::scoring::{LIVENESS, PORT, READINESS};
use super::super::docker::settings::{self, Setting};
use super::super::fragment::Fragment;
use super::super::{Artifact, Language, kubernetes};
use super::api_versions::ApiVersions;
use super::common::{
    BudgetView, EndpointView, Tag, budget, endpoint, id, keeps_secrets, min_nodes, network, tags, workspace_identity,
};
use super::router;
use crate::project::Project;
use crate::project::environment::{Cluster, Environment, Target};
use crate::project::network::Cidr;
use crate::project::rules::{ClusterRanges, cluster_ranges};
use crate::project::scoring::Authentication;

/// Secret of the environment's vault that callers must show.
const KEY_SECRET: &str = "scoring-key";

/// View of `infra/environment/main.bicep`.
#[derive(Debug, Serialize)]
struct MainView {
    api: ApiVersions,
    title: Fragment,
    private: bool,
    /// Whether training learns from this environment's scoring log.
    reads_logs: bool,
    /// Whether something here refers to what lies with the platform.
    platform: bool,
    cluster: bool,
    /// Least number of nodes that the cluster's pools take.
    least_nodes: u32,
    /// Whether the cluster is attached to the workspace.
    compute: bool,
    /// Whether any environment has a Kubernetes endpoint: the module is shared.
    any_kubernetes_endpoint: bool,
    /// Whether deployments read secrets of the vault.
    template_secrets: bool,
    /// Whether scoring servers keep a log.
    logs: bool,
    /// Whether people keep secrets in the vault.
    keeps_secrets: bool,
    /// Whether any environment's vault makes a certificate: the module is shared.
    any_certificate: bool,
    /// Whether who deploys has the vault make a certificate.
    certificate: bool,
    alerts: bool,
    budget: bool,
    mail: bool,
    endpoints: Vec<EndpointView>,
    budget_name: String,
}

/// View of `infra/environment/main.bicepparam`.
#[derive(Debug, Serialize)]
struct ParametersView<'a> {
    title: Fragment,
    tags: Vec<Tag<'a>>,
    storage: &'a str,
    logs_container: &'a str,
    key_vault: &'a str,
    app_insights: &'a str,
    log_analytics: &'a str,
    retention_days: u32,
    identity: &'a str,
    platform: bool,
    /// The id, or the expression that reads it from the environment.
    platform_subscription: Fragment,
    platform_resource_group: &'a str,
    training_identity: Option<&'a str>,
    cluster: Option<ClusterView<'a>>,
    workspace_identity: Option<String>,
    alerts: Option<AlertsView>,
    budget: Option<BudgetView<'a>>,
    mail: Option<Vec<&'a str>>,
    private: Option<PrivateView>,
}

/// A cluster of the environment.
#[derive(Debug, Serialize)]
struct ClusterView<'a> {
    name: &'a str,
    node_size: &'a str,
    min_nodes: u32,
    max_nodes: u32,
    namespace: &'a str,
    service_account: String,
    control_plane: String,
    kubelet: String,
    pods: String,
    services: String,
    dns: String,
}

/// Limits of the scoring service.
#[derive(Debug, Serialize)]
struct AlertsView {
    prefix: String,
    failed_percent: String,
    latency_ms: u32,
}

/// What is private for an environment.
#[derive(Debug, Serialize)]
struct PrivateView {
    /// Name of its network.
    name: String,
    zones_subscription: Fragment,
    zones_group: String,
}

/// View of `infra/environment/scoring.bicep`.
#[derive(Debug, Serialize)]
struct ScoringView<'a> {
    api: ApiVersions,
    title: Fragment,
    private: bool,
    key: bool,
    key_secret: &'static str,
    /// Secret with the server's certificate and key, where it speaks TLS.
    certificate: Option<&'a str>,
    /// ISO 8601 duration.
    time_to_live: Option<String>,
    group: &'a str,
    identity: &'a str,
    app_insights: &'a str,
    key_vault: &'a str,
    network: String,
    /// Expression of the registry's address.
    registry_server: String,
    cpu: String,
    memory: String,
    /// What cannot be changed on a group that runs, as one word.
    shape: String,
    tags: Vec<Tag<'a>>,
    port: u16,
    liveness: &'static str,
    readiness: &'static str,
    settings: Vec<PlainSetting>,
}

/// A setting whose value is an expression of Bicep.
#[derive(Debug, Serialize)]
struct PlainSetting {
    name: &'static str,
    value: serde_json::Value,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    project.environments.iter().flat_map(|environment| of(project, environment)).collect()
}

fn of(project: &Project, environment: &Environment) -> Vec<Artifact> {
    const BECAUSE: [&str; 8] = [
        "project",
        "azure",
        "environments",
        "network",
        "monitoring",
        "scoring",
        "training.scoringLogs",
        "pins.apiVersions",
    ];
    let folder = format!("infra/environments/{}", environment.name);
    let bicep = |name: &str| format!("{folder}/{name}");
    let mut files = vec![
        Artifact::template(
            &bicep("main.bicep"),
            Language::Bicep,
            "infra/environment/main.bicep",
            main(project, environment),
        ),
        Artifact::template(
            &bicep("main.bicepparam"),
            Language::Bicep,
            "infra/environment/main.bicepparam",
            parameters(project, environment),
        ),
        Artifact::arm(&bicep("main.json"), &bicep("main.bicep")),
        Artifact::arm(&bicep("main.parameters.json"), &bicep("main.bicepparam")),
    ];
    if let Target::ContainerInstances { group } = &environment.target {
        let view = scoring(project, environment, group.as_str());
        let template = "infra/environment/scoring.bicep";
        files.push(Artifact::template(&bicep("scoring.bicep"), Language::Bicep, template, view));
        files.push(Artifact::arm(&bicep("scoring.json"), &bicep("scoring.bicep")));
    }
    files.extend(router::artifacts(project, environment, &folder));
    files.into_iter().map(|file| file.because(&BECAUSE)).collect()
}

/// The cluster that an environment has, if it has one.
pub(super) fn cluster(environment: &Environment) -> Option<&Cluster> {
    match &environment.target {
        Target::Kubernetes(cluster) | Target::KubernetesEndpoint { cluster, .. } => Some(cluster),
        Target::ContainerInstances { .. } | Target::ManagedEndpoint { .. } => None,
    }
}

/// Whether the project has a Kubernetes endpoint of Azure ML.
pub(super) fn any_kubernetes_endpoint(project: &Project) -> bool {
    project.environments.iter().any(|environment| matches!(environment.target, Target::KubernetesEndpoint { .. }))
}

/// Whether the environment's vault makes and signs the server's certificate.
pub(super) fn makes_certificate(environment: &Environment) -> bool {
    environment.certificate.as_ref().is_some_and(|certificate| certificate.self_signed)
}

/// Whether the vault of any environment does.
pub(super) fn any_certificate(project: &Project) -> bool {
    project.environments.iter().any(makes_certificate)
}

/// Name of the identity of a cluster's control plane.
pub fn control_plane(cluster: &Cluster) -> String {
    format!("{}-control-plane", cluster.name)
}

/// Name of the identity of a cluster's nodes.
pub fn kubelet(cluster: &Cluster) -> String {
    format!("{}-kubelet", cluster.name)
}

/// Ranges inside a cluster.
fn inside(project: &Project) -> Option<ClusterRanges> {
    let networks: Vec<Cidr> = network(project).map(|network| network.address_space).into_iter().collect();
    cluster_ranges(&networks)
}

/// Whether the environment's template refers to what lies with the platform.
fn refers_to_platform(project: &Project, environment: &Environment) -> bool {
    let compute = matches!(environment.target, Target::KubernetesEndpoint { .. });
    reads_logs(project, environment) || compute
}

/// Whether jobs on the training cluster read the scoring log of this environment: to learn from it, or to look for drift.
pub(super) fn reads_logs(project: &Project, environment: &Environment) -> bool {
    let learns = project.training.scoring_logs.as_ref().is_some_and(|logs| logs.environment == environment.name);
    let judges = project.monitoring.drift.as_ref().is_some_and(|drift| drift.environment == environment.name);
    learns || judges
}

/// Whether the project has alerts: limits, and somebody to tell.
pub(super) fn has_alerts(project: &Project) -> bool {
    project.monitoring.alerts.is_some() && !project.monitoring.mail.is_empty()
}

fn title(environment: &Environment) -> Fragment {
    Fragment::new(format!("environment {}", environment.name))
}

fn main(project: &Project, environment: &Environment) -> MainView {
    let private = network(project).is_some();
    let container_group = matches!(environment.target, Target::ContainerInstances { .. });
    let endpoints = vec![
        endpoint("storageBlobEndpoint", "storage-blob-endpoint", "blob", "storage.outputs.id", "blob", &["zones.blob"]),
        endpoint("keyVaultEndpoint", "key-vault-endpoint", "vault", "keyVault.outputs.id", "vault", &["zones.vault"]),
    ];
    MainView {
        api: ApiVersions::of(project),
        title: title(environment),
        private,
        reads_logs: reads_logs(project, environment),
        platform: refers_to_platform(project, environment),
        cluster: cluster(environment).is_some(),
        least_nodes: u32::from(!project.scoring.node.gpu),
        compute: matches!(environment.target, Target::KubernetesEndpoint { .. }),
        any_kubernetes_endpoint: any_kubernetes_endpoint(project),
        template_secrets: container_group
            && (project.scoring.authentication == Authentication::Key || project.scoring.tls)
            || router::shows_certificate(environment),
        logs: project.scoring.logging.is_some(),
        keeps_secrets: keeps_secrets(project, Some(environment)),
        any_certificate: any_certificate(project),
        certificate: makes_certificate(environment),
        alerts: has_alerts(project),
        budget: project.monitoring.budget.is_some(),
        mail: has_alerts(project) || project.monitoring.budget.is_some(),
        endpoints: if private { endpoints } else { Vec::new() },
        budget_name: format!("{}-{}-monthly", project.name, environment.name),
    }
}

fn parameters<'a>(project: &'a Project, environment: &'a Environment) -> ParametersView<'a> {
    let platform = &project.platform;
    let monitoring = &project.monitoring;
    let mail = has_alerts(project) || monitoring.budget.is_some();
    ParametersView {
        title: title(environment),
        tags: tags(project, environment.name.as_str()),
        storage: environment.storage.as_str(),
        logs_container: environment.logs_container.as_str(),
        key_vault: environment.key_vault.as_str(),
        app_insights: environment.app_insights.as_str(),
        log_analytics: environment.log_analytics.as_str(),
        retention_days: monitoring.retention_days,
        identity: environment.identity.as_str(),
        platform: refers_to_platform(project, environment),
        platform_subscription: id(&platform.place.subscription),
        platform_resource_group: platform.place.resource_group.as_str(),
        training_identity: reads_logs(project, environment).then_some(platform.training_identity.as_str()),
        cluster: cluster(environment).zip(inside(project)).map(|(cluster, inside)| ClusterView {
            name: cluster.name.as_str(),
            node_size: project.scoring.node.sku.as_str(),
            min_nodes: min_nodes(project, cluster),
            max_nodes: cluster.max_nodes.max(1),
            namespace: cluster.namespace.as_str(),
            service_account: kubernetes::name(project),
            control_plane: control_plane(cluster),
            kubelet: kubelet(cluster),
            pods: inside.pods.to_string(),
            services: inside.services.to_string(),
            dns: inside.services.address(10).to_string(),
        }),
        workspace_identity: matches!(environment.target, Target::KubernetesEndpoint { .. })
            .then(|| workspace_identity(project)),
        alerts: monitoring.alerts.filter(|_| has_alerts(project)).map(|alerts| AlertsView {
            prefix: format!("{}-{}", project.name, environment.name),
            failed_percent: alerts.failed_percent.to_string(),
            latency_ms: alerts.latency_ms,
        }),
        budget: budget(project, environment.budget_start.as_ref()),
        mail: mail.then(|| monitoring.mail.iter().map(|address| address.as_str()).collect()),
        private: network(project).map(|network| {
            let zones = network.hub.as_ref().and_then(|hub| hub.zones.clone());
            let (zones_subscription, zones_group) = match zones {
                Some((subscription, group)) => (Fragment::new(format!("'{subscription}'")), group),
                None => (id(&platform.place.subscription), platform.place.resource_group.to_string()),
            };
            PrivateView { name: network_name(project, environment), zones_subscription, zones_group }
        }),
    }
}

/// Name of an environment's virtual network.
pub(super) fn network_name(project: &Project, environment: &Environment) -> String {
    format!("{}-{}-network", project.name, environment.name)
}

fn scoring<'a>(project: &'a Project, environment: &'a Environment, group: &'a str) -> ScoringView<'a> {
    let key = project.scoring.authentication == Authentication::Key;
    ScoringView {
        api: ApiVersions::of(project),
        title: title(environment),
        private: network(project).is_some(),
        key,
        key_secret: KEY_SECRET,
        certificate: environment.certificate.as_ref().map(|certificate| certificate.name.as_str()),
        time_to_live: environment.time_to_live_hours.map(|hours| format!("PT{hours}H")),
        group,
        identity: environment.identity.as_str(),
        app_insights: environment.app_insights.as_str(),
        key_vault: environment.key_vault.as_str(),
        network: network_name(project, environment),
        registry_server: format!("{}.azurecr.io", project.platform.registry),
        cpu: project.scoring.cpu.to_string(),
        memory: project.scoring.memory_gib.to_string(),
        shape: shape(project),
        tags: tags(project, environment.name.as_str()),
        port: PORT,
        liveness: LIVENESS,
        readiness: READINESS,
        settings: scoring_settings(project, environment),
    }
}

/// What Container Instances change on no group that runs: size, ports, network (Microsoft Learn, "Update containers in
/// Azure Container Instances", properties that require container delete).
fn shape(project: &Project) -> String {
    let network = if network(project).is_some() { "private" } else { "public" };
    let scheme = if project.scoring.tls { "https" } else { "http" };
    format!("{}-cores-{}-gib-{scheme}-{PORT}-{network}", project.scoring.cpu, project.scoring.memory_gib)
}

/// Settings without secrets. Those behind an Azure ML endpoint are the ones that every place shares.
fn scoring_settings(project: &Project, environment: &Environment) -> Vec<PlainSetting> {
    let text = |name, value: &str| PlainSetting { name, value: value.into() };
    let code =
        |name, code: &str| PlainSetting { name, value: serde_json::to_value(Fragment::new(code)).unwrap_or_default() };
    // Clouds differ in how hosts of storage end; Azure knows how they end in this one.
    let container = format!(
        "'https://{}.blob.${{environment().suffixes.storage}}/{}'",
        environment.storage, environment.logs_container
    );
    let mut out: Vec<PlainSetting> = settings::behind_endpoint(project, environment)
        .iter()
        .filter_map(|Setting { name, value, .. }| match *name {
            "SCORE_LOG_CONTAINER_URL" => Some(code(name, &container)),
            _ => Some(text(name, value.as_deref()?)),
        })
        .collect();
    out.extend(settings::tls(environment).iter().filter_map(|s| Some(text(s.name, s.value.as_deref()?))));
    if project.scoring.authentication == Authentication::Entra {
        let issuer = "'${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'";
        out.push(code("SCORE_ENTRA_ISSUER", issuer));
        out.push(text("SCORE_ENTRA_AUDIENCE", &settings::audience(project, environment)));
    }
    out
}
