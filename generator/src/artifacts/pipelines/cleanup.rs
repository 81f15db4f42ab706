//! `cleanup.yml`: takes down what has outlived its time, where an environment asks for it.

use serde::Serialize;

use super::super::Artifact;
use super::super::fragment::Fragment;
use super::common::{Head, identifier};
use super::file::yaml;
use super::release::Setting;
use crate::project::Project;
use crate::project::environment::{Environment, Target};
use crate::project::variables::PipelineKind;

/// View of `pipelines/cleanup.yml`.
#[derive(Debug, Serialize)]
struct CleanupView<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// Environments with a time to live.
    environments: Vec<ExpiryView<'a>>,
}

/// One environment with a time to live.
#[derive(Debug, Serialize)]
struct ExpiryView<'a> {
    /// Identifier of the stage that looks.
    look: String,
    /// Title of that stage.
    title: String,
    /// Identifier of the stage that takes it down.
    stage: String,
    /// Title of that stage.
    removal_title: String,
    /// When that stage runs.
    condition: Fragment,
    /// Environment of Azure DevOps whose approvals and checks guard it.
    devops_environment: &'a str,
    /// Service connection.
    service_connection: &'a str,
    /// Script that takes it down.
    script: &'static str,
    /// The same with its folder.
    path: String,
    /// Whether that needs the Azure ML extension.
    endpoint: bool,
    /// What the script reads.
    settings: Vec<Setting>,
}

/// The environments that the cleanup pipeline looks after.
pub(super) fn expiring(project: &Project) -> impl Iterator<Item = (&Environment, u32)> {
    project.environments.iter().filter_map(|environment| {
        let expires = matches!(environment.target, Target::ContainerInstances { .. } | Target::ManagedEndpoint { .. });
        environment.time_to_live_hours.filter(|_| expires).map(|hours| (environment, hours))
    })
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let environments: Vec<ExpiryView<'_>> =
        expiring(project).filter_map(|(e, hours)| view(project, e, hours)).collect();
    if environments.is_empty() {
        return Vec::new();
    }
    let view = CleanupView { head: Head::new(project, PipelineKind::Cleanup), environments };
    vec![yaml("pipelines/cleanup.yml", view).because(&["azure", "devops", "environments", "variableGroups"])]
}

fn view<'a>(project: &'a Project, environment: &'a Environment, hours: u32) -> Option<ExpiryView<'a>> {
    let (script, connection, endpoint, settings) = match &environment.target {
        Target::ContainerInstances { group } => (
            "remove-expired-group.sh",
            &environment.service_connection,
            false,
            vec![
                Setting::new("RESOURCE_GROUP", environment.place.resource_group.as_str()),
                Setting::new("CONTAINER_GROUP", group.as_str()),
            ],
        ),
        Target::ManagedEndpoint { endpoint, .. } => (
            "remove-expired-endpoint.sh",
            &project.platform.service_connection,
            true,
            vec![
                Setting::new("RESOURCE_GROUP", project.platform.place.resource_group.as_str()),
                Setting::new("WORKSPACE", project.platform.workspace.as_str()),
                Setting::new("ENDPOINT", endpoint.as_str()),
                Setting::new("TIME_TO_LIVE_HOURS", hours.to_string()),
            ],
        ),
        Target::Kubernetes(_) | Target::KubernetesEndpoint { .. } => return None,
    };
    let look = identifier("Look", environment.name.as_str());
    Some(ExpiryView {
        condition: Fragment::new(format!(
            "and(succeeded(), eq(dependencies.{look}.outputs['Look.look.expired'], 'true'))"
        )),
        look,
        stage: identifier("Expire", environment.name.as_str()),
        title: format!("Time to live of {}", environment.name),
        removal_title: format!("Take down {}", environment.name),
        devops_environment: environment.devops_environment.as_str(),
        service_connection: connection.as_str(),
        script,
        path: project.devops.directory.within(&format!("pipelines/scripts/{script}")),
        endpoint,
        settings,
    })
}
