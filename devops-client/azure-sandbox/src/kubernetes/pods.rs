//! Pods: one process each, with what its template says.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::access;
use crate::client::{Answer, Ask, Way, ask};
use crate::containers::{self, Wanted};
use crate::docker;

/// Starts a pod of a template; gives back its name.
pub(super) fn start(
    cluster: &Cluster<'_>,
    namespace: &str,
    owner: &str,
    revision: u64,
    template: &Value,
) -> Result<String, String> {
    let number = cluster.change("counters", namespace, owner, |count| {
        *count = json!(count.as_u64().unwrap_or(0) + 1);
        count.as_u64().unwrap_or(0)
    })?;
    let name = format!("{owner}-{revision}-{number}");
    let [container] = template["spec"]["containers"].as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(format!("{owner}: pods of one container are carried out here"));
    };
    let image = container["image"].as_str().unwrap_or_default();
    access::nodes_pull(cluster.store, &cluster.name, image).map_err(|message| format!("ErrImagePull: {message}"))?;
    let folder = docker::folder(cluster.store, image).map_err(|message| format!("ErrImagePull: {message}"))?;
    let mut environment = Vec::new();
    for entry in container["env"].as_array().into_iter().flatten() {
        let key = entry["name"].as_str().unwrap_or_default();
        let value = match entry.get("valueFrom") {
            None => Some(entry["value"].as_str().unwrap_or_default().to_owned()),
            Some(from) => secret(cluster, namespace, &from["secretKeyRef"])?,
        };
        // the sandbox has neither Storage nor Application Insights: what points there is left out
        if let Some(value) = value.filter(|value| !value.is_empty() && !key.ends_with("_CONTAINER_URL")) {
            environment.push((key.to_owned(), value));
        }
    }
    let files = volumes(cluster, namespace, &name, template, container)?;
    let port = container["ports"][0]["containerPort"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or(80);
    let own = container_of(cluster, namespace, &name);
    let wanted = Wanted { image: folder, environment, port, files, arguments: Vec::new() };
    let pod = json!({
        "metadata": { "name": name, "labels": template["metadata"]["labels"] },
        "owner": owner, "revision": revision, "image": image, "container": own,
        "probe": container["readinessProbe"]["httpGet"]["path"],
        "scheme": container["readinessProbe"]["httpGet"]["scheme"],
        "status": { "phase": "Running", "containerStatuses": [{ "name": container["name"], "restartCount": 0 }] },
    });
    cluster.put("pod", namespace, &name, pod)?;
    match containers::start(cluster.store, &own, &wanted) {
        Ok(host_port) => cluster.change("pod", namespace, &name, |pod| pod["host_port"] = json!(host_port))?,
        Err(message) => cluster.change("pod", namespace, &name, |pod| pod["error"] = json!(message))?,
    }
    Ok(name)
}

fn container_of(cluster: &Cluster<'_>, namespace: &str, pod: &str) -> String {
    format!("pod-{}-{namespace}-{pod}", cluster.name.replace('/', "-"))
}

/// A value of a secret; nothing if that is allowed.
fn secret(cluster: &Cluster<'_>, namespace: &str, reference: &Value) -> Result<Option<String>, String> {
    let (name, key) = (reference["name"].as_str().unwrap_or_default(), reference["key"].as_str().unwrap_or_default());
    let found = cluster.get("secret", namespace, name)?;
    let value = found.and_then(|secret| secret["data"][key].as_str().map(str::to_owned));
    match value {
        Some(value) => Ok(Some(value)),
        None if reference["optional"] == true => Ok(None),
        None => Err(format!("CreateContainerConfigError: couldn't find key {key} in Secret {namespace}/{name}")),
    }
}

