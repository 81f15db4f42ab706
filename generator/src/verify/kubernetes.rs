//! Kubernetes manifests: kinds, names and namespaces, selectors and labels, ports, accounts, and how a pod is confined.

mod pod;
#[cfg(test)]
mod tests;

use super::Finding;
use super::document::{Document, at, documents, entries_at, integer, items, text};
use crate::project::Project;
use crate::spec::located::{Entry, Node, Value};
use crate::tree::RenderedTree;

/// API version of each kind that may be rendered (Kubernetes API reference).
const KINDS: [(&str, &str); 7] = [
    ("Namespace", "v1"),
    ("ServiceAccount", "v1"),
    ("Service", "v1"),
    ("Deployment", "apps/v1"),
    ("HorizontalPodAutoscaler", "autoscaling/v2"),
    ("PodDisruptionBudget", "policy/v1"),
    ("NetworkPolicy", "networking.k8s.io/v1"),
];

/// Everything wrong with the manifests.
pub fn verify(tree: &RenderedTree, _project: &Project) -> Vec<Finding> {
    let (documents, mut findings) = documents(tree, |path| path.starts_with("kubernetes/"));
    for document in &documents {
        let beside: Vec<&Document<'_>> =
            documents.iter().filter(|other| other.path.folder() == document.path.folder()).collect();
        object(document, &beside, &mut findings);
    }
    findings
}

/// One object among those of its environment.
fn object(document: &Document<'_>, beside: &[&Document<'_>], findings: &mut Vec<Finding>) {
    let root = &document.root;
    let kind = text(root, &["kind"]).unwrap_or_default();
    let version = text(root, &["apiVersion"]).unwrap_or_default();
    if !KINDS.contains(&(kind, version)) {
        findings
            .push(document.finding(root, format!("`{kind}` of `{version}` is not among the kinds that are rendered")));
        return;
    }
    let mut say = |node: &Node, message: String| findings.push(document.finding(node, message));
    match text(root, &["metadata", "name"]) {
        Some(name) if is_label(name) => {}
        name => say(root, format!("`{}` is no name of an object", name.unwrap_or_default())),
    }
    let named =
        |kind: &str| beside.iter().filter(|d| text(&d.root, &["kind"]) == Some(kind)).map(|d| &d.root).collect();
    let namespaces: Vec<&Node> = named("Namespace");
    let namespace = namespaces.first().and_then(|node| text(node, &["metadata", "name"]));
    if kind != "Namespace" && text(root, &["metadata", "namespace"]) != namespace {
        say(root, format!("metadata.namespace is not the environment's, `{}`", namespace.unwrap_or_default()));
    }
    let deployments: Vec<&Node> = named("Deployment");
    let accounts: Vec<&Node> = named("ServiceAccount");
    match kind {
        "Deployment" => {
            selects(root, &["spec", "selector", "matchLabels"], &deployments, &mut say);
            account(root, &accounts, &mut say);
            pod::verify(root, &mut say);
        }
        "Service" => {
            selects(root, &["spec", "selector"], &deployments, &mut say);
            service_ports(root, &deployments, &mut say);
        }
        "HorizontalPodAutoscaler" => autoscaler(root, &deployments, &mut say),
        "PodDisruptionBudget" => selects(root, &["spec", "selector", "matchLabels"], &deployments, &mut say),
        "NetworkPolicy" => policy(root, &deployments, &mut say),
        _ => {}
    }
}

/// A name that Kubernetes takes for every kind (RFC 1123 label).
fn is_label(name: &str) -> bool {
    let inner = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    inner && (1..=63).contains(&name.len()) && !name.starts_with('-') && !name.ends_with('-')
}

/// Labels of a deployment's pods.
fn pod_labels(deployment: &Node) -> &[Entry] {
    entries_at(deployment, &["spec", "template", "metadata", "labels"])
}

