//! The shape of a pipeline: which keys there may be, how things are named, how they may depend on each other.

use serde_json::{Map, Value};

/// The keys of a pipeline.
pub const ROOT: &[&str] = &[
    "name",
    "appendCommitMessageToRunName",
    "trigger",
    "pr",
    "schedules",
    "resources",
    "variables",
    "parameters",
    "pool",
    "lockBehavior",
    "stages",
    "jobs",
    "steps",
    "extends",
    "strategy",
    "container",
    "services",
    "workspace",
    "continueOnError",
    "condition",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
    "dependsOn",
    "displayName",
    "target",
    "uses",
];

/// The keys of a stage.
pub const STAGE: &[&str] = &[
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
];

/// The keys of a job.
pub const JOB: &[&str] = &[
    "job",
    "deployment",
    "displayName",
    "dependsOn",
    "condition",
    "variables",
    "pool",
    "steps",
    "strategy",
    "environment",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
    "workspace",
    "container",
    "services",
    "continueOnError",
    "uses",
    "templateContext",
    "target",
];

/// Places errors: where in the pipeline's file a text stands.
pub type Locate<'a> = &'a dyn Fn(&str, &str) -> String;

/// Refuses a key that is none of those.
pub fn known_keys(map: &Map<String, Value>, known: &[&str], locate: Locate<'_>) -> Result<(), String> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(locate(key, &format!("Unexpected value '{key}'"))),
        None => Ok(()),
    }
}

/// Refuses a name that the service would not take.
pub fn check_name(name: &str, what: &str, locate: Locate<'_>) -> Result<(), String> {
    let good = name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        && !name.starts_with(|char: char| char.is_ascii_digit());
    if good && !name.is_empty() {
        return Ok(());
    }
    Err(locate(
        name,
        &format!(
            "The {what} name {name} is not valid. Names may contain only alphanumeric characters and '_', and may not start with a number."
        ),
    ))
}

/// Refuses names that occur twice, dependencies on what is not there, and circles.
pub fn check_graph<'a>(
    nodes: impl Iterator<Item = (&'a str, &'a [String])>,
    what: &str,
    locate: Locate<'_>,
) -> Result<(), String> {
    let nodes: Vec<(&str, &[String])> = nodes.collect();
    for (at, (name, _)) in nodes.iter().enumerate() {
        if nodes[..at].iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return Err(locate(name, &format!("{what} names must be unique: '{name}' occurs twice.")));
        }
    }
    let mut settled: Vec<&str> = Vec::new();
    while settled.len() < nodes.len() {
        let before = settled.len();
        for (name, needs) in &nodes {
            for need in *needs {
                if !nodes.iter().any(|(other, _)| other == need) {
                    return Err(locate(
                        need,
                        &format!("{what} {name} depends on unknown {} {need}.", what.to_lowercase()),
                    ));
                }
            }
            if !settled.contains(name) && needs.iter().all(|need| settled.contains(&need.as_str())) {
                settled.push(name);
            }
        }
        if settled.len() == before {
            return Err(locate("dependsOn", &format!("{what} dependencies form a circle.")));
        }
    }
    Ok(())
}
