//! Infrastructure: Bicep modules, the platform, the environments, and the ARM JSON that is compiled from them.

pub mod api_versions;
mod common;
mod environment;
mod events;
pub mod given;
pub(crate) mod networks;
mod platform;
mod router;
#[cfg(test)]
mod tests;

use super::{Artifact, Language};
use crate::project::Project;
use crate::project::environment::Target;
use crate::project::network::Agents;
use crate::project::scoring::Authentication;
use api_versions::ApiVersions;
use common::{ModuleView, keeps_secrets, network};

pub use common::workspace_identity;
pub use environment::{control_plane, kubelet};
pub use events::{WINDOW_MINUTES, start_pipelines};
pub use networks::peers;

/// Every file of `infra/`. A module that nothing uses is not rendered.
pub fn artifacts(project: &Project) -> Vec<Artifact> {
    let mut files: Vec<Artifact> = modules(project).into_iter().map(|path| module(project, path)).collect();
    files.extend(platform::artifacts(project));
    files.extend(environment::artifacts(project));
    files
}

/// The modules that the project uses; a module's template has the path of its output.
fn modules(project: &Project) -> Vec<&'static str> {
    let environments = &project.environments;
    let any = |test: &dyn Fn(&Target) -> bool| environments.iter().any(|environment| test(&environment.target));
    let clusters = environments.iter().any(|e| environment::cluster(e).is_some());
    let private = network(project).is_some();
    let all = [
        ("infra/modules/monitoring.bicep", true),
        ("infra/modules/identity.bicep", true),
        ("infra/modules/storage.bicep", true),
        ("infra/modules/key-vault.bicep", true),
        ("infra/modules/registry.bicep", true),
        ("infra/modules/workspace.bicep", true),
        ("infra/modules/workspace-roles.bicep", true),
        ("infra/modules/compute-cluster.bicep", true),
        ("infra/modules/platform-roles.bicep", true),
        ("infra/modules/environment-roles.bicep", true),
        ("infra/modules/events.bicep", start_pipelines(project)),
        ("infra/modules/pipeline-trigger.bicep", start_pipelines(project)),
        ("infra/modules/container-read.bicep", environments.iter().any(|e| environment::reads_logs(project, e))),
        ("infra/modules/container-group.bicep", any(&|target| matches!(target, Target::ContainerInstances { .. }))),
        ("infra/modules/kubernetes.bicep", clusters),
        ("infra/modules/cluster-roles.bicep", clusters),
        (
            "infra/modules/machine-learning-extension.bicep",
            any(&|target| matches!(target, Target::KubernetesEndpoint { .. })),
        ),
        (
            "infra/modules/workspace-cluster-roles.bicep",
            any(&|target| matches!(target, Target::KubernetesEndpoint { .. })),
        ),
        ("infra/modules/kubernetes-compute.bicep", any(&|target| matches!(target, Target::KubernetesEndpoint { .. }))),
        ("infra/modules/network-roles.bicep", clusters && private),
        ("infra/modules/network.bicep", private),
        ("infra/modules/peering.bicep", private),
        ("infra/modules/dns-zones.bicep", networks::own_zones(project)),
        ("infra/modules/dns-links.bicep", networks::own_zones(project)),
        ("infra/modules/private-endpoint.bicep", private),
        ("infra/modules/alerts.bicep", environment::has_alerts(project)),
        ("infra/modules/platform-alerts.bicep", environment::has_alerts(project) || project.monitoring.drift.is_some()),
        ("infra/modules/budget.bicep", project.monitoring.budget.is_some()),
    ];
    all.into_iter().filter(|(_, used)| *used).map(|(path, _)| path).collect()
}

fn module(project: &Project, path: &'static str) -> Artifact {
    let name = path.rsplit('/').next().and_then(|file| file.strip_suffix(".bicep")).unwrap_or(path);
    if name == "events" {
        return Artifact::template(path, Language::Bicep, path, events::view(project))
            .because(&["training.onNewData", "monitoring"]);
    }
    let view = ModuleView {
        api: ApiVersions::of(project),
        private: network(project).is_some(),
        events: start_pipelines(project),
        key: project.scoring.authentication == Authentication::Key,
        tls: project.scoring.tls,
        scheme: if project.scoring.tls { "https" } else { "http" },
        certificate: environment::any_certificate(project),
        alerts: environment::has_alerts(project),
        drift: project.monitoring.drift.is_some(),
        gpu: project.scoring.node.gpu,
        kubernetes_endpoint: environment::any_kubernetes_endpoint(project),
        agents_subnet: network(project).is_some_and(|network| matches!(network.agents, Agents::Subnet(_))),
        firewall: networks::firewall(project).is_some(),
        logs: project.scoring.logging.is_some(),
        secrets: keeps_secrets(project, None),
    };
    let because: &[&str] = match name {
        "container-group" => &["network", "scoring.authentication", "scoring.transport", "pins.apiVersions"],
        "environment-roles" => &["environments", "scoring.logging", "scoring.transport", "pins.apiVersions"],
        "pipeline-trigger" | "platform-alerts" => &["monitoring", "pins.apiVersions"],
        "kubernetes" => &["network", "scoring.node", "environments", "pins.apiVersions"],
        "machine-learning-extension" => &["network", "scoring.node", "scoring.transport", "pins.apiVersions"],
        "platform-roles" => &["network", "variableGroups", "pins.apiVersions"],
        "network" | "storage" | "key-vault" | "registry" | "workspace" | "compute-cluster" => {
            &["network", "pins.apiVersions"]
        }
        _ => &["pins.apiVersions"],
    };
    Artifact::template(path, Language::Bicep, path, view).because(because)
}
