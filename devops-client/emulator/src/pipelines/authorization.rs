//! What a run may use: resources must exist, and the pipeline must have been permitted to use them.

use super::model::{Plan, Stage, Step};
use crate::core::Organization;
use crate::core::json::{same, shown};
use crate::core::organization::Unauthorized;
use crate::state::runs::Definition;

/// A resource that a stage uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Used {
    /// `variablegroup`, `endpoint`, `environment` or `queue`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

const HELP: &str = "For authorization details, refer to https://aka.ms/yamlauthz.";

/// Reasons why a pipeline cannot be queued: what does not exist, and what it may not use (unless that holds it later).
pub fn problems(organization: &Organization, definition: &Definition, plan: &Plan) -> Vec<String> {
    let mut problems = Vec::new();
    for stage in &plan.stages {
        let missing = used(organization, definition, plan, stage).err().unwrap_or_default();
        problems.extend(missing);
        if organization.settings.unauthorized == Unauthorized::Hold {
            continue;
        }
        let unauthorized = unauthorized(organization, definition, plan, stage).into_iter();
        problems.extend(unauthorized.filter(|used| matches!(used.kind, "variablegroup" | "endpoint")).map(|used| {
            let (what, name) =
                (if used.kind == "endpoint" { "Service connection" } else { "Variable group" }, &used.name);
            format!("{what} {name} was not found or is not authorized for use. {HELP}")
        }));
    }
    problems.sort();
    problems.dedup();
    problems
}

/// The resources of a stage that the pipeline may not use yet.
pub fn unauthorized(organization: &Organization, definition: &Definition, plan: &Plan, stage: &Stage) -> Vec<Used> {
    let used = used(organization, definition, plan, stage).unwrap_or_default();
    let mut held: Vec<Used> = used
        .into_iter()
        .filter(|used| used.kind != "queue" || !hosted(organization, &used.id))
        .filter(|used| !organization.authorized(definition.project, used.kind, &used.id, definition.id))
        .collect();
    held.sort();
    held.dedup();
    held
}

/// The queues of Microsoft-hosted agents are open to every pipeline of a project.
fn hosted(organization: &Organization, queue: &str) -> bool {
    let queue = queue.parse::<i64>().ok().and_then(|id| organization.queues.get(&id));
    queue.and_then(|queue| organization.pools.get(&queue.pool)).is_some_and(|pool| pool.hosted)
}

/// The resources that a stage uses. Errors with what does not exist.
pub fn used(
    organization: &Organization,
    definition: &Definition,
    plan: &Plan,
    stage: &Stage,
) -> Result<Vec<Used>, Vec<String>> {
    let project = definition.project;
    let mut found = Vec::new();
    let mut missing = Vec::new();
    let groups = plan.groups.iter().chain(&stage.groups).chain(stage.jobs.iter().flat_map(|job| &job.groups));
    for name in groups {
        match organization.find_group(project, name) {
            Some(group) => found.push(Used { kind: "variablegroup", id: group.id.to_string(), name: name.clone() }),
            None => missing.push(format!("Variable group {name} was not found or is not authorized for use. {HELP}")),
        }
    }
    for job in &stage.jobs {
        if let Some((name, resource)) = &job.environment {
            match organization.find_environment(project, name) {
                Some(environment) => {
                    found.push(Used { kind: "environment", id: environment.id.to_string(), name: name.clone() });
                    let known = |resource: &String| environment.kubernetes.iter().any(|known| same(&known.name, resource));
                    if let Some(resource) = resource.as_ref().filter(|resource| !known(resource)) {
                        missing.push(format!("Job {}: Resource {resource} does not exist in environment {name}.", job.name));
                    }
                }
                None => missing.push(format!(
                    "Job {}: Environment {name} could not be found. The environment does not exist or has not been authorized for use.",
                    job.name
                )),
            }
        }
        if let Some(pool) = &job.pool {
            match organization.queues.values().find(|queue| queue.project == project && same(&queue.name, pool)) {
                Some(queue) => found.push(Used { kind: "queue", id: queue.id.to_string(), name: pool.clone() }),
                None => missing.push(format!(
                    "Job {}: Could not find a pool with name {pool}. The pool does not exist or has not been authorized for use. {HELP}",
                    job.name
                )),
            }
        }
        for step in &job.steps {
            for (input, name) in connections(plan, stage, step) {
                match organization.find_endpoint(project, &name) {
                    Some(endpoint) => found.push(Used { kind: "endpoint", id: endpoint.id.to_string(), name }),
                    None => missing.push(format!(
                        "Job {}: Step {} input {input} references service connection {name} which could not be found. The service \
                         connection does not exist, has been disabled or has not been authorized for use. {HELP}",
                        job.name,
                        step.name.as_deref().unwrap_or(&step.display),
                    )),
                }
            }
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(missing) }
}

/// A step's connections, with the variables that are known at compile time put in.
fn connections(plan: &Plan, stage: &Stage, step: &Step) -> Vec<(String, String)> {
    let fill = |value: &String| {
        let mut value = value.clone();
        for (name, content) in stage.variables.iter().chain(&plan.variables) {
            value = value.replace(&format!("$({name})"), &shown(content));
        }
        value
    };
    step.connections.iter().map(|(input, value)| (input.clone(), fill(value))).collect()
}
