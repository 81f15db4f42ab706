//! Pipelines of Azure ML: jobs and their components fit together, and no job waits for itself.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Finding;
use super::super::document::{Document, at, entries_at, resolve, text, texts};
use super::bindings::bindings;
use crate::spec::located::{Entry, Node};

/// Jobs get what their components ask for, and bindings lead to something.
pub(super) fn verify(document: &Document<'_>, by_path: &BTreeMap<&str, &Document<'_>>, findings: &mut Vec<Finding>) {
    let pipeline = Pipeline { document, by_path };
    let jobs = entries_at(&document.root, &["jobs"]);
    if jobs.is_empty() {
        findings.push(document.finding(&document.root, "a pipeline has jobs"));
    }
    for job in jobs {
        match pipeline.component(&job.node) {
            Some(component) => pipeline.ports(job, component, findings),
            None => {
                let message = format!("job `{}`: its component is no file of the project", job.key);
                findings.push(document.finding(&job.node, message));
            }
        }
        for (node, value) in texts(&job.node) {
            for binding in bindings(value) {
                let problem = pipeline.binding(&job.key, binding);
                findings.extend(problem.map(|problem| document.finding(node, format!("`{binding}`: {problem}"))));
            }
        }
    }
    pipeline.outputs(findings);
    pipeline.circle(findings);
}

struct Pipeline<'a> {
    document: &'a Document<'a>,
    by_path: &'a BTreeMap<&'a str, &'a Document<'a>>,
}

impl<'a> Pipeline<'a> {
    fn jobs(&self) -> &'a [Entry] {
        entries_at(&self.document.root, &["jobs"])
    }

    /// The component that a job runs.
    fn component(&self, job: &Node) -> Option<&'a Node> {
        let reference = text(job, &["component"]).or_else(|| text(job, &["trial"]))?;
        let path = resolve(self.document.path.folder(), reference)?;
        self.by_path.get(path.as_str()).map(|document| &document.root)
    }

    /// A job gives its component no port that it lacks, and every input that it must have, each of the right type.
    fn ports(&self, job: &Entry, component: &Node, findings: &mut Vec<Finding>) {
        for ports in ["inputs", "outputs"] {
            for given in entries_at(&job.node, &[ports]) {
                if at(component, &[ports, &given.key]).is_none() {
                    let message = format!("job `{}`: its component has no {ports} `{}`", job.key, given.key);
                    findings.push(self.document.finding(&given.node, message));
                }
            }
        }
        for searched in entries_at(&job.node, &["search_space"]) {
            if at(component, &["inputs", &searched.key]).is_none() {
                let message = format!("job `{}`: its trial has no input `{}` to search for", job.key, searched.key);
                findings.push(self.document.finding(&searched.node, message));
            }
        }
        for input in entries_at(component, &["inputs"]) {
            let given = at(&job.node, &["inputs", &input.key]);
            let needed = at(&input.node, &["default"]).is_none() && at(&input.node, &["optional"]).is_none();
            match given {
                None if needed => {
                    let message = format!("job `{}`: its component needs the input `{}`", job.key, input.key);
                    findings.push(self.document.finding(&job.node, message));
                }
                Some(given) => {
                    let message = self.mismatch(given, text(&input.node, &["type"])).map(|(found, wanted)| {
                        format!("job `{}`: input `{}` is a {wanted}, and is given a {found}", job.key, input.key)
                    });
                    findings.extend(message.map(|message| self.document.finding(given, message)));
                }
                None => {}
            }
        }
    }

    /// Type found and type wanted, where the input is bound to a port of another type.
    fn mismatch(&self, given: &Node, wanted: Option<&'a str>) -> Option<(&'a str, &'a str)> {
        let value = text(given, &[])?;
        let found = self.type_of(bindings(value).first()?)?;
        let wanted = wanted?;
        (found != wanted).then_some((found, wanted))
    }

    /// Type of the port that a binding leads to.
    fn type_of(&self, binding: &str) -> Option<&'a str> {
        let parts: Vec<&str> = binding.split('.').collect();
        match parts.as_slice() {
            ["parent", ports @ ("inputs" | "outputs"), name] => text(&self.document.root, &[ports, name, "type"]),
            ["parent", "jobs", job, "outputs", name] => {
                let job = self.jobs().iter().find(|entry| entry.key == *job)?;
                text(self.component(&job.node)?, &["outputs", name, "type"])
            }
            _ => None,
        }
    }

    /// What is wrong with a binding in job `job`.
    fn binding(&self, job: &str, binding: &str) -> Option<String> {
        let parts: Vec<&str> = binding.split('.').collect();
        match parts.as_slice() {
            ["parent", ports @ ("inputs" | "outputs"), name] => at(&self.document.root, &[ports, name])
                .is_none()
                .then(|| format!("the pipeline declares no {ports} `{name}`")),
            ["parent", "jobs", other, "outputs", _] if *other == job => Some("a job cannot wait for itself".to_owned()),
            ["parent", "jobs", other, "outputs", name] => {
                let Some(other) = self.jobs().iter().find(|entry| entry.key == *other) else {
                    return Some(format!("there is no job `{other}`"));
                };
                let component = self.component(&other.node)?;
                at(component, &["outputs", name])
                    .is_none()
                    .then(|| format!("job `{}` has no output `{name}`", other.key))
            }
            _ => Some("expected parent.inputs.NAME, parent.outputs.NAME or parent.jobs.JOB.outputs.NAME".to_owned()),
        }
    }

    /// Every output of the pipeline comes from a job.
    fn outputs(&self, findings: &mut Vec<Finding>) {
        let written: BTreeSet<&str> = self
            .jobs()
            .iter()
            .flat_map(|job| entries_at(&job.node, &["outputs"]))
            .flat_map(|output| texts(&output.node))
            .flat_map(|(_, value)| bindings(value))
            .filter_map(|binding| binding.strip_prefix("parent.outputs."))
            .collect();
        for output in entries_at(&self.document.root, &["outputs"]) {
            if !written.contains(output.key.as_str()) {
                let message = format!("no job writes the output `{}`", output.key);
                findings.push(self.document.finding(&output.node, message));
            }
        }
    }

    /// Jobs that wait for each other.
    fn circle(&self, findings: &mut Vec<Finding>) {
        let mut left: BTreeMap<&str, BTreeSet<&str>> = self
            .jobs()
            .iter()
            .map(|job| {
                let needs = texts(&job.node).into_iter().flat_map(|(_, value)| bindings(value));
                let needs = needs.filter_map(|binding| binding.strip_prefix("parent.jobs.")?.split('.').next());
                (job.key.as_str(), needs.filter(|other| *other != job.key).collect())
            })
            .collect();
        loop {
            let free: Vec<&str> = left
                .iter()
                .filter(|(_, needs)| !needs.iter().any(|other| left.contains_key(other)))
                .map(|(job, _)| *job)
                .collect();
            if free.is_empty() {
                break;
            }
            left.retain(|job, _| !free.contains(job));
        }
        if !left.is_empty() {
            let jobs: Vec<&str> = left.keys().copied().collect();
            let message = format!("jobs wait for each other: {}", jobs.join(", "));
            findings.push(self.document.finding(&self.document.root, message));
        }
    }
}
