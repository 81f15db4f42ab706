//! Azure ML files: kinds, names, bindings, references to other files, schedules, endpoints.
//!
//! The official loader passes wrong bindings, unknown inputs and nonsense cron expressions on to the service, which
//! refuses them when the first job is submitted; here they are refused before anything is written.

mod bindings;
mod pipeline;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::Finding;
use super::document::{Document, documents, exists, resolve, text};
use crate::project::Project;
use crate::project::name::EndpointName;
use crate::project::training::Cron;
use crate::tree::RenderedTree;

/// Where Azure ML's schemas are; what follows names the kind.
const SCHEMAS: &str = "https://azuremlschemas.azureedge.net/latest/";

/// Kinds that may be rendered.
const KINDS: [&str; 16] = [
    "amlCompute",
    "azureBlob",
    "batchEndpoint",
    "commandComponent",
    "commandJob",
    "data",
    "environment",
    "kubernetesOnlineDeployment",
    "kubernetesOnlineEndpoint",
    "managedOnlineDeployment",
    "managedOnlineEndpoint",
    "pipelineComponent",
    "pipelineComponentBatchDeployment",
    "pipelineJob",
    "schedule",
    "model",
];

/// Everything wrong with the files under `ml/`.
pub fn verify(tree: &RenderedTree, _project: &Project) -> Vec<Finding> {
    let (documents, mut findings) = documents(tree, |path| path.starts_with("ml/"));
    let by_path: BTreeMap<&str, &Document<'_>> = documents.iter().map(|d| (d.path.as_str(), d)).collect();
    for document in &documents {
        let kind = match kind(document) {
            Ok(kind) => kind,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        names(document, kind, &mut findings);
        references(document, kind, tree, &mut findings);
        match kind {
            "commandComponent" | "commandJob" => bindings::component(document, &mut findings),
            "pipelineComponent" | "pipelineJob" => pipeline::verify(document, &by_path, &mut findings),
            "schedule" => schedule(document, &mut findings),
            _ if kind.ends_with("Deployment") => deployment(document, &by_path, &mut findings),
            _ => {}
        }
    }
    findings
}

/// The kind that a file's schema names.
fn kind<'a>(document: &'a Document<'_>) -> Result<&'a str, Finding> {
    let kind = text(&document.root, &["$schema"])
        .and_then(|schema| schema.strip_prefix(SCHEMAS)?.strip_suffix(".schema.json"))
        .filter(|kind| KINDS.contains(kind));
    kind.ok_or_else(|| {
        document.finding(&document.root, format!("`$schema` must name the kind: {SCHEMAS}<kind>.schema.json"))
    })
}

/// Names fit the rules of their service.
fn names(document: &Document<'_>, kind: &str, findings: &mut Vec<Finding>) {
    let Some(node) = super::document::at(&document.root, &["name"]) else {
        if !kind.ends_with("Job") {
            findings.push(document.finding(&document.root, format!("a {kind} has a name")));
        }
        return;
    };
    let name = text(&document.root, &["name"]).unwrap_or_default();
    let problem = match kind {
        "commandComponent" | "pipelineComponent" => {
            let good = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                && name.len() <= 255;
            (!good).then(|| "a component's name holds lower-case letters, digits and underscores".to_owned())
        }
        "azureBlob" => {
            let good = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            (!good).then(|| "a datastore's name holds letters, digits and underscores".to_owned())
        }
        _ if kind.ends_with("Endpoint") => EndpointName::parse(name).err(),
        _ => name.is_empty().then(|| format!("a {kind} has a name")),
    };
    findings.extend(problem.map(|problem| document.finding(node, format!("`{name}`: {problem}"))));
}

/// Files that a file points at are there.
fn references(document: &Document<'_>, kind: &str, tree: &RenderedTree, findings: &mut Vec<Finding>) {
    let folder = document.path.folder();
    let mut paths: Vec<&[&str]> = vec![&["create_job"], &["component"], &["code"]];
    if kind == "environment" {
        paths.push(&["build", "path"]);
    }
    for keys in paths {
        let (Some(node), Some(reference)) = (super::document::at(&document.root, keys), text(&document.root, keys))
        else {
            continue;
        };
        if reference.starts_with("azureml:") {
            continue;
        }
        if resolve(folder, reference).is_none_or(|path| !exists(tree, &path)) {
            findings.push(document.finding(node, format!("{}: there is no `{reference}`", keys.join("."))));
        }
    }
    if let (Some(context), Some(dockerfile)) =
        (text(&document.root, &["build", "path"]), text(&document.root, &["build", "dockerfile_path"]))
        && let Some(context) = resolve(folder, context)
        && resolve(&context, dockerfile).is_none_or(|path| tree.get(&path).is_none())
    {
        let message = format!("build.dockerfile_path: there is no `{dockerfile}` in the build context");
        findings.push(document.finding(&document.root, message));
    }
}

/// A schedule's cron expression can come to pass.
fn schedule(document: &Document<'_>, findings: &mut Vec<Finding>) {
    let keys = ["trigger", "expression"];
    let problem = match text(&document.root, &keys) {
        Some(expression) => Cron::parse(expression).err(),
        None => Some("a schedule has a trigger with a cron expression".to_owned()),
    };
    let node = super::document::at(&document.root, &keys).unwrap_or(&document.root);
    findings.extend(problem.map(|problem| document.finding(node, problem)));
}

/// A deployment belongs to the endpoint beside it.
fn deployment(document: &Document<'_>, by_path: &BTreeMap<&str, &Document<'_>>, findings: &mut Vec<Finding>) {
    let beside = format!("{}/endpoint.yml", document.path.folder());
    let endpoint = by_path.get(beside.as_str()).and_then(|endpoint| text(&endpoint.root, &["name"]));
    let named = text(&document.root, &["endpoint_name"]);
    if endpoint.is_none() || endpoint != named {
        let message = format!(
            "endpoint_name is `{}`, and {beside} is `{}`: a deployment belongs to the endpoint beside it",
            named.unwrap_or_default(),
            endpoint.unwrap_or_default()
        );
        findings.push(document.finding(&document.root, message));
    }
}
