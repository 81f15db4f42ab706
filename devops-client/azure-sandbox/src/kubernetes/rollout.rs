//! Rollouts: the new pods come one by one, and an old one goes when a new one is ready (`maxSurge: 1`, `maxUnavailable: 0`).

use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::pods;
use crate::processes;
use crate::program::Program;
use crate::store::Store;

/// How long a pod has to become ready, before the rollout stands still.
const PATIENCE: Duration = Duration::from_secs(180);

/// Pause between two looks at a pod.
const LOOK: Duration = Duration::from_millis(50);

/// Starts the rollout of what a Deployment is now, in a process of its own.
pub(super) fn start(cluster: &Cluster<'_>, namespace: &str, name: &str) -> Result<(), String> {
    let mut command = Program::of(cluster.store)?.command(&["rollout", &cluster.name, namespace, name]);
    command.env_remove("VSTS_PROCESS_LOOKUP_ID").process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().map_err(|error| format!("cannot start the rollout of {name}: {error}"))?;
    processes::note(cluster.store, child.id())?;
    let id = child.id();
    cluster.change("deployment", namespace, name, |place| {
        if !place.is_null() {
            place["status"]["process"] = json!(id);
        }
    })
}

/// Carries a rollout out; one that a newer one follows leaves the rest to that.
pub(crate) fn carry_out(store: &Store, cluster: &str, namespace: &str, name: &str) -> Result<(), String> {
    let cluster = Cluster { store, name: cluster.to_owned() };
    let Some(deployment) = cluster.get("deployment", namespace, name)? else { return Ok(()) };
    let revision = deployment["status"]["revision"].as_u64().unwrap_or(1);
    let wanted = replicas(&deployment);
    let is_current = || {
        let now = cluster.get("deployment", namespace, name);
        now.is_ok_and(|now| now.is_some_and(|now| now["status"]["revision"].as_u64() == Some(revision)))
    };
    let own = |pod: &&Value| pod["revision"].as_u64() == Some(revision);
    while is_current() {
        let all = pods::of(&cluster, namespace, name)?;
        let (new, old): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|pod| own(pod));
        let end = |pod: &Value| pods::end(&cluster, namespace, pod["metadata"]["name"].as_str().unwrap_or_default());
        if new.len() as u64 >= wanted {
            new.iter().skip(usize::try_from(wanted).unwrap_or(0)).try_for_each(|pod| end(pod))?;
            old.iter().try_for_each(|pod| end(pod))?;
            break;
        }
        // nothing stands there that could serve meanwhile: all of them start at once
        let missing = if old.is_empty() { wanted - new.len() as u64 } else { 1 };
        let template = &deployment["spec"]["template"];
        let started: Vec<Result<String, String>> =
            (0..missing).map(|_| pods::start(&cluster, namespace, name, revision, template)).collect();
        let mut problem = None;
        for pod in started {
            match pod {
                Ok(pod) if await_ready(&cluster, namespace, &pod)? => {}
                Ok(pod) => problem = Some(format!("pod {pod} is not ready")),
                Err(message) => problem = Some(message),
            }
        }
        if let Some(problem) = problem {
            cluster.change("deployment", namespace, name, |place| {
                if !place.is_null() {
                    place["status"]["problem"] = json!(problem);
                }
            })?;
            return Ok(());
        }
        if let Some(pod) = old.first() {
            end(pod)?;
        }
    }
    cluster.change("deployment", namespace, name, |place| {
        if place["status"]["revision"].as_u64() == Some(revision) {
            place["status"]["rolledOut"] = json!(revision);
        }
    })
}

fn await_ready(cluster: &Cluster<'_>, namespace: &str, name: &str) -> Result<bool, String> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        match cluster.get("pod", namespace, name)? {
            Some(pod) if pods::is_ready(&pod) => return Ok(true),
            Some(pod) if pod["error"].is_string() => return Ok(false),
            Some(_) => thread::sleep(LOOK),
            None => return Ok(false),
        }
    }
    Ok(false)
}

/// How many pods a Deployment wants.
pub(super) fn replicas(deployment: &Value) -> u64 {
    deployment["spec"]["replicas"].as_u64().unwrap_or(1)
}

/// Waits until a Deployment is rolled out; what `kubectl rollout status` says.
pub(super) fn wait(cluster: &Cluster<'_>, namespace: &str, name: &str, timeout: Duration) -> Result<String, String> {
    let until = Instant::now() + timeout;
    loop {
        let found = cluster.get("deployment", namespace, name)?;
        let deployment =
            found.ok_or_else(|| format!("Error from server (NotFound): deployments.apps \"{name}\" not found"))?;
        let status = &deployment["status"];
        if status["rolledOut"].is_u64() && status["rolledOut"] == status["revision"] {
            return Ok(format!("deployment \"{name}\" successfully rolled out\n"));
        }
        if let Some(problem) = status["problem"].as_str() {
            return Err(format!("error: deployment \"{name}\" exceeded its progress deadline: {problem}"));
        }
        if Instant::now() > until {
            return Err("error: timed out waiting for the condition".to_owned());
        }
        thread::sleep(LOOK);
    }
}
