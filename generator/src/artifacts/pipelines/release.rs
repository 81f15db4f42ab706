//! `release.yml`: one model version through every environment, and the stages that it is made of.

use serde::Serialize;
use serde_json::Value;

use super::super::docker::settings;
use super::super::fragment::Fragment;
use super::super::{Artifact, kubernetes, ml};
use super::common::{Head, LOOK_CRON, Lies, entra, fetch_key, identifier, ids, looks, scoring_key, stage_groups};
use super::file::yaml;
use super::tasks::{TASKS, TOOLS, Tasks, Tools};
use crate::project::Project;
use crate::project::azure::Id;
use crate::project::environment::{Cluster, Environment, Target};
use crate::project::variables::PipelineKind;

/// The stage that makes the image.
const IMAGE: &str = "Image";

/// View of `pipelines/release.yml`.
#[derive(Debug, Serialize)]
struct ReleaseView<'a> {
    /// Whether it looks for versions itself, and when.
    looks: bool,
    look_cron: &'static str,
    #[serde(flatten)]
    head: Head<'a>,
    /// Registered model.
    model_name: &'a str,
    /// Whether a deployment may have to wait for an exclusive lock.
    exclusive_lock: bool,
    /// Stages of the environments, in order.
    environments: Vec<EnvironmentView<'a>>,
    /// Batch scoring, if asked for.
    batch: Option<BatchView<'a>>,
    /// The last stage before the release is recorded.
    last_stage: String,
}

/// One stage of the release.
#[derive(Debug, Serialize)]
struct EnvironmentView<'a> {
    /// Stage template.
    template: &'static str,
    /// Identifier of the stage.
    stage: String,
    /// Identifiers of the stages that it waits for: the one whose image it deploys, and the one before it.
    depends_on: Vec<String>,
    /// Title.
    title: String,
    /// Environment of Azure DevOps.
    devops_environment: &'a str,
    /// Service connection of the deployment.
    service_connection: &'a str,
    /// Longest run time of the deployment job, in minutes.
    timeout_minutes: u32,
    /// Variable groups of this stage only.
    groups: Vec<&'a str>,
    /// Parameters of the stage template that only this kind of target has.
    settings: Vec<Setting>,
}

/// A parameter of a template.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Setting {
    /// Its name.
    name: Fragment,
    /// Its value.
    value: Value,
}

impl Setting {
    pub(super) fn new(name: &'static str, value: impl Into<Value>) -> Self {
        Self { name: Fragment::new(name), value: value.into() }
    }
}

/// What the release does for batch scoring.
#[derive(Debug, Serialize)]
struct BatchView<'a> {
    /// The stage before it.
    depends_on: String,
    /// Batch endpoint.
    endpoint: &'a str,
    /// The callable retraining endpoint, which knows the published training image.
    training_endpoint: &'a str,
    /// File of its schedule, if it has one.
    schedule: Option<String>,
}

/// View of the stage templates of the release.
#[derive(Debug, Serialize)]
struct StageView<'a> {
    #[serde(flatten)]
    lies: Lies<'a>,
    /// Versions of tasks.
    tasks: Tasks,
    /// Versions of tools.
    tools: Tools,
    /// Whether callers present a key.
    scoring_key: bool,
    /// Whether callers present an Entra token.
    entra: bool,
    /// Whether scripts take the key from the vault themselves.
    fetch_key: bool,
    /// Whether servers prove themselves with a certificate of a vault.
    tls: bool,
    /// Whether a router of our own, with a certificate of a vault, stands before an endpoint.
    router: bool,
    /// When a stage before this one shows what would change: `always`, or where there is a `router`.
    preview: Option<&'static str>,
    /// Whether the release looks for versions itself.
    looks: bool,
    /// Ids that its parameter file reads.
    router_ids: Vec<Fragment>,
    /// Ids that scripts put into files or secrets.
    ids: Vec<Fragment>,
    /// Variables that steps set for later steps of the job.
    set_by_steps: &'static [&'static str],
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let mut previous = IMAGE.to_owned();
    let mut environments = Vec::new();
    for environment in &project.environments {
        let view = stage(project, environment, &previous);
        previous.clone_from(&view.stage);
        environments.push(view);
    }
    let batch = project.batch.as_ref().map(|batch| BatchView {
        depends_on: std::mem::replace(&mut previous, "BatchScoring".to_owned()),
        endpoint: batch.endpoint.as_str(),
        training_endpoint: project.training.endpoint.as_str(),
        schedule: batch
            .schedule
            .as_ref()
            .map(|schedule| format!("ml/schedules/{}.yml", ml::names::stem(schedule.name.as_str()))),
    });
    let templates = stage_templates(project, &environments);
    let view = ReleaseView {
        head: Head::new(project, PipelineKind::Release),
        model_name: project.model.name.as_str(),
        looks: looks(project),
        look_cron: LOOK_CRON,
        exclusive_lock: project.environments.iter().any(|environment| environment.checks.exclusive_lock),
        environments,
        batch,
        last_stage: previous,
    };
    let release = yaml("pipelines/release.yml", view).because(&[
        "project.name",
        "azure",
        "devops",
        "model.name",
        "scoring.authentication",
        "environments",
        "network",
        "batch",
        "variableGroups",
    ]);
    std::iter::once(release).chain(templates).collect()
}

