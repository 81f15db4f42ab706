//! Ways to pods: what a Service balances, and `kubectl port-forward`.

use std::io::{self, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::cluster::{Cluster, selects};
use super::pods;
use crate::store::Store;

/// Answers for a Service until the process is ended: each connection goes to the next pod that is ready.
pub(crate) fn serve(store: &Store, cluster: &str, namespace: &str, name: &str) -> Result<(), String> {
    let cluster = Cluster { store, name: cluster.to_owned() };
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("cannot listen: {error}"))?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    cluster.change("service", namespace, name, |service| service["status"]["host_port"] = json!(port))?;
    balance(&cluster, &listener, &|| behind_service(&cluster, namespace, name));
    Ok(())
}

/// Forwards a port of this machine to a Deployment or a Service, until the process is ended.
pub(super) fn forward(cluster: &Cluster<'_>, namespace: &str, target: &str, ports: &str) -> Result<(), String> {
    let local = ports.split(':').next().unwrap_or_default();
    let local: u16 = local.parse().map_err(|_| format!("`{ports}` is not LOCAL:REMOTE"))?;
    let (kind, name) = target.split_once('/').ok_or_else(|| format!("`{target}` is not KIND/NAME"))?;
    let find = || match kind {
        "deployment" | "deploy" => pods::of(cluster, namespace, name),
        "service" | "svc" => behind_service(cluster, namespace, name),
        other => Err(format!("the sandbox's kubectl forwards to deployments and services, not to a {other}")),
    };
    if find()?.is_empty() {
        return Err(format!("error: no pod is behind {target}"));
    }
    let listener = TcpListener::bind(("127.0.0.1", local))
        .map_err(|error| format!("unable to listen on port {local}: {error}"))?;
    // scripts wait for this line, so it is said now and not at the end
    let mut out = io::stdout();
    let said = writeln!(out, "Forwarding from 127.0.0.1:{local} -> {}", ports.rsplit(':').next().unwrap_or_default());
    said.and_then(|()| out.flush()).map_err(|error| format!("cannot say that the port is open: {error}"))?;
    balance(cluster, &listener, &find);
    Ok(())
}

fn behind_service(cluster: &Cluster<'_>, namespace: &str, name: &str) -> Result<Vec<Value>, String> {
    let service = cluster.get("service", namespace, name)?.ok_or_else(|| format!("services \"{name}\" not found"))?;
    let selector = &service["spec"]["selector"];
    Ok(cluster.all("pod", namespace)?.into_iter().filter(|pod| selects(selector, &pod["metadata"]["labels"])).collect())
}

fn balance(_: &Cluster<'_>, listener: &TcpListener, find: &(dyn Fn() -> Result<Vec<Value>, String> + Sync)) {
    let turn = AtomicUsize::new(0);
    thread::scope(|scope| {
        for stream in listener.incoming().flatten() {
            let turn = &turn;
            scope.spawn(move || {
                let all = find().unwrap_or_default();
                let ready: Vec<&Value> = all.iter().filter(|pod| pods::is_ready(pod)).collect();
                let first = turn.fetch_add(1, Ordering::Relaxed);
                // a pod that ends just now refuses: then it is the next one's turn
                let reached = (0..ready.len()).find_map(|at| {
                    let port = ready[(first + at) % ready.len()]["host_port"].as_u64()?;
                    TcpStream::connect(("127.0.0.1", u16::try_from(port).ok()?)).ok()
                });
                if let Some(pod) = reached {
                    let _ = both(stream, pod);
                }
            });
        }
    });
}

fn both(one: TcpStream, other: TcpStream) -> io::Result<()> {
    let _ = one.set_nodelay(true);
    let _ = other.set_nodelay(true);
    let (mut from, mut to) = (one.try_clone()?, other.try_clone()?);
    let back = thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (other, one);
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
    let _ = back.join();
    Ok(())
}
