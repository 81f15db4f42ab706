//! `infrastructure.yml`: validate, what-if, deploy, destroy.

use serde::Serialize;

use super::super::Artifact;
use super::super::fragment::Fragment;
use super::super::infra::peers;
use super::common::{Head, PlaceView, Router, identifier, looks, places};
use super::file::yaml;
use super::tasks::{TASKS, TOOLS, Tasks, Tools};
use crate::project::Project;
use crate::project::variables::PipelineKind;

/// Name of the place that every environment needs.
const PLATFORM: &str = "platform";

/// View of `pipelines/infrastructure.yml`.
#[derive(Debug, Serialize)]
struct InfrastructureView<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// Platform and environments, in the order in which they are made.
    places: Vec<StageView<'a>>,
    /// The same, the other way round.
    places_reversed: Vec<StageView<'a>>,
    /// The project's name as a string of an expression.
    quoted_project: Fragment,
}

/// Stages of one place.
#[derive(Clone, Debug, Serialize)]
struct StageView<'a> {
    /// `platform`, or the environment's name.
    name: &'a str,
    /// The same as a string of an expression.
    quoted_name: Fragment,
    /// Title of the deployment.
    title: String,
    /// Title of the removal.
    destroy_title: String,
    /// Identifier of the deployment's stage.
    stage: String,
    /// Identifier of the removal's stage.
    destroy_stage: String,
    /// Stage that is deployed before this one.
    previous: Option<String>,
    /// Stage that is removed before this one.
    destroyed_after: Option<String>,
    /// Folder with `main.bicep`.
    folder: &'a str,
    /// Service connection.
    service_connection: &'a str,
    /// Resource group.
    resource_group: &'a str,
    /// Region.
    location: &'a str,
    /// Ids that its parameter file reads.
    ids: &'a [Fragment],
    /// Environment of Azure DevOps that guards it.
    devops_environment: Option<&'a str>,
    /// Vault that must hold a scoring key.
    scoring_key_vault: Option<&'a str>,
    /// Vault that makes a certificate, and the host for which it does.
    certificate_vault: Option<&'a str>,
    host_name: Option<&'a str>,
    /// The router of an endpoint.
    router: Option<Router<'a>>,
    /// Who may confirm that it is destroyed, separated by commas.
    approvers: String,
    /// Whether they may confirm a run of their own.
    own_runs: bool,
}

/// View of the templates that know the project's name.
#[derive(Debug, Serialize)]
struct GuardView<'a> {
    /// Versions of tasks.
    tasks: Tasks,
    /// Versions of tools.
    tools: Tools,
    /// The project's name.
    project: &'a str,
    /// Whether an environment's vault must hold a scoring key.
    scoring_key: bool,
    /// Whether an environment's vault makes a certificate.
    certificate: bool,
    /// Whether an environment has the router of an endpoint.
    router: bool,
    /// Whether events start pipelines, by their numbers.
    events: bool,
    /// Whether the platform peers networks.
    peerings: bool,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let places = places(project);
    let stages: Vec<StageView<'_>> =
        places.iter().enumerate().map(|(index, _)| stage(project, &places, index)).collect();
    let view = InfrastructureView {
        head: Head::new(project, PipelineKind::Infrastructure),
        places_reversed: stages.iter().rev().cloned().collect(),
        places: stages,
        quoted_project: Fragment::new(format!("'{}'", project.name)),
    };
    let scoring_key = places.iter().any(|place| place.scoring_key_vault.is_some());
    let certificate = places.iter().any(|place| place.certificate.is_some());
    let router = places.iter().any(|place| place.router.is_some());
    let guard = || GuardView {
        tasks: TASKS,
        tools: TOOLS,
        project: project.name.as_str(),
        scoring_key,
        certificate,
        router,
        events: !looks(project),
        peerings: peers(project),
    };
    vec![
        yaml("pipelines/infrastructure.yml", view).because(&[
            "project.name",
            "azure",
            "devops",
            "environments",
            "variableGroups",
        ]),
        yaml("pipelines/templates/stages/infrastructure.yml", guard()).because(&[
            "scoring.authentication",
            "scoring.transport",
            "environments",
        ]),
        yaml("pipelines/templates/stages/destroy.yml", guard()).because(&["project.name"]),
        yaml("pipelines/templates/steps/deploy-infrastructure.yml", guard()).because(&[
            "project.name",
            "scoring.authentication",
            "scoring.transport",
            "environments",
        ]),
    ]
}

fn stage<'a>(project: &'a Project, places: &'a [PlaceView<'a>], index: usize) -> StageView<'a> {
    let place = &places[index];
    let (approvers, own_runs) = confirm(project, place.name);
    let named = |prefix: &str, place: &PlaceView<'_>| identifier(prefix, place.name);
    StageView {
        name: place.name,
        quoted_name: Fragment::new(format!("'{}'", place.name)),
        title: format!("Infrastructure of {}", place.name),
        destroy_title: format!("Destroy {}", place.name),
        stage: named("Infra", place),
        destroy_stage: named("Destroy", place),
        previous: index.checked_sub(1).map(|before| named("Infra", &places[before])),
        destroyed_after: places.get(index + 1).map(|after| named("Destroy", after)),
        folder: &place.folder,
        service_connection: place.service_connection,
        resource_group: place.resource_group,
        location: place.location,
        ids: &place.ids,
        devops_environment: place.devops_environment,
        scoring_key_vault: place.scoring_key_vault,
        certificate_vault: place.certificate.map(|(vault, _)| vault),
        host_name: place.certificate.map(|(_, host)| host),
        router: place.router,
        approvers,
        own_runs,
    }
}

/// Who confirms that a place is destroyed: its approvers, for the platform those of all environments. Where nobody is
/// named it is the administrators of the project, because a question to nobody in particular is one that whoever started
/// the run may answer (ManualValidation@1, `approvers`).
fn confirm(project: &Project, place: &str) -> (String, bool) {
    let own = project.environments.iter().filter(|environment| place == PLATFORM || environment.name.as_str() == place);
    let approvals: Vec<_> = own.filter_map(|environment| environment.approvals.as_ref()).collect();
    let mut names: Vec<&str> = Vec::new();
    for approver in approvals.iter().flat_map(|approvals| &approvals.approvers) {
        if !names.contains(&approver.as_str()) {
            names.push(approver.as_str());
        }
    }
    if names.is_empty() {
        return (format!("[{}]\\Project Administrators", project.devops.project), false);
    }
    (names.join(","), approvals.iter().all(|approvals| approvals.requester_may_approve))
}
