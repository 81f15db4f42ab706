//! What several pipelines see: the agent, variable groups, places, names.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::{Artifact, docker};
use super::agents;
use super::file::yaml;
use super::tasks::{TASKS, TOOLS, Tasks, Tools};
use crate::project::Project;
use crate::project::azure::{Id, Place};
use crate::project::devops::Agent;
use crate::project::environment::{Environment, Target};
use crate::project::model::Runtime;
use crate::project::name::{DevOpsName, VariableName};
use crate::project::network::Network;
use crate::project::scoring::Authentication;
use crate::project::variables::{GroupContent, PipelineKind, VariableGroup, VaultOwner};

/// Where the project lies in its repository.
#[derive(Debug, Serialize)]
pub(super) struct Lies<'a> {
    /// The folder that scripts run in, unless it is the top.
    directory: Option<&'a str>,
    /// What paths of the project have in front of them where they are read from the top.
    prefix: Fragment,
}

impl<'a> Lies<'a> {
    /// Where `project` lies.
    pub(super) fn of(project: &'a Project) -> Self {
        let directory = &project.devops.directory;
        Self { directory: (!directory.is_top()).then(|| directory.as_str()), prefix: Fragment::new(directory.prefix()) }
    }
}

/// What the top of every pipeline sees.
#[derive(Debug, Serialize)]
pub(super) struct Head<'a> {
    #[serde(flatten)]
    lies: Lies<'a>,
    /// What jobs run on.
    agent: AgentView<'a>,
    /// Variable groups of the whole pipeline.
    groups: Vec<&'a str>,
    /// Default branch, without `refs/heads/`.
    branch: &'a str,
    /// Service connection of the platform.
    service_connection: &'a str,
    /// Versions of tasks.
    tasks: Tasks,
}

/// What jobs run on: an image, or a pool with its demands.
#[derive(Debug, Serialize)]
struct AgentView<'a> {
    /// Hosted image.
    image: Option<&'a str>,
    /// Own pool.
    pool: Option<&'a str>,
    /// Capabilities that an agent of the pool must have.
    demands: Vec<String>,
}

impl<'a> Head<'a> {
    /// The head of the pipeline `kind`.
    pub(super) fn new(project: &'a Project, kind: PipelineKind) -> Self {
        let agent = match &project.devops.agent {
            Agent::Hosted { image } => AgentView { image: Some(image), pool: None, demands: Vec::new() },
            Agent::Pool { name, .. } => {
                AgentView { image: None, pool: Some(name.as_str()), demands: agents::demands(project) }
            }
        };
        Self {
            lies: Lies::of(project),
            agent,
            groups: groups(project, kind),
            branch: project.devops.branch.as_str(),
            service_connection: project.platform.service_connection.as_str(),
            tasks: TASKS,
        }
    }
}

/// Groups that the whole pipeline links. A release links the groups of an environment's vault in its stage only, a build
/// those of any vault where it publishes.
fn groups(project: &Project, kind: PipelineKind) -> Vec<&str> {
    let whole = |group: &&VariableGroup| match kind {
        PipelineKind::Release => environment_of(group).is_none(),
        PipelineKind::Build => !reads_vault(group),
        _ => true,
    };
    seen_by(project, kind).filter(whole).map(|group| group.name.as_str()).collect()
}

/// Groups of a vault that a pipeline sees.
pub(super) fn vault_groups(project: &Project, kind: PipelineKind) -> Vec<&str> {
    seen_by(project, kind).filter(|group| reads_vault(group)).map(|group| group.name.as_str()).collect()
}

fn reads_vault(group: &VariableGroup) -> bool {
    matches!(group.content, GroupContent::KeyVault { .. })
}

/// Groups that only the stage of environment `name` links in the release pipeline.
pub(super) fn stage_groups<'a>(project: &'a Project, name: &str) -> Vec<&'a str> {
    let own = |group: &&VariableGroup| environment_of(group).is_some_and(|owner| owner == name);
    seen_by(project, PipelineKind::Release).filter(own).map(|group| group.name.as_str()).collect()
}

fn seen_by(project: &Project, kind: PipelineKind) -> impl Iterator<Item = &VariableGroup> {
    project.variable_groups.iter().filter(move |group| group.pipelines.contains(&kind))
}

