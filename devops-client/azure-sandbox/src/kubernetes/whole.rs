//! What concerns whole clusters: the end of those of a resource group, and a start after everything was cut off.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::{apply, pods, rollout, router};
use crate::containers;
use crate::processes;
use crate::store::{Store, at, slot};

/// Kind, namespace and name of each object of those kinds.
fn all(clusters: &Value, cluster: &str, kinds: &[&str]) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for kind in kinds {
        for (namespace, objects) in clusters[cluster][kind].as_object().into_iter().flatten() {
            for (name, object) in objects.as_object().into_iter().flatten() {
                found.push((namespace.clone(), name.clone(), object.clone()));
            }
        }
    }
    found
}

fn clusters(store: &Store) -> Result<Value, String> {
    store.read(|state| at(state, &["clusters"]).cloned().unwrap_or_default())
}

/// Ends the clusters of a resource group that is deleted, with all that runs in them.
pub(crate) fn forget(store: &Store, group: &str) -> Result<(), String> {
    let clusters = clusters(store)?;
    let own = |name: &&String| name.split_once('/').is_some_and(|(of, _)| of == group);
    let names: Vec<&String> = clusters.as_object().into_iter().flatten().map(|(name, _)| name).filter(own).collect();
    for name in &names {
        let cluster = Cluster { store, name: (*name).clone() };
        for (_, _, object) in all(&clusters, name, &["service", "deployment"]) {
            if let Some(id) = object["status"]["process"].as_u64().and_then(|id| u32::try_from(id).ok()) {
                processes::end(store, id);
            }
        }
        for (namespace, pod, _) in all(&clusters, name, &["pod"]) {
            pods::end(&cluster, &namespace, &pod)?;
        }
    }
    store.change(|state| {
        let all = slot(state, &["clusters"]).as_object_mut();
        if let Some(all) = all {
            names.iter().for_each(|name| drop(all.remove(name.as_str())));
        }
        Ok(())
    })
}

/// Starts again what ran in clusters when everything was cut off: pods, what answers for Services, rollouts under way. What
/// could not be started is said.
pub(crate) fn revive(store: &Store) -> Result<Vec<String>, String> {
    let clusters = clusters(store)?;
    let mut problems = Vec::new();
    for name in clusters.as_object().into_iter().flatten().map(|(name, _)| name) {
        let cluster = Cluster { store, name: name.clone() };
        for (namespace, pod, object) in all(&clusters, name, &["pod"]) {
            let started = containers::again(store, object["container"].as_str().unwrap_or_default());
            cluster.change("pod", &namespace, &pod, |place| match &started {
                Ok(port) => place["host_port"] = json!(port),
                Err(message) => place["error"] = json!(message),
            })?;
            problems.extend(started.err().map(|message| format!("pod {namespace}/{pod} of {name}: {message}")));
        }
        for (namespace, service, _) in all(&clusters, name, &["service"]) {
            if router::is_own(&namespace) {
                continue;
            }
            cluster.change("service", &namespace, &service, |place| place["status"] = Value::Null)?;
            apply::serve(&cluster, &namespace, &service)?;
        }
        for (namespace, deployment, object) in all(&clusters, name, &["deployment"]) {
            let status = &object["status"];
            if status["rolledOut"] != status["revision"] && !status["problem"].is_string() {
                rollout::start(&cluster, &namespace, &deployment)?;
            }
        }
    }
    Ok(problems)
}
