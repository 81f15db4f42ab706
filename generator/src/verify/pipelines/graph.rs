//! Stages and jobs: their names, what they wait for, and that nobody waits for himself.

use std::collections::BTreeMap;

use super::super::Finding;
use super::files::finding;
use super::model::{Job, Pipeline, Stage};
use super::yaml::Node;

/// A stage or a job, as far as the graph is concerned.
pub struct Item<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its mapping.
    pub node: &'a Node,
    /// What it waits for directly.
    pub depends: Vec<&'a str>,
}

/// Checks names and dependencies of stages, and of the jobs of each.
pub fn check(pipeline: &Pipeline<'_>, findings: &mut Vec<Finding>) {
    let written: Vec<&Stage<'_>> = pipeline.stages.iter().filter(|stage| !stage.name.is_empty()).collect();
    items(
        "stage",
        &stages(pipeline),
        &written.iter().map(|s| waits(s.depends.as_deref())).collect::<Vec<_>>(),
        pipeline.open,
        findings,
    );
    for stage in &pipeline.stages {
        let named: Vec<&Job<'_>> = stage.jobs.iter().filter(|job| !job.name.is_empty()).collect();
        let places: Vec<Vec<&Node>> = named.iter().map(|job| job.depends.clone()).collect();
        items("job", &jobs(stage), &places, pipeline.open, findings);
        for job in named.iter().filter(|job| job.deployment && job.name.eq_ignore_ascii_case("deploy")) {
            findings.push(finding(&job.node.place, "`deploy` is a keyword and names no deployment job"));
        }
    }
}

/// The stages with what each waits for: the one above where it does not say.
pub fn stages<'a>(pipeline: &Pipeline<'a>) -> Vec<Item<'a>> {
    let written: Vec<&Stage<'a>> = pipeline.stages.iter().filter(|stage| !stage.name.is_empty()).collect();
    let item = |(index, stage): (usize, &&Stage<'a>)| {
        let above = index.checked_sub(1).map(|before| written[before].name);
        let depends = match &stage.depends {
            Some(names) => names.iter().filter_map(|name| name.text()).collect(),
            None => above.into_iter().collect(),
        };
        Item { name: stage.name, node: stage.node, depends }
    };
    written.iter().enumerate().map(item).collect()
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

fn waits<'a>(depends: Option<&[&'a Node]>) -> Vec<&'a Node> {
    depends.map(<[_]>::to_vec).unwrap_or_default()
}

fn items(what: &str, items: &[Item<'_>], written: &[Vec<&Node>], open: bool, findings: &mut Vec<Finding>) {
    for (index, item) in items.iter().enumerate() {
        if item.name.contains("${{") {
            continue;
        }
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !item.name.chars().all(good) || item.name.starts_with(|c: char| c.is_ascii_digit()) {
            let message = format!(
                "{what} `{}`: a name holds letters, digits and underscores, and starts with no digit",
                item.name
            );
            findings.push(finding(&item.node.place, message));
        }
        let twin = |other: &&Item<'_>| other.name.eq_ignore_ascii_case(item.name) && other.node.sure && item.node.sure;
        if items[..index].iter().any(|other| twin(&other)) {
            findings.push(finding(&item.node.place, format!("there are two {what}s `{}`", item.name)));
        }
        for name in &written[index] {
            let text = name.text().unwrap_or_default();
            if text.contains("${{") {
                continue;
            }
            if text.eq_ignore_ascii_case(item.name) {
                findings.push(finding(&name.place, format!("{what} `{text}` waits for itself")));
            } else if !open && !items.iter().any(|other| other.name.eq_ignore_ascii_case(text)) {
                let known: Vec<&str> = items.iter().map(|other| other.name).collect();
                let message = format!(
                    "{what} `{}` waits for `{text}`, which is no {what} here; {} are",
                    item.name,
                    known.join(", ")
                );
                findings.push(finding(&name.place, message));
            }
        }
    }
    circle(what, items, findings);
}

/// Reports the first circle, at the item where it closes.
fn circle(what: &str, items: &[Item<'_>], findings: &mut Vec<Finding>) {
    let edges: BTreeMap<String, &Item<'_>> =
        items.iter().filter(|item| item.node.sure).map(|item| (item.name.to_lowercase(), item)).collect();
    let mut done: Vec<String> = Vec::new();
    for start in edges.keys() {
        let mut path: Vec<String> = Vec::new();
        if let Some(circle) = visit(start, &edges, &mut path, &mut done) {
            let item = edges[&circle[0]];
            let message = format!("{what}s wait for each other in a circle: {}", circle.join(" -> "));
            findings.push(finding(&item.node.place, message));
            return;
        }
    }
}

fn visit(
    name: &str,
    edges: &BTreeMap<String, &Item<'_>>,
    path: &mut Vec<String>,
    done: &mut Vec<String>,
) -> Option<Vec<String>> {
    if let Some(start) = path.iter().position(|other| other == name) {
        let mut circle = path[start..].to_vec();
        circle.push(name.to_owned());
        // Waiting for itself is reported at the name.
        return (circle.len() > 2).then_some(circle);
    }
    let item = edges.get(name)?;
    if done.iter().any(|other| other == name) {
        return None;
    }
    path.push(name.to_owned());
    for depends in &item.depends {
        if let Some(circle) = visit(&depends.to_lowercase(), edges, path, done) {
            return Some(circle);
        }
    }
    path.pop();
    done.push(name.to_owned());
    None
}
