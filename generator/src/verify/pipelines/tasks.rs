//! Tasks and agents: known, current, given what they need; service connections known when a run is queued.

use azure_pipelines::Node;
use azure_pipelines::model::{Job, Pipeline, Step};

use super::super::Finding;
use super::files::finding;
use crate::artifacts::pipelines::tasks::{AS_OF, agent_image, current_version, known_task};
use crate::project::Project;

/// Inputs that name a service connection.
pub const CONNECTIONS: [&str; 9] = [
    "azureSubscription",
    "azureSubscriptionConnection",
    "azureResourceManagerConnection",
    "connectedServiceName",
    "connectedServiceNameARM",
    "containerRegistry",
    "dockerRegistryEndpoint",
    "kubernetesServiceConnection",
    "gitHubConnection",
];

/// Tasks that run on no agent.
const AGENTLESS: [&str; 7] = [
    "AzureFunction",
    "AzureMonitor",
    "Delay",
    "InvokeRESTAPI",
    "ManualValidation",
    "PublishToAzureServiceBus",
    "QueryWorkItems",
];

/// Checks tasks, agents and environments of a pipeline.
pub fn check(pipeline: &Pipeline<'_>, project: &Project, findings: &mut Vec<Finding>) {
    for pool in pipeline.jobs().filter_map(|(_, job)| job.pool).chain(pipeline.root.get("pool")) {
        image(pool, findings);
    }
    for (stage, job) in pipeline.jobs() {
        let agentless = Job::is_agentless(pipeline.pool(stage, job));
        for step in &job.steps {
            task(step, agentless, findings);
        }
        if job.deployment
            && let Some(environment) = job.node.get("environment")
        {
            known_environment(environment, project, findings);
        }
    }
}

fn image(pool: &Node, findings: &mut Vec<Finding>) {
    let Some(node) = pool.get("vmImage") else { return };
    let name = node.text().unwrap_or_default();
    match agent_image(name) {
        None if !name.contains('$') => {
            findings
                .push(finding(&node.place, format!("`{name}` is no Linux image of hosted agents; use ubuntu-24.04")));
        }
        Some(image) if image.ends.is_some_and(|month| month <= AS_OF) => {
            let month = image.ends.map(|month| month.to_string()).unwrap_or_default();
            findings.push(finding(&node.place, format!("image `{name}` went away in {month}; use ubuntu-24.04")));
        }
        _ => {}
    }
}

fn task(step: &Step<'_>, agentless: bool, findings: &mut Vec<Finding>) {
    let Some(node) = step.node.get("task") else {
        if agentless {
            findings.push(finding(&step.node.place, "a job in the pool `server` has no agent to run this step"));
        }
        return;
    };
    let reference = node.text().unwrap_or_default();
    let name = reference.split('@').next().unwrap_or(reference);
    let newest = current_version(name).map(|task| format!("; use {}", task.reference)).unwrap_or_default();
    let Some(known) = known_task(reference) else {
        let hint = if newest.is_empty() { "; a task of the marketplace has to be installed first" } else { &newest };
        findings.push(finding(&node.place, format!("Azure Pipelines has no task `{reference}`{hint}")));
        return;
    };
    if known.deprecated {
        findings.push(finding(&node.place, format!("task `{reference}` is deprecated{newest}")));
    }
    if agentless != AGENTLESS.iter().any(|other| name.eq_ignore_ascii_case(other)) {
        let place = if agentless { "on an agent, and this job has none" } else { "in the pool `server`" };
        findings.push(finding(&node.place, format!("task `{reference}` runs {place}")));
    }
    let given = step.node.get("inputs").map(Node::entries).unwrap_or_default();
    for (key, value) in given {
        let name = key.text().unwrap_or_default();
        if !known.inputs.iter().any(|(input, _)| input.eq_ignore_ascii_case(name)) && !name.contains("${{") {
            let inputs: Vec<&str> = known.inputs.iter().map(|(input, _)| *input).collect();
            findings.push(finding(
                &key.place,
                format!("task `{reference}` has no input `{name}`; {} are", inputs.join(", ")),
            ));
        }
        if CONNECTIONS.iter().any(|other| name.eq_ignore_ascii_case(other)) {
            connection(name, value, findings);
        }
    }
    for (input, _) in known.inputs.iter().filter(|(_, required)| *required) {
        if step.input(input).is_none() {
            findings.push(finding(&node.place, format!("task `{reference}` needs the input `{input}`")));
        }
    }
}

fn connection(input: &str, value: &Node, findings: &mut Vec<Finding>) {
    let text = value.text().unwrap_or_default();
    if text.is_empty() {
        findings.push(finding(&value.place, format!("`{input}` names no service connection")));
    } else if text.contains("$(") || text.contains("$[") {
        findings.push(finding(
            &value.place,
            format!("`{input}` is `{text}`, but service connections are resolved before variables have values"),
        ));
    }
}

/// An environment that nobody made is created by the first run, without the approvals that the spec asks for.
fn known_environment(node: &Node, project: &Project, findings: &mut Vec<Finding>) {
    let name = node.text().or_else(|| node.text_at("name")).unwrap_or_default();
    let known = |name: &str| {
        project
            .environments
            .iter()
            .any(|environment| environment.devops_environment.as_str().eq_ignore_ascii_case(name))
    };
    if !name.contains("${{") && !known(name.split('.').next().unwrap_or(name)) {
        findings.push(finding(&node.place, format!("environment `{name}` is not in the spec, so it has no approvals")));
    }
}