/// Each stage template that an environment uses, once.
fn stage_templates(project: &Project, environments: &[EnvironmentView<'_>]) -> Vec<Artifact> {
    const TEMPLATES: [(&str, &[&str]); 3] = [
        ("pipelines/templates/stages/deploy-container-instances.yml", &["PREVIOUS_IMAGE", "PREVIOUS_VERSION"]),
        ("pipelines/templates/stages/deploy-kubernetes.yml", &[]),
        (
            "pipelines/templates/stages/deploy-endpoint.yml",
            &["IDENTITY_CLIENT_ID", "NEW_DEPLOYMENT", "OLD_DEPLOYMENT", "ROUTER_ADDRESS"],
        ),
    ];
    let used = TEMPLATES.iter().filter(|(path, _)| environments.iter().any(|e| path.ends_with(e.template)));
    used.map(|(path, set_by_steps)| {
        let view = StageView {
            lies: Lies::of(project),
            tasks: TASKS,
            tools: TOOLS,
            scoring_key: scoring_key(project),
            entra: entra(project),
            fetch_key: fetch_key(project),
            tls: project.scoring.tls,
            router: any_router(project),
            preview: preview(project, path),
            looks: looks(project),
            router_ids: ids(project
                .environments
                .iter()
                .filter(|environment| has_router(environment))
                .flat_map(|environment| [&environment.place, &project.platform.place])),
            ids: ids(project.environments.iter().filter(|e| needs_ids(e)).map(|e| &e.place)),
            set_by_steps,
        };
        yaml(path, view).because(&["scoring.authentication", "environments"])
    })
    .collect()
}

/// When a stage shows what a release would change in Azure: of a container group always, of an endpoint its router.
/// What a release does to a cluster or an endpoint that is managed is no deployment of a template.
fn preview(project: &Project, template: &str) -> Option<&'static str> {
    match template.rsplit('/').next() {
        Some("deploy-container-instances.yml") => Some("always"),
        Some("deploy-endpoint.yml") => any_router(project).then_some("router"),
        _ => None,
    }
}

/// Whether a router of our own, with a certificate of the vault, stands before the endpoint.
fn has_router(environment: &Environment) -> bool {
    matches!(environment.target, Target::KubernetesEndpoint { .. }) && environment.certificate.is_some()
}

/// Whether that is so of any environment.
pub(super) fn any_router(project: &Project) -> bool {
    project.environments.iter().any(has_router)
}

/// Whether a script puts ids into what it deploys for this environment.
fn needs_ids(environment: &Environment) -> bool {
    !matches!(environment.target, Target::ContainerInstances { .. })
}

