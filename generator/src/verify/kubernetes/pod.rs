//! The pods of a deployment: probes at ports that exist, volumes that exist, and as little power as they need.

use super::super::document::{at, integer, items, text};
use crate::spec::located::{Node, Value};

/// Everything wrong with the pod of a deployment.
pub(super) fn verify(deployment: &Node, say: &mut impl FnMut(&Node, String)) {
    let Some(pod) = at(deployment, &["spec", "template", "spec"]) else {
        say(deployment, "a deployment has a pod".to_owned());
        return;
    };
    let volumes: Vec<&str> = items(pod, &["volumes"]).iter().filter_map(|volume| text(volume, &["name"])).collect();
    if items(pod, &["containers"]).is_empty() {
        say(pod, "a pod has a container".to_owned());
    }
    for container in items(pod, &["containers"]) {
        probes(container, say);
        for mount in items(container, &["volumeMounts"]) {
            let name = text(mount, &["name"]).unwrap_or_default();
            if !volumes.contains(&name) {
                say(mount, format!("there is no volume `{name}`"));
            }
        }
        for resource in ["cpu", "memory"] {
            for part in ["requests", "limits"] {
                if at(container, &["resources", part, resource]).is_none() {
                    say(container, format!("resources.{part}.{resource} is missing"));
                }
            }
        }
        confined(pod, container, say);
    }
}

/// Each probe asks at a port of the container.
fn probes(container: &Node, say: &mut impl FnMut(&Node, String)) {
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        let Some(port) = at(container, &[probe, "httpGet", "port"]) else {
            say(container, format!("{probe} asks nothing"));
            continue;
        };
        let known = items(container, &["ports"]).iter().any(|declared| match &port.value {
            Value::String(name) => text(declared, &["name"]) == Some(name),
            Value::Integer(number) => integer(declared, &["containerPort"]) == Some(*number),
            _ => false,
        });
        if !known {
            say(port, format!("{probe} asks at a port that the container does not have"));
        }
    }
}

/// The restricted standard of Kubernetes ("Pod Security Standards"), and a file system that nobody changes.
fn confined(pod: &Node, container: &Node, say: &mut impl FnMut(&Node, String)) {
    let is = |node: &Node, keys: &[&str], wanted: bool| matches!(at(node, keys).map(|node| &node.value), Some(Value::Bool(value)) if *value == wanted);
    let drops_all = items(container, &["securityContext", "capabilities", "drop"])
        .iter()
        .any(|capability| capability.value == Value::String("ALL".to_owned()));
    let rules = [
        (is(pod, &["securityContext", "runAsNonRoot"], true), "securityContext.runAsNonRoot must be true"),
        (
            integer(pod, &["securityContext", "runAsUser"]).is_some_and(|user| user > 0),
            "securityContext.runAsUser must be a user other than root",
        ),
        (
            text(pod, &["securityContext", "seccompProfile", "type"]) == Some("RuntimeDefault"),
            "securityContext.seccompProfile.type must be RuntimeDefault",
        ),
        (is(pod, &["automountServiceAccountToken"], false), "automountServiceAccountToken must be false"),
        (
            is(container, &["securityContext", "allowPrivilegeEscalation"], false),
            "securityContext.allowPrivilegeEscalation must be false",
        ),
        (
            is(container, &["securityContext", "readOnlyRootFilesystem"], true),
            "securityContext.readOnlyRootFilesystem must be true",
        ),
        (drops_all, "securityContext.capabilities.drop must hold ALL"),
    ];
    for (_, message) in rules.iter().filter(|(kept, _)| !kept) {
        say(container, (*message).to_owned());
    }
}
