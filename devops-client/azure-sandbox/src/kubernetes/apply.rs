//! `kubectl apply`.

use std::os::unix::process::CommandExt;
use std::process::Stdio;

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::{demands, rollout};
use crate::processes;
use crate::program::Program;

/// Kinds that change nothing but what is written down.
const KEPT: [&str; 6] = ["Namespace", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget", "Secret", "ConfigMap"];

/// Applies an object; what `kubectl` says.
pub(super) fn one(cluster: &Cluster<'_>, mut object: Value, namespace: Option<&str>) -> Result<String, String> {
    let kind = object["kind"].as_str().ok_or("the object has no kind")?.to_owned();
    let name = object["metadata"]["name"].as_str().ok_or_else(|| format!("the {kind} has no name"))?.to_owned();
    if let Some(refused) = demands::refused(&object) {
        return Err(refused);
    }
    let own = object["metadata"]["namespace"].as_str().or(namespace).unwrap_or("default").to_owned();
    let namespace = if kind == "Namespace" { "" } else { own.as_str() };
    if !namespace.is_empty() && namespace != "default" && cluster.get("namespace", "", namespace)?.is_none() {
        return Err(format!("Error from server (NotFound): namespaces \"{namespace}\" not found"));
    }
    let before = cluster.get(&kind, namespace, &name)?;
    match kind.as_str() {
        "Deployment" => deployment(cluster, namespace, &name, object, before.as_ref())?,
        "Service" => {
            let running = before.as_ref().map(|service| service["status"].clone());
            object["status"] = running.clone().unwrap_or(Value::Null);
            cluster.put(&kind, namespace, &name, object)?;
            if running.is_none_or(|status| status["host_port"].is_null()) {
                serve(cluster, namespace, &name)?;
            }
        }
        "HorizontalPodAutoscaler" => {
            cluster.put(&kind, namespace, &name, object.clone())?;
            scale(cluster, namespace, &object)?;
        }
        kept if KEPT.contains(&kept) => {
            if kind == "Secret" {
                plain(&mut object);
            }
            cluster.put(&kind, namespace, &name, object)?;
        }
        other => return Err(format!("the sandbox's cluster has no {other}")),
    }
    let done = if before.is_some() { "configured" } else { "created" };
    Ok(format!("{}/{name} {done}\n", kind.to_lowercase()))
}

/// A secret's values as they are: the sandbox keeps them so.
fn plain(secret: &mut Value) {
    let given = secret["stringData"].as_object().cloned().unwrap_or_default();
    for (key, value) in given {
        secret["data"][&key] = value;
    }
}

/// A changed pod template is a new revision; what it replaces is kept, to go back to.
fn deployment(
    cluster: &Cluster<'_>,
    namespace: &str,
    name: &str,
    mut object: Value,
    before: Option<&Value>,
) -> Result<(), String> {
    let wanted = object["spec"]["replicas"].as_u64();
    // a number that is not written stays as it is: an autoscaler may own it
    let kept = before.and_then(|before| before["spec"]["replicas"].as_u64());
    let scaled = cluster.all("horizontalpodautoscaler", namespace)?;
    let least = scaled.iter().find(|scaler| scaler["spec"]["scaleTargetRef"]["name"] == name);
    let least = least.and_then(|scaler| scaler["spec"]["minReplicas"].as_u64());
    object["spec"]["replicas"] = json!(wanted.or(kept).or(least).unwrap_or(1));
    if let Some(before) = before {
        let old = before["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
        for (key, value) in old {
            if object["metadata"]["annotations"][&key].is_null() {
                object["metadata"]["annotations"][&key] = value;
            }
        }
        let same = before["spec"]["template"] == object["spec"]["template"];
        let mut history = before["status"]["history"].as_array().cloned().unwrap_or_default();
        let last = before["status"]["revision"].as_u64().unwrap_or(1);
        if same && before["spec"]["replicas"] == object["spec"]["replicas"] {
            object["status"] = before["status"].clone();
            return cluster.put("deployment", namespace, name, object);
        }
        if !same {
            history.push(object["spec"]["template"].clone());
        }
        let revision = if same { last } else { last + 1 };
        object["status"] = json!({ "revision": revision, "history": history });
    } else {
        object["status"] = json!({ "revision": 1, "history": [object["spec"]["template"]] });
    }
    cluster.put("deployment", namespace, name, object)?;
    rollout::start(cluster, namespace, name)
}

/// The autoscaler's least number is there at once.
fn scale(cluster: &Cluster<'_>, namespace: &str, scaler: &Value) -> Result<(), String> {
    let name = scaler["spec"]["scaleTargetRef"]["name"].as_str().unwrap_or_default();
    let least = scaler["spec"]["minReplicas"].as_u64().unwrap_or(1);
    match cluster.get("deployment", namespace, name)? {
        Some(mut deployment) if rollout::replicas(&deployment) < least => {
            deployment["spec"]["replicas"] = json!(least);
            deployment["status"]["rolledOut"] = Value::Null;
            cluster.put("deployment", namespace, name, deployment)?;
            rollout::start(cluster, namespace, name)
        }
        _ => Ok(()),
    }
}

/// Goes back to the pod template before; what `kubectl` says.
pub(super) fn undo(cluster: &Cluster<'_>, namespace: &str, name: &str) -> Result<String, String> {
    let found = cluster.get("deployment", namespace, name)?;
    let mut deployment =
        found.ok_or_else(|| format!("Error from server (NotFound): deployments.apps \"{name}\" not found"))?;
    let mut history = deployment["status"]["history"].as_array().cloned().unwrap_or_default();
    if history.len() < 2 {
        return Err(format!("error: no rollout history found for deployment \"{name}\""));
    }
    let last = history.remove(history.len() - 1);
    let before = history.remove(history.len() - 1);
    history.extend([last, before.clone()]);
    deployment["spec"]["template"] = before;
    let revision = deployment["status"]["revision"].as_u64().unwrap_or(1) + 1;
    deployment["status"] = json!({ "revision": revision, "history": history });
    cluster.put("deployment", namespace, name, deployment)?;
    rollout::start(cluster, namespace, name)?;
    Ok(format!("deployment.apps/{name} rolled back\n"))
}

/// Starts what answers for a Service.
pub(super) fn serve(cluster: &Cluster<'_>, namespace: &str, name: &str) -> Result<(), String> {
    let mut command = Program::of(cluster.store)?.command(&["service", &cluster.name, namespace, name]);
    command.env_remove("VSTS_PROCESS_LOOKUP_ID").process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().map_err(|error| format!("cannot start service {name}: {error}"))?;
    processes::note(cluster.store, child.id())?;
    let id = child.id();
    cluster.change("service", namespace, name, |service| service["status"]["process"] = json!(id))
}
