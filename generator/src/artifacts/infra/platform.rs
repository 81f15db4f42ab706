//! `infra/platform/`: what training needs, and what the environments share.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::{Artifact, Language};
use super::api_versions::ApiVersions;
use super::common::{
    BudgetView, EndpointView, Tag, budget, endpoint, keeps_secrets, network, tags, workspace_identity,
};
use super::environment::has_alerts;
use super::events;
use super::networks::{self, KnownView, LinkView, NetworkView, PeeringView, PrivateView};
use crate::project::Project;
use crate::project::name::ComputeName;
use crate::project::training::{Compute, Priority, Sku};

/// View of `infra/platform/main.bicep`.
#[derive(Debug, Serialize)]
struct MainView {
    api: ApiVersions,
    private: bool,
    /// Whether events start pipelines.
    events: bool,
    new_data: bool,
    budget: bool,
    /// Whether people keep secrets in the vault.
    secrets: bool,
    /// Whether anybody hears of failed jobs.
    alerts: bool,
    /// Whether anybody hears of drift.
    drift: bool,
    /// Whether anybody gets mail.
    mail: bool,
    endpoints: Vec<EndpointView>,
    networks: Vec<NetworkView>,
    known_networks: Vec<KnownView>,
    peerings: Vec<PeeringView>,
    links: Vec<LinkView>,
    /// Whether the project has private DNS zones of its own.
    own_zones: bool,
    /// Whether a zone of API servers is needed.
    clusters_api: bool,
    firewall: bool,
    /// Parameter of the cluster that builds images.
    image_build: Fragment,
    clusters: Vec<ClusterSymbols>,
}

/// How `main.bicep` calls a compute cluster.
#[derive(Debug, Serialize)]
struct ClusterSymbols {
    /// What it is for, to go into a description.
    what: Fragment,
    /// Parameter that describes it.
    parameter: Fragment,
    /// Symbol of the module.
    symbol: Fragment,
    /// Name of the nested deployment.
    deployment: &'static str,
}

/// View of `infra/platform/main.bicepparam`.
#[derive(Debug, Serialize)]
struct ParametersView<'a> {
    tags: Vec<Tag<'a>>,
    workspace: &'a str,
    workspace_identity: String,
    display_name: &'a str,
    summary: &'a str,
    storage: &'a str,
    containers: Vec<&'a str>,
    key_vault: &'a str,
    registry: &'a str,
    app_insights: &'a str,
    log_analytics: &'a str,
    retention_days: u32,
    training_identity: &'a str,
    /// Whether events start pipelines.
    events: bool,
    events_identity: &'a str,
    clusters: Vec<ClusterView>,
    model: &'a str,
    organization: &'a str,
    project: &'a str,
    branch: &'a str,
    new_data: Option<NewDataView<'a>>,
    budget: Option<BudgetView<'a>>,
    /// Who gets mail, if anybody does.
    mail: Option<Vec<&'a str>>,
    private: Option<PrivateView>,
}

/// A compute cluster.
#[derive(Debug, Serialize)]
struct ClusterView {
    /// The parameter.
    parameter: Fragment,
    name: String,
    vm_size: String,
    priority: &'static str,
    min_nodes: u32,
    max_nodes: u32,
    /// ISO 8601 duration.
    idle_time: String,
}

/// New data that starts a retraining.
#[derive(Debug, Serialize)]
struct NewDataView<'a> {
    container: &'a str,
    prefix: String,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let main =
        Artifact::template("infra/platform/main.bicep", Language::Bicep, "infra/platform/main.bicep", main(project))
            .because(&["azure", "network", "training.onNewData", "monitoring", "pins.apiVersions"]);
    let parameters = Artifact::template(
        "infra/platform/main.bicepparam",
        Language::Bicep,
        "infra/platform/main.bicepparam",
        parameters(project),
    )
    .because(&["project", "azure", "devops", "training", "batch", "model.name", "monitoring", "network"]);
    let (main_because, parameters_because) = (main.because.clone(), parameters.because.clone());
    vec![
        main,
        parameters,
        Artifact::arm("infra/platform/main.json", "infra/platform/main.bicep").because(&main_because),
        Artifact::arm("infra/platform/main.parameters.json", "infra/platform/main.bicepparam")
            .because(&parameters_because),
    ]
}

fn main(project: &Project) -> MainView {
    let private = network(project).is_some();
    let endpoints = if private { endpoints() } else { Vec::new() };
    MainView {
        api: ApiVersions::of(project),
        private,
        events: events::start_pipelines(project),
        new_data: project.training.on_new_data.is_some(),
        budget: project.monitoring.budget.is_some(),
        secrets: keeps_secrets(project, None),
        alerts: has_alerts(project),
        drift: project.monitoring.drift.is_some(),
        mail: gets_mail(project),
        endpoints,
        networks: networks::networks(project),
        known_networks: network(project).map(networks::known).unwrap_or_default(),
        peerings: networks::peerings(project),
        links: networks::links(project),
        own_zones: networks::own_zones(project),
        clusters_api: networks::clusters_api(project),
        firewall: networks::firewall(project).is_some(),
        image_build: Fragment::new(if builds_elsewhere(project) { "imageBuildCluster" } else { "trainingCluster" }),
        clusters: clusters(project).into_iter().map(|(symbols, _)| symbols).collect(),
    }
}