fn stage<'a>(project: &'a Project, environment: &'a Environment, previous: &str) -> EnvironmentView<'a> {
    let place = &environment.place;
    let own = environment.service_connection.as_str();
    let platform = project.platform.service_connection.as_str();
    let group = || Setting::new("resourceGroup", place.resource_group.as_str());
    let (template, connection, timeout_minutes, mut settings) = match &environment.target {
        Target::ContainerInstances { group: name } => (
            "templates/stages/deploy-container-instances.yml",
            own,
            45,
            vec![
                group(),
                Setting::new("containerGroup", name.as_str()),
                Setting::new("bicepFile", format!("infra/environments/{}/scoring.bicep", environment.name)),
            ],
        ),
        Target::Kubernetes(cluster) => {
            ("templates/stages/deploy-kubernetes.yml", own, 60, kubernetes_settings(project, environment, cluster))
        }
        Target::ManagedEndpoint { endpoint, canary_percent } => (
            "templates/stages/deploy-endpoint.yml",
            platform,
            90,
            endpoint_settings(environment, endpoint.as_str(), *canary_percent),
        ),
        Target::KubernetesEndpoint { endpoint, cluster, .. } => (
            "templates/stages/deploy-endpoint.yml",
            platform,
            90,
            endpoint_settings(environment, endpoint.as_str(), cluster.canary_percent),
        ),
    };
    let canary_percent = match &environment.target {
        Target::ContainerInstances { .. } => None,
        Target::ManagedEndpoint { canary_percent, .. } => *canary_percent,
        Target::Kubernetes(cluster) | Target::KubernetesEndpoint { cluster, .. } => cluster.canary_percent,
    };
    let bake_minutes = canary_percent.map(|_| environment.bake_minutes);
    settings.extend(bake_minutes.map(|minutes| Setting::new("bakeMinutes", minutes)));
    let asks_itself = matches!(environment.target, Target::ContainerInstances { .. } | Target::Kubernetes(_));
    if entra(project) && asks_itself {
        settings.push(Setting::new("audience", settings::audience(project, environment)));
    }
    if asks_itself && (environment.certificate.is_some() || fetch_key(project)) {
        settings.push(Setting::new("keyVault", environment.key_vault.as_str()));
    }
    if let Some(certificate) = environment.certificate.as_ref().filter(|_| asks_itself) {
        settings.push(Setting::new("certificate", certificate.name.as_str()));
        settings.push(Setting::new("hostName", certificate.host.as_str()));
    }
    EnvironmentView {
        template,
        stage: identifier("Deploy", environment.name.as_str()),
        depends_on: if previous == IMAGE {
            vec![IMAGE.to_owned()]
        } else {
            vec![IMAGE.to_owned(), previous.to_owned()]
        },
        title: format!("Deploy to {}", environment.name),
        devops_environment: environment.devops_environment.as_str(),
        service_connection: connection,
        timeout_minutes: timeout_minutes + bake_minutes.unwrap_or_default(),
        groups: stage_groups(project, environment.name.as_str()),
        settings,
    }
}

fn kubernetes_settings(project: &Project, environment: &Environment, cluster: &Cluster) -> Vec<Setting> {
    let mut settings = vec![
        Setting::new("resourceGroup", environment.place.resource_group.as_str()),
        Setting::new("cluster", cluster.name.as_str()),
        Setting::new("namespace", cluster.namespace.as_str()),
        Setting::new("manifests", format!("kubernetes/{}", environment.name)),
        Setting::new("workload", kubernetes::name(project)),
        Setting::new("identity", environment.identity.as_str()),
        Setting::new("appInsights", environment.app_insights.as_str()),
    ];
    settings.extend(cluster.canary_percent.map(|percent| Setting::new("canaryPercent", percent)));
    settings
}

fn endpoint_settings(environment: &Environment, endpoint: &str, canary_percent: Option<u32>) -> Vec<Setting> {
    let mut settings = vec![
        Setting::new("endpoint", endpoint),
        Setting::new("folder", format!("ml/endpoints/{}", environment.name)),
        Setting::new("identity", environment.identity.as_str()),
        Setting::new("identityGroup", environment.place.resource_group.as_str()),
        Setting::new("identityConnection", environment.service_connection.as_str()),
    ];
    if let (Target::KubernetesEndpoint { cluster, .. }, Some(certificate)) =
        (&environment.target, &environment.certificate)
    {
        settings.push(Setting::new("cluster", cluster.name.as_str()));
        settings.push(Setting::new("keyVault", environment.key_vault.as_str()));
        settings.push(Setting::new("certificate", certificate.name.as_str()));
        settings.push(Setting::new("hostName", certificate.host.as_str()));
        settings.push(Setting::new("infrastructure", format!("infra/environments/{}", environment.name)));
    }
    settings.extend(canary_percent.map(|percent| Setting::new("canaryPercent", percent)));
    settings
}

/// An environment on Kubernetes whose tenant's id is kept in a variable: the issuer of tokens is known at run time.
#[derive(Debug, Serialize)]
pub(super) struct Issuer {
    /// `<namespace>/<cluster>`.
    place: String,
    /// The variable with the tenant's id.
    variable: Fragment,
}

/// Those environments, where tokens are asked for at all.
pub(super) fn issuers(project: &Project) -> Vec<Issuer> {
    let issuer = |environment: &Environment| match (&environment.target, &environment.place.tenant) {
        (Target::Kubernetes(cluster), Id::Variable(name)) if entra(project) => Some(Issuer {
            place: format!("{}/{}", cluster.namespace, cluster.name),
            variable: Fragment::new(name.as_str()),
        }),
        _ => None,
    };
    project.environments.iter().filter_map(issuer).collect()
}
