//! Keys of pipelines, triggers, variables, stages, jobs and steps: only what Azure Pipelines knows (its own schema), and what it needs.

use super::pipeline::{Job, Pipeline};
use super::step::STEP_KINDS;
use super::strategy::Strategy;
use crate::place::{Problem, What};
use crate::value::{Node, Value};

/// The keys that a pipeline consists of, of which one is there.
const BODIES: [&str; 5] = ["stages", "jobs", "steps", "extends", "phases"];

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
    "phases",
    "pool",
    "queue",
    "server",
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
    "group",
    "checks",
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

/// Checks the structure of a pipeline.
pub(super) fn check(pipeline: &Pipeline<'_>, problems: &mut Vec<Problem>) {
    let root = pipeline.root;
    keys(root, "pipeline", ROOT, problems);
    let mut bodies = root.entries().iter().filter(|(key, _)| key.text().is_some_and(|key| BODIES.contains(&key)));
    let first = bodies.next().and_then(|(key, _)| key.text());
    for (key, _) in bodies.filter(|(_, value)| value.sure()) {
        let (first, name) = (first.unwrap_or_default(), key.text().unwrap_or_default());
        let what = What::UnknownKey(name.to_owned());
        let message = format!("a pipeline has one of {}, and this has `{first}` already", BODIES.join(", "));
        problems.push(Problem::new(&key.place, what, message));
    }
    if first.is_none() && !root.entries().iter().any(|(key, _)| key.text().is_some_and(|key| key.starts_with("${{"))) {
        problems.push(Problem::new(&root.place, What::Structure, "a pipeline has stages, jobs or steps"));
    }
    beside(root, problems);
    list(root.get("stages"), "stages", pipeline.open, problems);
    for stage in pipeline.stages.iter().filter(|stage| !std::ptr::eq(stage.node, root)) {
        keys(stage.node, "stage", STAGE, problems);
        variables(stage.node, problems);
        if stage.node.get("stage").is_none() {
            problems.push(Problem::new(
                &stage.node.place,
                What::Structure,
                "an entry of `stages` is a stage or a template",
            ));
        }
        list(stage.node.get("jobs"), "jobs", pipeline.open, problems);
    }
    list(root.get("jobs"), "jobs", pipeline.open, problems);
    for (_, job) in pipeline.jobs() {
        if !std::ptr::eq(job.node, root) {
            self::job(job, problems);
            variables(job.node, problems);
        }
        list(job.node.get("steps"), "steps", true, problems);
        for hook in job.strategy.hooks() {
            list(hook.node.get("steps"), "steps", true, problems);
        }
        for step in &job.steps {
            step_keys(step.node, step.kind, problems);
        }
    }
}

/// What a pipeline has beside its stages: triggers, schedules, variables.
fn beside(root: &Node, problems: &mut Vec<Problem>) {
    const TRIGGERS: [(&str, &[&str]); 2] =
        [("trigger", &["batch", "branches", "paths", "tags"]), ("pr", &["autoCancel", "branches", "paths", "drafts"])];
    for (name, allowed) in TRIGGERS {
        let Some(trigger) = root.get(name) else { continue };
        keys(trigger, name, allowed, problems);
        filters(trigger, problems);
    }
    for schedule in root.get("schedules").into_iter().flat_map(Node::known_items) {
        keys(schedule, "schedule", &["cron", "displayName", "branches", "batch", "always"], problems);
        filters(schedule, problems);
    }
    variables(root, problems);
}

/// Branches, paths and tags: a list, or what counts and what does not.
fn filters(node: &Node, problems: &mut Vec<Problem>) {
    for filter in ["branches", "paths", "tags"].into_iter().filter_map(|key| node.get(key)) {
        keys(filter, "filter", &["include", "exclude"], problems);
    }
}

