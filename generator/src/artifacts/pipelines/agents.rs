//! Programs that steps run on an agent of the team's own. Hosted agents have them all.

use crate::project::Project;
use crate::project::devops::Agent;
use crate::project::environment::Target;
use crate::project::model::Runtime;

/// A program, and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// The command, which is the name of the capability too.
    pub name: &'static str,
    /// What steps do with it.
    pub purpose: &'static str,
    /// Whether an agent finds it by itself when it starts (azure-pipelines-agent, capabilities of Linux); others are added
    /// to the agent as capabilities by hand.
    pub found: bool,
}

const fn program(name: &'static str, purpose: &'static str, found: bool) -> Program {
    Program { name, purpose, found }
}

/// The programs that the rendered pipelines of a project run.
pub fn programs(project: &Project) -> Vec<Program> {
    let kubernetes = project.environments.iter().any(|one| matches!(one.target, Target::Kubernetes(_)));
    let mut all = vec![
        program("docker", "builds, tests, scans and pushes the scoring image", true),
        program("az", "Azure CLI: deployments, jobs and models", false),
        program("jq", "reads answers of Azure and of Azure DevOps", false),
        program("curl", "calls Azure DevOps", true),
        program("git", "names the commit that a model comes from", true),
        program("python3", "smoke tests, with the standard library alone", true),
    ];
    if kubernetes {
        all.push(program("kubectl", "deploys to the cluster and looks after it", false));
    }
    if project.model.runtime == Runtime::Rust {
        all.push(program("gcc", "links what cargo builds; rustup itself is installed where it is missing", false));
    }
    all
}

/// What an agent of the team's pool must have: what the spec demands, and each program of ours that it does not speak of.
pub fn demands(project: &Project) -> Vec<String> {
    let Agent::Pool { demands, .. } = &project.devops.agent else { return Vec::new() };
    let own: Vec<String> = demands.iter().map(|demand| demand.as_str().to_owned()).collect();
    let speaks = |name: &str| own.iter().any(|demand| demand.split_whitespace().next() == Some(name));
    let missing: Vec<String> =
        programs(project).iter().filter(|one| !speaks(one.name)).map(|one| one.name.to_owned()).collect();
    own.into_iter().chain(missing).collect()
}
