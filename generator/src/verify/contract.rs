//! The scoring contract holds everywhere: image, container group, manifests, endpoints and smoke test agree on port,
//! routes and image, and the data contract is the spec's.
//!
//! The scoring image is the first link: what the Dockerfile says is what everybody else must say.

#[cfg(test)]
mod tests;

use super::Finding;
use super::docker::{Instruction, parse};
use super::document::{Document, at, documents, integer, items, text};
use crate::artifacts::docker::scoring;
use crate::artifacts::{kubernetes, ml};
use crate::project::Project;
use crate::project::environment::{Environment, Target};
use crate::spec::located::Node;
use crate::tree::path::RelPath;
use crate::tree::{RenderedFile, RenderedTree};

/// Where the rendered Dockerfile of the scoring image is.
const DOCKERFILE: &str = "docker/scoring/Dockerfile";

/// Every place that disagrees with the scoring image or the spec.
pub fn verify(tree: &RenderedTree, project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    data_contract(tree, project, &mut findings);
    let Some(image) = file(tree, DOCKERFILE).map(|(path, file)| Image::read(path, file, project, &mut findings)) else {
        return findings;
    };
    let (documents, _) = documents(tree, |path| path.starts_with("kubernetes/") || path.starts_with("ml/endpoints/"));
    let document = |path: String| documents.iter().find(move |document| document.path.as_str() == path);
    for environment in &project.environments {
        let name = &environment.name;
        match &environment.target {
            Target::ContainerInstances { .. } => group(tree, environment, &image, &mut findings),
            Target::Kubernetes(cluster) => {
                if let Some(deployment) = document(format!("kubernetes/{name}/deployment.yml")) {
                    workload(deployment, project, &image, &mut findings);
                }
                let account = kubernetes::name(project);
                let wanted = [("namespaceName", cluster.namespace.as_str()), ("serviceAccountName", account.as_str())];
                trust(tree, environment, wanted, &mut findings);
            }
            Target::ManagedEndpoint { .. } | Target::KubernetesEndpoint { .. } => {
                if let Some(deployment) = document(format!("ml/endpoints/{name}/deployment.yml")) {
                    endpoint(deployment, project, &image, &mut findings);
                }
            }
        }
    }
    findings
}

fn file<'a>(tree: &'a RenderedTree, path: &str) -> Option<(&'a RelPath, &'a RenderedFile)> {
    tree.iter().find(|(found, _)| found.as_str() == path)
}

/// What the scoring image says of itself.
struct Image {
    /// Port that it exposes.
    port: i64,
}

impl Image {
    /// Reads the Dockerfile; it must agree with itself and with the spec.
    fn read(path: &RelPath, file: &RenderedFile, project: &Project, findings: &mut Vec<Finding>) -> Self {
        let instructions = parse(file.text().unwrap_or_default());
        let exposed = instructions.iter().rfind(|instruction| instruction.name == "EXPOSE");
        let port = exposed.and_then(|exposed| exposed.rest.trim().parse().ok()).unwrap_or_default();
        if port != i64::from(scoring::PORT) {
            let line = exposed.map_or(1, |exposed| exposed.line);
            findings.push(Finding::new(path, format!("EXPOSE must be the server's port, {}", scoring::PORT)).at(line));
        }
        let listen = format!("0.0.0.0:{port}");
        let route = project.scoring.contract.route.as_str();
        for (name, wanted) in [("SCORE_LISTEN", listen.as_str()), ("SCORE_ROUTE", route)] {
            let set = instructions.iter().filter(|instruction| instruction.name == "ENV");
            let set = set.filter_map(|instruction| Some((instruction, instruction.value_of(name)?))).next_back();
            if set.is_none_or(|(_, value)| value != wanted) {
                let line = set.map_or(1, |(instruction, _): (&Instruction, _)| instruction.line);
                findings.push(Finding::new(path, format!("ENV {name} must be `{wanted}`")).at(line));
            }
        }
        Self { port }
    }
}