/// The entries of a list of variables: each is a variable or a group, and templates have been put in.
fn variables(node: &Node, problems: &mut Vec<Problem>) {
    for item in node.get("variables").into_iter().flat_map(Node::known_items) {
        let (what, allowed): (_, &[&str]) = match (item.get("group"), item.get("name")) {
            (Some(_), _) => ("variable group", &["group"]),
            (None, Some(_)) => ("variable", &["name", "value", "readonly"]),
            (None, None) => ("list of variables", &["name", "group", "template"]),
        };
        keys(item, what, allowed, problems);
    }
}

fn job(job: &Job<'_>, problems: &mut Vec<Problem>) {
    if job.node.get("job").is_none() && !job.deployment {
        let message = "an entry of `jobs` is a job, a deployment or a template";
        problems.push(Problem::new(&job.node.place, What::Structure, message));
        return;
    }
    keys(job.node, "job", if job.deployment { DEPLOYMENT } else { JOB }, problems);
    if !job.deployment {
        return;
    }
    if job.node.get("strategy").is_none() || job.node.get("environment").is_none() {
        let message = format!("deployment `{}` needs a strategy and an environment", job.name);
        problems.push(Problem::new(&job.node.place, What::Structure, message));
    } else if !matches!(job.strategy, Strategy::Deployment { .. })
        && let Some((key, _)) = job.node.get("strategy").and_then(|strategy| strategy.entries().first())
        && let Some(name) = key.text().filter(|name| !name.starts_with("${{"))
    {
        let message = format!("a deployment has no strategy `{name}`; runOnce, rolling, canary are");
        problems.push(Problem::new(&key.place, What::UnknownKey(name.to_owned()), message));
    }
}

/// A list of mappings, with something in it unless more may come.
fn list(node: Option<&Node>, what: &str, open: bool, problems: &mut Vec<Problem>) {
    let Some(node) = node else { return };
    let mut say = |node: &Node, message: String| problems.push(Problem::new(&node.place, What::Structure, message));
    match &node.value {
        Value::List(items) if items.is_empty() && !open => say(node, format!("`{what}` is empty")),
        Value::List(items) => {
            for item in items.iter().filter(|item| !matches!(item.value, Value::Map(_) | Value::Unknown(_))) {
                say(item, format!("an entry of `{what}` is a mapping, not {}", item.what()));
            }
        }
        Value::Unknown(_) => {}
        Value::Null if open => {}
        Value::Map(entries) if entries.iter().any(|(key, _)| key.text().is_some_and(|key| key.starts_with("${{"))) => {}
        _ => say(node, format!("`{what}` is a list, not {}", node.what())),
    }
}

fn keys(node: &Node, what: &str, allowed: &[&str], problems: &mut Vec<Problem>) {
    for (key, _) in node.entries() {
        let name = key.text().unwrap_or_default();
        if !allowed.contains(&name) && !name.contains("${{") {
            let message = format!("a {what} has no key `{name}`; {} are", allowed.join(", "));
            problems.push(Problem::new(&key.place, What::UnknownKey(name.to_owned()), message));
        }
    }
}

fn step_keys(node: &Node, kind: &str, problems: &mut Vec<Problem>) {
    let kinds: Vec<&str> = STEP_KINDS.into_iter().filter(|kind| node.get(kind).is_some()).collect();
    if kinds.len() != 1 {
        let found = if kinds.is_empty() { "none".to_owned() } else { kinds.join(" and ") };
        let first = node.entries().first().map_or(node, |(key, _)| key);
        let message = format!("a step has one of {}, and this has {found}", STEP_KINDS.join(", "));
        let what = What::UnknownKey(first.text().unwrap_or_default().to_owned());
        problems.push(Problem::new(&first.place, what, message));
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
        "download" | "downloadBuild" => &["artifact", "patterns", "path", "tags", "inputs"],
        "publish" | "upload" => &["artifact"],
        _ => &["inputs", "path"],
    };
    let allowed: Vec<&str> = [kind].into_iter().chain(STEP.iter().copied()).chain(own.iter().copied()).collect();
    keys(node, &format!("{kind} step"), &allowed, problems);
}
