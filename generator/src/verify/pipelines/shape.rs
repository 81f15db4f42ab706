//! Keys of pipelines, stages, jobs and steps: only what Azure Pipelines knows, and what it needs.

use super::super::Finding;
use super::files::finding;
use super::model::{Pipeline, STEP_KINDS};
use super::yaml::Node;
use crate::project::training::Cron;

const ROOT: &[&str] = &[
    "name",
    "appendCommitMessageToRunName",
    "trigger",
    "pr",
    "schedules",
    "resources",
    "parameters",
    "variables",
    "lockBehavior",
    "stages",
    "jobs",
    "steps",
    "extends",
    "pool",
    "container",
    "services",
    "strategy",
    "workspace",
    "continueOnError",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
];
const STAGE: &[&str] = &[
    "stage",
    "displayName",
    "dependsOn",
    "condition",
    "variables",
    "jobs",
    "pool",
    "lockBehavior",
    "trigger",
    "isSkippable",
    "templateContext",
];
const JOB: &[&str] = &[
    "job",
    "displayName",
    "dependsOn",
    "condition",
    "strategy",
    "continueOnError",
    "container",
    "services",
    "pool",
    "workspace",
    "uses",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
    "variables",
    "steps",
    "templateContext",
];
const DEPLOYMENT: &[&str] = &[
    "deployment",
    "displayName",
    "dependsOn",
    "condition",
    "strategy",
    "continueOnError",
    "container",
    "services",
    "pool",
    "workspace",
    "uses",
    "environment",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
    "variables",
    "templateContext",
];
const STEP: &[&str] = &[
    "name",
    "displayName",
    "condition",
    "continueOnError",
    "enabled",
    "env",
    "target",
    "timeoutInMinutes",
    "retryCountOnTaskFailure",
];

/// Checks the keys of a pipeline, and its schedules.
pub fn check(pipeline: &Pipeline<'_>, findings: &mut Vec<Finding>) {
    keys(pipeline.root, "pipeline", ROOT, findings);
    if !["stages", "jobs", "steps", "extends"].iter().any(|key| pipeline.root.get(key).is_some()) {
        findings.push(finding(&pipeline.root.place, "a pipeline has stages, jobs or steps"));
    }
    for stage in pipeline.stages.iter().filter(|stage| stage.node != pipeline.root) {
        keys(stage.node, "stage", STAGE, findings);
    }
    for (_, job) in pipeline.jobs().filter(|(_, job)| job.node != pipeline.root) {
        if job.node.get("job").is_none() && !job.deployment {
            findings.push(finding(&job.node.place, "an entry of `jobs` is a job, a deployment or a template"));
            continue;
        }
        keys(job.node, "job", if job.deployment { DEPLOYMENT } else { JOB }, findings);
        if job.deployment && (job.node.get("strategy").is_none() || job.node.get("environment").is_none()) {
            let message = format!("deployment `{}` needs a strategy and an environment", job.name);
            findings.push(finding(&job.node.place, message));
        }
    }
    for step in pipeline.jobs().flat_map(|(_, job)| &job.steps) {
        step_keys(step.node, step.kind, findings);
    }
    schedules(pipeline.root, findings);
}

fn keys(node: &Node, what: &str, allowed: &[&str], findings: &mut Vec<Finding>) {
    for (key, _) in node.entries() {
        let name = key.text().unwrap_or_default();
        if !allowed.contains(&name) && !name.contains("${{") {
            findings.push(finding(&key.place, format!("a {what} has no key `{name}`; {} are", allowed.join(", "))));
        }
    }
}

fn step_keys(node: &Node, kind: &str, findings: &mut Vec<Finding>) {
    let kinds: Vec<&str> = STEP_KINDS.into_iter().filter(|kind| node.get(kind).is_some()).collect();
    if kinds.len() != 1 {
        let found = if kinds.is_empty() { "none".to_owned() } else { kinds.join(" and ") };
        findings
            .push(finding(&node.place, format!("a step has one of {}, and this has {found}", STEP_KINDS.join(", "))));
        return;
    }
    let own: &[&str] = match kind {
        "task" => &["inputs"],
        "script" | "bash" => &["workingDirectory", "failOnStderr", "noProfile", "noRc"],
        "pwsh" | "powershell" => &["workingDirectory", "failOnStderr", "errorActionPreference", "ignoreLASTEXITCODE"],
        "checkout" => &[
            "clean",
            "fetchDepth",
            "fetchFilter",
            "fetchTags",
            "lfs",
            "persistCredentials",
            "submodules",
            "path",
            "sparseCheckoutDirectories",
            "sparseCheckoutPatterns",
            "workspaceRepo",
        ],
        "download" | "downloadBuild" => &["artifact", "patterns", "path", "inputs"],
        "publish" | "upload" => &["artifact"],
        _ => &["inputs", "path"],
    };
    let allowed: Vec<&str> = [kind].into_iter().chain(STEP.iter().copied()).chain(own.iter().copied()).collect();
    keys(node, &format!("{kind} step"), &allowed, findings);
}

fn schedules(root: &Node, findings: &mut Vec<Finding>) {
    for schedule in root.get("schedules").map(Node::items).unwrap_or_default() {
        match schedule.get("cron") {
            None => findings.push(finding(&schedule.place, "a schedule has a `cron`")),
            Some(cron) => {
                if let Err(message) = Cron::parse(cron.text().unwrap_or_default()) {
                    findings.push(finding(&cron.place, message));
                }
            }
        }
        if schedule.get("branches").is_none() {
            findings.push(finding(&schedule.place, "a schedule names the branches that it builds"));
        }
    }
}
