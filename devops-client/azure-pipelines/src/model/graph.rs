//! Stages and jobs: their names, what they wait for, and that nobody waits for himself.

use std::collections::{BTreeMap, BTreeSet};

use super::pipeline::{Job, Pipeline, Stage};
use crate::place::{Problem, What};
use crate::value::{Node, Value};

/// A stage or a job, as far as the graph is concerned.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its mapping.
    pub node: &'a Node,
    /// What it waits for directly.
    pub depends: Vec<&'a str>,
}

/// The stages with what each waits for: the one above where it does not say.
pub fn stages<'a>(pipeline: &Pipeline<'a>) -> Vec<Item<'a>> {
    let named: Vec<&Stage<'a>> = pipeline.stages.iter().filter(|stage| !stage.name.is_empty()).collect();
    let item = |(index, stage): (usize, &&Stage<'a>)| {
        let above = index.checked_sub(1).map(|before| named[before].name);
        let depends = match &stage.depends {
            Some(names) => names.iter().filter_map(|name| name.text()).collect(),
            None => above.into_iter().collect(),
        };
        Item { name: stage.name, node: stage.node, depends }
    };
    named.iter().enumerate().map(item).collect()
}

/// The jobs of a stage with what each waits for.
pub fn jobs<'a>(stage: &Stage<'a>) -> Vec<Item<'a>> {
    let named = stage.jobs.iter().filter(|job| !job.name.is_empty());
    let texts = |job: &Job<'a>| job.depends.iter().filter_map(|name| name.text()).collect();
    named.map(|job| Item { name: job.name, node: job.node, depends: texts(job) }).collect()
}

/// Everything that `name` waits for, directly or not.
pub fn ancestors<'a>(items: &[Item<'a>], name: &str) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    let mut open = vec![name.to_owned()];
    while let Some(next) = open.pop() {
        for item in items.iter().filter(|item| item.name.eq_ignore_ascii_case(&next)) {
            for depends in &item.depends {
                if !found.contains(depends) {
                    found.push(depends);
                    open.push((*depends).to_owned());
                }
            }
        }
    }
    found
}

/// Checks names and dependencies of stages, and of the jobs of each.
pub(super) fn check(pipeline: &Pipeline<'_>, problems: &mut Vec<Problem>) {
    let named: Vec<&Stage<'_>> = pipeline.stages.iter().filter(|stage| !stage.name.is_empty()).collect();
    let written: Vec<Vec<&Node>> = named.iter().map(|s| s.depends.clone().unwrap_or_default()).collect();
    items("stage", &stages(pipeline), &written, pipeline.open, problems);
    for stage in &pipeline.stages {
        let named: Vec<&Job<'_>> = stage.jobs.iter().filter(|job| !job.name.is_empty()).collect();
        let written: Vec<Vec<&Node>> = named.iter().map(|job| job.depends.clone()).collect();
        items("job", &jobs(stage), &written, pipeline.open, problems);
        for job in named.iter().filter(|job| job.deployment && job.name == "deploy") {
            let place = job.node.get("deployment").map_or(&job.node.place, |name| &name.place);
            problems.push(Problem::new(place, What::Graph, "`deploy` is a keyword and names no deployment job"));
        }
    }
}

fn items(what: &str, items: &[Item<'_>], written: &[Vec<&Node>], open: bool, problems: &mut Vec<Problem>) {
    for (index, item) in items.iter().enumerate() {
        if item.name.contains("${{") {
            continue;
        }
        let place = item.node.entries().first().map_or(&item.node.place, |(_, name)| &name.place);
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !item.name.chars().all(good) || item.name.starts_with(|c: char| c.is_ascii_digit()) {
            let message = format!(
                "{what} `{}`: a name holds letters, digits and underscores, and starts with no digit",
                item.name
            );
            problems.push(Problem::new(place, What::Graph, message));
        }
        let twin =
            |other: &&Item<'_>| other.name.eq_ignore_ascii_case(item.name) && other.node.sure() && item.node.sure();
        if items[..index].iter().any(|other| twin(&other)) {
            problems.push(Problem::new(place, What::Graph, format!("there are two {what}s `{}`", item.name)));
        }
        for name in &written[index] {
            let text = name.text().unwrap_or_default();
            if text.contains("${{") || matches!(name.value, Value::Unknown(_)) {
                continue;
            }
            if text.eq_ignore_ascii_case(item.name) {
                problems.push(Problem::new(&name.place, What::Graph, format!("{what} `{text}` waits for itself")));
            } else if !open && !items.iter().any(|other| other.name.eq_ignore_ascii_case(text)) {
                let known: Vec<&str> = items.iter().map(|other| other.name).collect();
                let known = known.join(", ");
                let message =
                    format!("{what} `{}` waits for `{text}`, which is no {what} here; {known} are", item.name);
                problems.push(Problem::new(&name.place, What::Graph, message));
            }
        }
    }
    if let Some((item, message)) = circle(what, items) {
        problems.push(Problem::new(&item.node.place, What::Graph, message));
    }
}

/// The first circle, at the item where it closes. Waiting for itself is said elsewhere.
fn circle<'b, 'a>(what: &str, items: &'b [Item<'a>]) -> Option<(&'b Item<'a>, String)> {
    let edges: BTreeMap<String, &Item<'a>> =
        items.iter().filter(|item| item.node.sure()).map(|item| (item.name.to_lowercase(), item)).collect();
    let mut done: BTreeSet<String> = BTreeSet::new();
    for start in edges.keys() {
        // The way down so far, each with the dependencies that are still to be followed: no recursion, however long.
        let mut path: Vec<(String, Vec<String>)> = vec![(start.clone(), below(&edges, start))];
        while let Some((name, rest)) = path.last_mut() {
            let Some(next) = rest.pop() else {
                done.insert(name.clone());
                path.pop();
                continue;
            };
            if let Some(at) = path.iter().position(|(name, _)| *name == next) {
                let mut names: Vec<&str> = path[at..].iter().map(|(name, _)| name.as_str()).collect();
                if names.len() < 2 {
                    continue;
                }
                names.push(names[0]);
                let message = format!("{what}s wait for each other in a circle: {}", names.join(" -> "));
                return Some((edges[&next], message));
            }
            if edges.contains_key(&next) && !done.contains(&next) {
                let found = below(&edges, &next);
                path.push((next, found));
            }
        }
    }
    None
}

fn below(edges: &BTreeMap<String, &Item<'_>>, name: &str) -> Vec<String> {
    edges[name].depends.iter().rev().map(|depends| depends.to_lowercase()).collect()
}
