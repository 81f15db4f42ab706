//! Projects that switch on and off what pipelines depend on, for tests.

use std::collections::BTreeMap;

use super::super::sample;
use crate::project::Project;
use crate::project::azure::Id;
use crate::project::data::{Cell, DataSource};
use crate::project::devops::Agent;
use crate::project::environment::Target;
use crate::project::name::{DevOpsName, SecretName, VariableName};
use crate::project::scoring::Authentication;
use crate::project::text::Text;
use crate::project::training::Runner;
use crate::project::variables::{GroupContent, PipelineKind, VariableGroup, VaultOwner};

/// Every case, with its name.
pub(crate) fn all() -> Vec<(&'static str, Project)> {
    vec![
        ("rust", rust()),
        ("full", full()),
        ("container-only", only(|target| matches!(target, Target::ContainerInstances { .. }))),
        ("kubernetes-only", only(|target| matches!(target, Target::Kubernetes(_)))),
        ("managed-only", only(|target| matches!(target, Target::ManagedEndpoint { .. }))),
        ("entra", entra()),
        ("open", open()),
    ]
}

/// The sample as it is, with the groups that a real spec has.
pub(crate) fn rust() -> Project {
    let mut project = sample::project();
    for environment in &mut project.environments {
        if let Target::Kubernetes(cluster) = &mut environment.target {
            cluster.canary_percent = Some(20);
        }
    }
    with_groups(project)
}

/// Everything that is optional, an own pool, ids in variables, times to live, locks.
pub(crate) fn full() -> Project {
    let mut project = sample::full();
    project.training.schedules.iter_mut().for_each(|schedule| schedule.runner = Runner::AzurePipelines);
    project.devops.agent = Agent::Pool {
        name: DevOpsName::parse("linux pool").unwrap(),
        demands: vec![Text::parse("docker").unwrap(), Text::parse("Agent.OS -equals Linux").unwrap()],
    };
    project.platform.place.tenant = variable("TENANT_ID");
    project.platform.place.subscription = variable("SUBSCRIPTION_ID");
    for environment in &mut project.environments {
        environment.place.tenant = variable("TENANT_ID");
        environment.place.subscription = variable("SUBSCRIPTION_ID_PRODUCTION");
        environment.checks.exclusive_lock = true;
        environment.time_to_live_hours = Some(12);
    }
    let mut project = with_groups(project);
    project.variable_groups.push(VariableGroup {
        name: DevOpsName::parse("azure ids").unwrap(),
        description: Text::parse("Ids").unwrap(),
        pipelines: vec![
            PipelineKind::Build,
            PipelineKind::Retrain,
            PipelineKind::Release,
            PipelineKind::Infrastructure,
            PipelineKind::PullRequest,
            PipelineKind::Cleanup,
        ],
        content: GroupContent::Plain(BTreeMap::from([
            (VariableName::parse("TENANT_ID").unwrap(), Text::parse("t").unwrap()),
            (VariableName::parse("SUBSCRIPTION_ID").unwrap(), Text::parse("s").unwrap()),
            (VariableName::parse("SUBSCRIPTION_ID_PRODUCTION").unwrap(), Text::parse("p").unwrap()),
        ])),
    });
    project
}

/// Entra tokens, tenant in a variable, data elsewhere.
fn entra() -> Project {
    let mut project = full();
    project.scoring.authentication = Authentication::Entra;
    project.data.source = DataSource::Remote("azureml://datastores/data/paths/diabetes/".to_owned());
    project
}

/// No authentication, no groups, no canary.
fn open() -> Project {
    let mut project = sample::project();
    project.scoring.authentication = Authentication::None;
    project.scoring.contract.response = Some(vec![Cell::Number(1.0), Cell::Number(2.0)]);
    for environment in &mut project.environments {
        if let Target::Kubernetes(cluster) | Target::KubernetesEndpoint { cluster, .. } = &mut environment.target {
            cluster.canary_percent = None;
        }
    }
    project
}

fn only(keep: fn(&Target) -> bool) -> Project {
    let mut project = sample::project();
    project.environments.retain(|environment| keep(&environment.target));
    with_groups(project)
}

fn variable(name: &str) -> Id {
    Id::Variable(VariableName::parse(name).unwrap())
}

/// Adds the tool's own groups: one for each environment's vault, seen by the release pipeline.
fn with_groups(mut project: Project) -> Project {
    for environment in &project.environments {
        project.variable_groups.push(VariableGroup {
            name: DevOpsName::parse(&format!("diabetes-{}-secrets", environment.name)).unwrap(),
            description: Text::parse("Secrets of an environment").unwrap(),
            pipelines: vec![PipelineKind::Release],
            content: GroupContent::KeyVault {
                vault: VaultOwner::Environment(environment.name.clone()),
                secrets: vec![SecretName::parse("scoring-key").unwrap()],
            },
        });
    }
    project
}