/// The environment whose vault fills the group.
fn environment_of(group: &VariableGroup) -> Option<&str> {
    match &group.content {
        GroupContent::KeyVault { vault: VaultOwner::Environment(name), .. } => Some(name.as_str()),
        GroupContent::KeyVault { vault: VaultOwner::Platform, .. }
        | GroupContent::Plain(_)
        | GroupContent::Named(_) => None,
    }
}

/// The variables that hold ids of `places` which the repository does not, each once, the longest name first.
///
/// Longest first, so that putting in `$SUB` leaves `$SUB_QA` alone.
pub(super) fn ids<'a>(places: impl IntoIterator<Item = &'a Place>) -> Vec<Fragment> {
    let mut names: Vec<&VariableName> = Vec::new();
    for id in places.into_iter().flat_map(|place| [&place.tenant, &place.subscription]) {
        if let Id::Variable(name) = id
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names.sort_by_key(|name| (std::cmp::Reverse(name.as_str().len()), name.as_str()));
    names.into_iter().map(|name| Fragment::new(name.as_str())).collect()
}

/// Every id of the project that is kept in a variable.
pub(super) fn all_ids(project: &Project) -> Vec<Fragment> {
    ids(std::iter::once(&project.platform.place).chain(project.environments.iter().map(|e| &e.place)))
}

/// One place that `infra/` describes.
#[derive(Debug, Serialize)]
pub(super) struct PlaceView<'a> {
    /// `platform`, or the environment's name.
    pub(super) name: &'a str,
    /// Title of the validation step.
    validate_title: String,
    /// Folder with `main.bicep`.
    pub(super) folder: String,
    /// Service connection.
    pub(super) service_connection: &'a str,
    /// Resource group.
    pub(super) resource_group: &'a str,
    /// Region.
    pub(super) location: &'a str,
    /// Ids that its parameter file reads.
    pub(super) ids: Vec<Fragment>,
    /// Environment of Azure DevOps that guards it; the platform has none.
    pub(super) devops_environment: Option<&'a str>,
    /// Vault that must hold a scoring key, where the scoring server checks one.
    pub(super) scoring_key_vault: Option<&'a str>,
    /// Vault that makes and signs a certificate, and the host for which it does.
    pub(super) certificate: Option<(&'a str, &'a str)>,
    /// The router of an endpoint.
    pub(super) router: Option<Router<'a>>,
}

/// The router that a Kubernetes endpoint of Azure ML is reached through.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Router<'a> {
    /// Its cluster.
    cluster: &'a str,
    /// Label of its public name; none in a private network, and in clear text.
    label: Option<&'a str>,
}

fn router<'a>(project: &Project, environment: &'a Environment) -> Option<Router<'a>> {
    let Target::KubernetesEndpoint { cluster, .. } = &environment.target else { return None };
    let label = environment.certificate.as_ref().and_then(|certificate| certificate.label.as_ref());
    let public = project.network == Network::Public;
    Some(Router { cluster: cluster.name.as_str(), label: label.filter(|_| public).map(|label| label.as_str()) })
}

/// Platform and environments, in the order in which they are made.
pub(super) fn places(project: &Project) -> Vec<PlaceView<'_>> {
    let platform = &project.platform;
    let mut places = vec![place(project, "platform", &platform.service_connection, &platform.place, None)];
    for environment in &project.environments {
        let guard = Some(environment.devops_environment.as_str());
        let name = environment.name.as_str();
        let own = place(project, name, &environment.service_connection, &environment.place, guard);
        let vault = needs_key(project, environment).then(|| environment.key_vault.as_str());
        let signed = environment.certificate.as_ref().filter(|certificate| certificate.self_signed);
        let certificate = signed.map(|certificate| (environment.key_vault.as_str(), certificate.host.as_str()));
        places.push(PlaceView { scoring_key_vault: vault, certificate, router: router(project, environment), ..own });
    }
    places
}

fn place<'a>(
    project: &'a Project,
    name: &'a str,
    connection: &'a DevOpsName,
    place: &'a Place,
    guard: Option<&'a str>,
) -> PlaceView<'a> {
    let folder = if guard.is_some() { format!("infra/environments/{name}") } else { format!("infra/{name}") };
    PlaceView {
        name,
        validate_title: format!("Validate {name}"),
        folder,
        service_connection: connection.as_str(),
        resource_group: place.resource_group.as_str(),
        location: place.location.as_str(),
        // An environment's template refers to the platform as well: the registry, the workspace.
        ids: ids([place, &project.platform.place]),
        devops_environment: guard,
        scoring_key_vault: None,
        certificate: None,
        router: None,
    }
}