/// The labels at `keys` are on the pods of some deployment.
fn selects(root: &Node, keys: &[&str], deployments: &[&Node], say: &mut impl FnMut(&Node, String)) {
    let wanted = entries_at(root, keys);
    let value = |entry: &Entry| match &entry.node.value {
        Value::String(text) => text.clone(),
        _ => String::new(),
    };
    let carries = |deployment: &&Node| {
        wanted.iter().all(|label| pod_labels(deployment).iter().any(|l| l.key == label.key && value(l) == value(label)))
    };
    if wanted.is_empty() {
        say(root, format!("{} selects by no label", keys.join(".")));
    } else if !deployments.iter().any(carries) {
        let labels: Vec<String> = wanted.iter().map(|label| format!("{}: {}", label.key, value(label))).collect();
        say(root, format!("no pod carries the labels of {} ({})", keys.join("."), labels.join(", ")));
    }
}

/// The service account is one of the environment's.
fn account(root: &Node, accounts: &[&Node], say: &mut impl FnMut(&Node, String)) {
    let keys = ["spec", "template", "spec", "serviceAccountName"];
    let wanted = text(root, &keys);
    if wanted.is_none() || !accounts.iter().any(|account| text(account, &["metadata", "name"]) == wanted) {
        let message = format!("there is no service account `{}`", wanted.unwrap_or_default());
        say(at(root, &keys).unwrap_or(root), message);
    }
}

/// Whether a container of a deployment has the port, by name or number.
fn has_port(deployment: &Node, port: &Node) -> bool {
    let ports = items(deployment, &["spec", "template", "spec", "containers"]).iter();
    let mut ports = ports.flat_map(|container| items(container, &["ports"]));
    match &port.value {
        Value::String(name) => ports.any(|port| text(port, &["name"]) == Some(name)),
        Value::Integer(number) => ports.any(|port| integer(port, &["containerPort"]) == Some(*number)),
        _ => false,
    }
}

/// The ports that a service targets exist.
fn service_ports(root: &Node, deployments: &[&Node], say: &mut impl FnMut(&Node, String)) {
    for port in items(root, &["spec", "ports"]) {
        let target = at(port, &["targetPort"]).or_else(|| at(port, &["port"]));
        if !target.is_some_and(|target| deployments.iter().any(|deployment| has_port(deployment, target))) {
            say(target.unwrap_or(port), "targetPort is no port of the pods".to_owned());
        }
    }
}

/// The autoscaler has a deployment to scale, and room to do it.
fn autoscaler(root: &Node, deployments: &[&Node], say: &mut impl FnMut(&Node, String)) {
    let target = text(root, &["spec", "scaleTargetRef", "name"]);
    let scaled = deployments.iter().find(|deployment| text(deployment, &["metadata", "name"]) == target);
    match scaled {
        None => say(root, format!("scaleTargetRef: there is no deployment `{}`", target.unwrap_or_default())),
        // `kubectl apply` would put the number back at each deployment, in the middle of the load that moved it.
        Some(scaled) if at(scaled, &["spec", "replicas"]).is_some() => {
            say(root, "the autoscaler owns the number of replicas: the deployment leaves `replicas` out".to_owned());
        }
        Some(_) => {}
    }
    let bounds = (integer(root, &["spec", "minReplicas"]), integer(root, &["spec", "maxReplicas"]));
    if !matches!(bounds, (Some(min), Some(max)) if 1 <= min && min < max) {
        say(root, "minReplicas is at least 1 and below maxReplicas; equal numbers need no autoscaler".to_owned());
    }
}

/// A network policy applies to pods that are there, or to all, and lets requests in at a port that they have.
fn policy(root: &Node, deployments: &[&Node], say: &mut impl FnMut(&Node, String)) {
    if entries_at(root, &["spec", "podSelector"]).is_empty() {
        return;
    }
    selects(root, &["spec", "podSelector", "matchLabels"], deployments, say);
    for port in items(root, &["spec", "ingress"]).iter().flat_map(|rule| items(rule, &["ports"])) {
        let known = at(port, &["port"]).is_some_and(|port| deployments.iter().any(|d| has_port(d, port)));
        if !known {
            say(port, "the policy lets requests in at a port that the pods do not have".to_owned());
        }
    }
}