/// Whether the platform has anything to send mail about.
fn gets_mail(project: &Project) -> bool {
    has_alerts(project) || project.monitoring.drift.is_some() || project.monitoring.budget.is_some()
}

fn endpoints() -> Vec<EndpointView> {
    vec![
        endpoint("storageBlobEndpoint", "storage-blob-endpoint", "blob", "storage.outputs.id", "blob", &["zones.blob"]),
        endpoint("storageFileEndpoint", "storage-file-endpoint", "file", "storage.outputs.id", "file", &["zones.file"]),
        endpoint(
            "storageQueueEndpoint",
            "storage-queue-endpoint",
            "queue",
            "storage.outputs.id",
            "queue",
            &["zones.queue"],
        ),
        endpoint(
            "storageTableEndpoint",
            "storage-table-endpoint",
            "table",
            "storage.outputs.id",
            "table",
            &["zones.table"],
        ),
        endpoint("keyVaultEndpoint", "key-vault-endpoint", "vault", "keyVault.outputs.id", "vault", &["zones.vault"]),
        endpoint(
            "registryEndpoint",
            "registry-endpoint",
            "registry",
            "registry.outputs.id",
            "registry",
            &["zones.registry"],
        ),
        endpoint(
            "workspaceEndpoint",
            "workspace-endpoint",
            "workspace",
            "workspace.outputs.id",
            "amlworkspace",
            &["zones.workspace", "zones.notebooks"],
        ),
    ]
}

fn parameters(project: &Project) -> ParametersView<'_> {
    let platform = &project.platform;
    let training = &project.training;
    let mut containers = vec![platform.data_container.as_str(), platform.models_container.as_str()];
    containers.extend(training.on_new_data.iter().map(|new| new.container.as_str()));
    containers.extend(project.outcomes_container().map(crate::project::name::ContainerName::as_str));
    let mut seen = Vec::new();
    containers.retain(|container| {
        !seen.contains(container) && {
            seen.push(*container);
            true
        }
    });
    ParametersView {
        tags: tags(project, "platform"),
        workspace: platform.workspace.as_str(),
        workspace_identity: workspace_identity(project),
        display_name: project.name.as_str(),
        summary: project.description.as_str(),
        storage: platform.storage.as_str(),
        containers,
        key_vault: platform.key_vault.as_str(),
        registry: platform.registry.as_str(),
        app_insights: platform.app_insights.as_str(),
        log_analytics: platform.log_analytics.as_str(),
        retention_days: project.monitoring.retention_days,
        training_identity: platform.training_identity.as_str(),
        events: events::start_pipelines(project),
        events_identity: platform.events_identity.as_str(),
        clusters: clusters(project).into_iter().map(|(symbols, compute)| cluster(symbols, &compute)).collect(),
        model: project.model.name.as_str(),
        organization: project.devops.organization.as_str(),
        project: project.devops.project.as_str(),
        branch: project.devops.branch.as_str(),
        new_data: training
            .on_new_data
            .as_ref()
            .map(|new| NewDataView { container: new.container.as_str(), prefix: new.folder() }),
        budget: budget(project, None),
        mail: gets_mail(project).then(|| project.monitoring.mail.iter().map(|address| address.as_str()).collect()),
        private: networks::view(project),
    }
}

/// The clusters of the workspace: training's, and batch scoring's if it has one of its own.
fn clusters(project: &Project) -> Vec<(ClusterSymbols, Compute)> {
    let symbols = |what: &str, name: &str, deployment| ClusterSymbols {
        what: Fragment::new(what),
        parameter: Fragment::new(format!("{name}Cluster")),
        symbol: Fragment::new(format!("{name}Compute")),
        deployment,
    };
    let training = &project.training.compute;
    let mut all = vec![(symbols("Cluster of training jobs", "training", "training-compute"), training.clone())];
    if let Some(batch) = project.batch.as_ref().filter(|batch| batch.compute.name != training.name) {
        all.push((symbols("Cluster of batch scoring jobs", "batch", "batch-compute"), batch.compute.clone()));
    }
    if let (true, Some(compute)) = (builds_elsewhere(project), image_build()) {
        all.push((symbols("Cluster that builds images", "imageBuild", "image-build-compute"), compute));
    }
    all
}

/// Whether images cannot be built on the training cluster: Azure ML builds them on processors without a GPU only, and
/// the registry of a private network is out of reach for its own build service.
fn builds_elsewhere(project: &Project) -> bool {
    network(project).is_some() && project.training.compute.sku.has_gpu()
}

/// The cluster that builds images where training has GPUs.
fn image_build() -> Option<Compute> {
    Some(Compute {
        name: ComputeName::parse("image-build").ok()?,
        sku: Sku::parse("Standard_D4ds_v5").ok()?,
        min_nodes: 0,
        max_nodes: 1,
        priority: Priority::Dedicated,
        idle_seconds: 300,
    })
}

fn cluster(symbols: ClusterSymbols, compute: &Compute) -> ClusterView {
    ClusterView {
        parameter: symbols.parameter,
        name: compute.name.to_string(),
        vm_size: compute.sku.as_str().to_owned(),
        priority: match compute.priority {
            Priority::Dedicated => "Dedicated",
            Priority::LowPriority => "LowPriority",
        },
        min_nodes: compute.min_nodes,
        max_nodes: compute.max_nodes,
        idle_time: format!("PT{}S", compute.idle_seconds),
    }
}