/// How often a pipeline looks for what no event tells it of.
pub(super) const LOOK_CRON: &str = "*/15 * * * *";

/// Whether pipelines look for work themselves: Event Grid delivers to a storage account behind a firewall as a
/// system-assigned identity only, to nothing behind a private endpoint, and a consumption Logic App passes that firewall
/// as a system-assigned identity only, which has to be in Azure DevOps before it is there (Microsoft Learn, "Storage queue
/// as an event handler", "Deliver events privately", "Access storage accounts behind firewalls with managed identities").
/// A look needs no service beside the agents inside.
pub(super) fn looks(project: &Project) -> bool {
    project.network != Network::Public
}

/// The name as an identifier of Azure Pipelines: stages and jobs allow no hyphens.
pub(super) fn identifier(prefix: &str, name: &str) -> String {
    format!("{prefix}_{}", name.replace('-', "_"))
}

/// Whether callers of the scoring server present a key from Key Vault.
pub(super) fn scoring_key(project: &Project) -> bool {
    project.scoring.authentication == Authentication::Key
}

/// Whether the environment's vault must hold a scoring key; endpoints of Azure ML have keys of their own.
pub(super) fn needs_key(project: &Project, environment: &Environment) -> bool {
    scoring_key(project) && matches!(environment.target, Target::ContainerInstances { .. } | Target::Kubernetes(_))
}

/// Whether scripts take the key from the vault themselves: no variable group reads one behind a private endpoint.
pub(super) fn fetch_key(project: &Project) -> bool {
    scoring_key(project) && matches!(project.network, Network::Private(_))
}

/// Whether callers of the scoring server present an Entra token.
pub(super) fn entra(project: &Project) -> bool {
    project.scoring.authentication == Authentication::Entra
}

/// View of `pipelines/templates/variables/common.yml`.
#[derive(Debug, Serialize)]
struct VariablesView<'a> {
    /// Resource group of the platform.
    resource_group: &'a str,
    /// Azure ML workspace.
    workspace: &'a str,
    /// Container Registry.
    registry: &'a str,
    /// Repository of the scoring image in it.
    image_repository: String,
    /// Registered model.
    model_name: &'a str,
    /// Azure ML experiment.
    experiment: &'a str,
    /// Default branch, with `refs/heads/`.
    branch_ref: String,
    /// Whether programs are Rust's.
    rust: bool,
    /// Versions of tools.
    tools: Tools,
}

/// View of the step templates that print nothing but task versions.
#[derive(Debug, Serialize)]
struct TasksView<'a> {
    #[serde(flatten)]
    lies: Lies<'a>,
    /// Versions of tasks.
    tasks: Tasks,
}

/// View of `pipelines/templates/steps/smoke-test.yml`.
#[derive(Debug, Serialize)]
struct SmokeView {
    /// Versions of tasks.
    tasks: Tasks,
    /// Whether callers present a key.
    scoring_key: bool,
    /// Whether callers present an Entra token.
    entra: bool,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let platform = &project.platform;
    let image = docker::scoring::image(project);
    let variables = VariablesView {
        resource_group: platform.place.resource_group.as_str(),
        workspace: platform.workspace.as_str(),
        registry: platform.registry.as_str(),
        image_repository: image.rsplit('/').next().unwrap_or(&image).to_owned(),
        model_name: project.model.name.as_str(),
        experiment: project.name.as_str(),
        branch_ref: format!("refs/heads/{}", project.devops.branch.as_str()),
        rust: project.model.runtime == Runtime::Rust,
        tools: TOOLS,
    };
    let smoke = SmokeView { tasks: TASKS, scoring_key: scoring_key(project), entra: entra(project) };
    let tasks = || TasksView { lies: Lies::of(project), tasks: TASKS };
    let mut files = vec![
        yaml("pipelines/templates/variables/common.yml", variables).because(&[
            "project.name",
            "azure",
            "devops.branch",
            "model.name",
            "model.runtime",
        ]),
        yaml("pipelines/templates/steps/azure-script.yml", tasks()),
        yaml("pipelines/templates/steps/azure-ml.yml", tasks()),
        yaml("pipelines/templates/steps/smoke-test.yml", smoke).because(&["scoring.authentication"]),
    ];
    if !looks(project) {
        let steps = yaml("pipelines/templates/steps/find-pipelines.yml", tasks());
        files.push(steps.because(&["network"]));
    }
    files
}
