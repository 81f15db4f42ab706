//! From the expanded tree to the typed model.

use super::pipeline::{Environment, Job, Pipeline, Stage, Variable};
use super::resources;
use super::step::Step;
use super::strategy::Strategy;
use crate::value::{Node, Value};

pub(super) fn pipeline(root: &Node, open: bool) -> Pipeline<'_> {
    let stages = match (root.get("stages"), root.get("jobs")) {
        (Some(stages), _) => stages.known_items().map(stage).collect(),
        (None, Some(jobs)) => vec![Stage { jobs: jobs.known_items().map(job).collect(), ..unnamed(root) }],
        (None, None) if root.get("steps").is_some() => vec![Stage { jobs: vec![job(root)], ..unnamed(root) }],
        (None, None) => Vec::new(),
    };
    Pipeline {
        root,
        stages,
        variables: variables(root),
        trigger: resources::trigger(root.get("trigger")),
        pr: resources::trigger(root.get("pr")),
        schedules: resources::schedules(root),
        resources: resources::resources(root),
        open,
    }
}

fn unnamed(root: &Node) -> Stage<'_> {
    Stage {
        name: "",
        node: root,
        depends: Some(Vec::new()),
        condition: None,
        jobs: Vec::new(),
        variables: Vec::new(),
        pool: None,
    }
}

fn stage(node: &Node) -> Stage<'_> {
    Stage {
        name: name(node, "stage"),
        node,
        depends: node.get("dependsOn").map(names),
        condition: node.get("condition"),
        jobs: node.get("jobs").into_iter().flat_map(Node::known_items).map(job).collect(),
        variables: variables(node),
        pool: node.get("pool"),
    }
}

fn job(node: &Node) -> Job<'_> {
    let deployment = node.get("deployment").is_some();
    let strategy = Strategy::read(node, deployment);
    let mut steps: Vec<Step<'_>> = Vec::new();
    if deployment {
        steps.extend(strategy.hooks().iter().flat_map(|hook| hook.steps.clone()));
    } else {
        steps.extend(node.get("steps").into_iter().flat_map(Node::known_items).map(Step::read));
    }
    Job {
        name: name(node, if deployment { "deployment" } else { "job" }),
        node,
        deployment,
        depends: node.get("dependsOn").map(names).unwrap_or_default(),
        condition: node.get("condition"),
        strategy,
        steps,
        // Steps without a job stand in the pipeline's own mapping, whose variables and pool are the pipeline's.
        variables: variables(node),
        pool: node.get("pool"),
        environment: if deployment { node.get("environment").and_then(environment) } else { None },
    }
}

/// A name; empty if nobody wrote one.
fn name<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).filter(|name| name.value != Value::Null).and_then(Node::text).unwrap_or_default()
}

fn environment(node: &Node) -> Option<Environment<'_>> {
    if let Some(name) = node.text_at("name") {
        return Some(Environment { name, resource: node.text_at("resourceName") });
    }
    let text = node.text().filter(|text| !text.is_empty())?;
    Some(match text.split_once('.') {
        Some((name, resource)) if !text.contains("${{") => Environment { name, resource: Some(resource) },
        _ => Environment { name: text, resource: None },
    })
}

/// A `dependsOn`: one name or a list; the empty string is none.
fn names(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::List(items) => items.iter().filter(|item| item.text().is_some()).collect(),
        Value::Map(_) => Vec::new(),
        _ if node.text().is_none_or(str::is_empty) => Vec::new(),
        _ => vec![node],
    }
}

/// The entries of a `variables` block, be it a mapping or a list.
pub(super) fn variables(node: &Node) -> Vec<Variable<'_>> {
    let Some(variables) = node.get("variables") else { return Vec::new() };
    let mut found: Vec<Variable<'_>> = variables
        .entries()
        .iter()
        .filter_map(|(key, value)| Some((key.text()?, value)))
        .filter(|(name, _)| !name.starts_with("${{"))
        .map(|(name, value)| Variable::Named { name, value, readonly: false })
        .collect();
    for item in variables.known_items() {
        match (item.text_at("name"), item.get("group")) {
            (Some(name), _) => {
                let readonly = item.text_at("readonly").is_some_and(|text| text.eq_ignore_ascii_case("true"));
                found.extend(item.get("value").map(|value| Variable::Named { name, value, readonly }));
            }
            (None, Some(group)) => found.push(Variable::Group(group)),
            (None, None) => {}
        }
    }
    found
}