/// Folders of secrets, as the container sees them.
fn volumes(
    cluster: &Cluster<'_>,
    namespace: &str,
    pod: &str,
    template: &Value,
    container: &Value,
) -> Result<Vec<(String, PathBuf)>, String> {
    let mut found = Vec::new();
    for mount in container["volumeMounts"].as_array().into_iter().flatten() {
        let mut volumes = template["spec"]["volumes"].as_array().into_iter().flatten();
        let volume = volumes.find(|volume| volume["name"] == mount["name"]).cloned().unwrap_or_default();
        let Some(name) = volume["secret"]["secretName"].as_str() else { continue };
        let secret = cluster.get("secret", namespace, name)?;
        let secret = secret.ok_or_else(|| format!("MountVolume.SetUp failed: secret {namespace}/{name} not found"))?;
        let folder = cluster.store.folder().join("volumes").join(container_of(cluster, namespace, pod)).join(name);
        let wrong = |error: std::io::Error| format!("cannot write {}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(wrong)?;
        let items: Vec<(String, String)> = match volume["secret"]["items"].as_array() {
            Some(items) => items
                .iter()
                .filter_map(|i| Some((i["key"].as_str()?.to_owned(), i["path"].as_str()?.to_owned())))
                .collect(),
            None => {
                secret["data"].as_object().into_iter().flatten().map(|(key, _)| (key.clone(), key.clone())).collect()
            }
        };
        let optional = volume["secret"]["optional"] == true;
        for (key, path) in items {
            match secret["data"][&key].as_str() {
                Some(value) => fs::write(folder.join(path), value).map_err(wrong)?,
                None if optional => {}
                None => {
                    return Err(format!(
                        "MountVolume.SetUp failed for volume \"{}\" : references non-existent secret key: {key}",
                        volume["name"].as_str().unwrap_or_default()
                    ));
                }
            }
        }
        found.push((mount["mountPath"].as_str().unwrap_or_default().to_owned(), folder));
    }
    Ok(found)
}

/// Ends a pod.
pub(super) fn end(cluster: &Cluster<'_>, namespace: &str, name: &str) -> Result<(), String> {
    let own = container_of(cluster, namespace, name);
    containers::remove(cluster.store, &own)?;
    let _ = fs::remove_dir_all(cluster.store.folder().join("volumes").join(own));
    cluster.remove("pod", namespace, name).map(drop)
}

/// The pods of a Deployment.
pub(super) fn of(cluster: &Cluster<'_>, namespace: &str, owner: &str) -> Result<Vec<Value>, String> {
    Ok(cluster.all("pod", namespace)?.into_iter().filter(|pod| pod["owner"] == owner).collect())
}

/// Whether a pod answers its readiness probe. As the kubelet does it, a certificate is not looked at.
pub(super) fn is_ready(pod: &Value) -> bool {
    let Some(path) = pod["probe"].as_str() else { return pod["host_port"].is_u64() };
    let way = if pod["scheme"] == "HTTPS" { Way::Anybody } else { Way::Clear };
    reach(pod, path, &way, Duration::from_secs(2)).is_ok_and(|answer| (200..300).contains(&answer.status))
}

fn reach(pod: &Value, path: &str, way: &Way, timeout: Duration) -> Result<Answer, String> {
    let port = pod["host_port"].as_u64().and_then(|port| u16::try_from(port).ok()).ok_or("the pod has no port yet")?;
    let address = ("127.0.0.1", port);
    ask(&Ask { method: "GET", address, path, headers: &[], body: &[], way, timeout }).map_err(|error| error.to_string())
}

/// The pods whose labels are those of a selector, `a=b,c=d`.
pub(super) fn selected(cluster: &Cluster<'_>, namespace: &str, selector: &str) -> Result<Vec<Value>, String> {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("error: `{selector}` is not KEY=VALUE,…"))?;
        Ok((key.trim().to_owned(), value.trim_start_matches('=').trim().to_owned()))
    };
    let wanted: Vec<(String, String)> =
        selector.split(',').filter(|text| !text.is_empty()).map(pair).collect::<Result<_, String>>()?;
    let mut all = cluster.all("pod", namespace)?;
    all.retain(|pod| wanted.iter().all(|(key, value)| pod["metadata"]["labels"][key] == value.as_str()));
    Ok(all)
}

/// `kubectl get --raw` of a pod through the cluster's API:
/// `/api/v1/namespaces/NAMESPACE/pods/SCHEME:NAME:PORT/proxy/PATH`.
pub(super) fn proxy(cluster: &Cluster<'_>, path: &str) -> Result<String, String> {
    let unknown = || format!("the sandbox's kubectl does not know the address {path}");
    let rest = path.strip_prefix("/api/v1/namespaces/").ok_or_else(unknown)?;
    let (namespace, rest) = rest.split_once("/pods/").ok_or_else(unknown)?;
    let (pod, target) = rest.split_once("/proxy").ok_or_else(unknown)?;
    let parts: Vec<&str> = pod.split(':').collect();
    let (way, name) = match parts.as_slice() {
        [name] | [name, _] | ["" | "http", name, _] => (Way::Clear, *name),
        ["https", name, _] => (Way::Anybody, *name),
        _ => return Err(unknown()),
    };
    let found = cluster.get("pod", namespace, name)?;
    let found = found.ok_or_else(|| format!("Error from server (NotFound): pods \"{name}\" not found"))?;
    match reach(&found, if target.is_empty() { "/" } else { target }, &way, Duration::from_secs(10)) {
        Ok(answer) if answer.status < 300 => Ok(String::from_utf8_lossy(&answer.body).into_owned()),
        Ok(answer) => Err(format!("Error from server (InternalError): the pod answered {}", answer.status)),
        Err(error) => Err(format!("Error from server (ServiceUnavailable): {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_key_that_a_secret_has_not_keeps_a_pod_from_starting_unless_it_is_optional() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let cluster = Cluster { store: &store, name: "g/aks".to_owned() };
        cluster.put("secret", "n", "tls", json!({ "data": { "tls.crt": "one" } })).unwrap();
        let container = json!({ "volumeMounts": [{ "name": "pair", "mountPath": "/tls" }] });
        let template = |optional: bool| {
            let items = json!([{ "key": "tls.crt", "path": "crt" }, { "key": "tls.key", "path": "key" }]);
            let secret = json!({ "secretName": "tls", "optional": optional, "items": items });
            json!({ "spec": { "volumes": [{ "name": "pair", "secret": secret }] } })
        };
        let refused = volumes(&cluster, "n", "p", &template(false), &container).unwrap_err();
        assert_eq!(
            refused,
            "MountVolume.SetUp failed for volume \"pair\" : references non-existent secret key: tls.key"
        );
        let found = volumes(&cluster, "n", "q", &template(true), &container).unwrap();
        assert_eq!(found[0].0, "/tls");
        let names = fs::read_dir(&found[0].1).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.collect::<Vec<_>>(), ["crt"]);
    }
}