/// The container group asks and serves where the image answers.
fn group(tree: &RenderedTree, environment: &Environment, image: &Image, findings: &mut Vec<Finding>) {
    let Some((path, file)) = file(tree, &format!("infra/environments/{}/scoring.bicep", environment.name)) else {
        return;
    };
    let wanted = [
        ("port:", image.port.to_string()),
        ("livenessPath:", format!("'{}'", scoring::LIVENESS)),
        ("readinessPath:", format!("'{}'", scoring::READINESS)),
    ];
    for (key, wanted) in wanted {
        let lines = file.text().unwrap_or_default().lines().enumerate();
        let found = lines.filter_map(|(index, line)| Some((index + 1, line.trim().strip_prefix(key)?.trim()))).next();
        match found {
            Some((_, value)) if value == wanted => {}
            Some((line, value)) => {
                let message = format!("{key} is {value}, and the scoring image answers at {wanted}");
                findings.push(Finding::new(path, message).at(line));
            }
            None => findings.push(Finding::new(path, format!("{key} is missing; the scoring image has {wanted}"))),
        }
    }
}

/// The pods of a deployment run the image, at its port, and are probed at its routes.
fn workload(document: &Document<'_>, project: &Project, image: &Image, findings: &mut Vec<Finding>) {
    let containers = items(&document.root, &["spec", "template", "spec", "containers"]);
    for container in containers {
        let mut expect = |keys: &[&str], wanted: &str| {
            expect(document, container, keys, wanted, findings);
        };
        expect(&["image"], &image_name(project));
        expect(&["startupProbe", "httpGet", "path"], scoring::READINESS);
        expect(&["readinessProbe", "httpGet", "path"], scoring::READINESS);
        expect(&["livenessProbe", "httpGet", "path"], scoring::LIVENESS);
        let ports = items(container, &["ports"]);
        if !ports.iter().any(|port| integer(port, &["containerPort"]) == Some(image.port)) {
            let message = format!("no containerPort is {}, the port of the scoring image", image.port);
            findings.push(document.finding(container, message));
        }
    }
}

/// An online deployment runs the image and asks at its routes.
fn endpoint(document: &Document<'_>, project: &Project, image: &Image, findings: &mut Vec<Finding>) {
    let root = &document.root;
    expect(document, root, &["environment", "image"], &image_name(project), findings);
    let routes = [
        ("liveness_route", scoring::LIVENESS),
        ("readiness_route", scoring::READINESS),
        ("scoring_route", project.scoring.contract.route.as_str()),
    ];
    for (route, path) in routes {
        let keys = ["environment", "inference_config", route];
        expect(document, root, &[keys[0], keys[1], keys[2], "path"], path, findings);
        if integer(root, &[keys[0], keys[1], keys[2], "port"]) != Some(image.port) {
            let message = format!("{route}.port must be {}, the port of the scoring image", image.port);
            findings.push(document.finding(at(root, &keys).unwrap_or(root), message));
        }
    }
}

/// The image with the tag that the release pipeline replaces.
fn image_name(project: &Project) -> String {
    format!("{}:{}", scoring::image(project), scoring::UNRELEASED)
}

fn expect(document: &Document<'_>, node: &Node, keys: &[&str], wanted: &str, findings: &mut Vec<Finding>) {
    let found = text(node, keys);
    if found != Some(wanted) {
        let message = format!("{} is `{}`, expected `{wanted}`", keys.join("."), found.unwrap_or_default());
        findings.push(document.finding(at(node, keys).unwrap_or(node), message));
    }
}

/// The environment's identity trusts the service account of the pods, as the parameters of the infrastructure name it.
fn trust(tree: &RenderedTree, environment: &Environment, wanted: [(&str, &str); 2], findings: &mut Vec<Finding>) {
    let Some((path, file)) = file(tree, &format!("infra/environments/{}/main.bicepparam", environment.name)) else {
        return;
    };
    for (parameter, value) in wanted {
        let line = format!("param {parameter} = '{value}'");
        if !file.text().unwrap_or_default().lines().any(|found| found.trim() == line) {
            let message = format!("expected `{line}`: the scoring identity trusts the pods' service account");
            findings.push(Finding::new(path, message));
        }
    }
}

/// The data contract on disk is the spec's.
fn data_contract(tree: &RenderedTree, project: &Project, findings: &mut Vec<Finding>) {
    let Some((path, file)) = file(tree, "data/data-contract.json") else { return };
    let found: Result<serde_json::Value, _> = serde_json::from_slice(&file.bytes);
    match found {
        Ok(found) if found == ml::data_contract(project) => {}
        Ok(_) => findings.push(Finding::new(path, "the data contract is not that of the spec's data")),
        Err(error) => findings.push(Finding::new(path, format!("this is not JSON: {error}")).at(error.line())),
    }
}
