//! Container groups and the container registry.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::call::{Answer, Call, Command};
use super::failure::Failure;
use crate::access;
use crate::containers::{self, Wanted};
use crate::docker;
use crate::store::{Store, at, slot};

pub(super) const COMMANDS: &[Command] = &[
    Command { words: "container list", options: &["resource-group"], run: list },
    Command { words: "container show", options: &["resource-group", "name"], run: show },
    Command { words: "container delete", options: &["resource-group", "name", "yes"], run: delete },
    Command { words: "container logs", options: &["resource-group", "name"], run: logs },
    Command { words: "acr login", options: &["name"], run: login },
    Command { words: "acr repository update", options: &["name", "image", "write-enabled"], run: lock },
];

fn all(call: &Call<'_>) -> Result<Map<String, Value>, Failure> {
    let group = call.need("resource-group")?;
    let found = call.store.read(|state| at(state, &["container-groups", group]).and_then(Value::as_object).cloned())?;
    Ok(found.unwrap_or_default())
}

fn list(call: &Call<'_>) -> Answer {
    Ok(all(call)?.into_iter().map(|(_, group)| group).collect())
}

fn show(call: &Call<'_>) -> Answer {
    let name = call.need("name")?;
    let found = all(call)?.remove(name);
    found.ok_or_else(|| {
        Failure::missing(format!(
            "(ResourceNotFound) The Resource 'Microsoft.ContainerInstance/containerGroups/{name}' under resource group '{}' was \
             not found.",
            call.arguments.one("resource-group").unwrap_or_default()
        ))
    })
}

/// A container group as it is; nothing if there is none of that name.
pub(super) fn shown(call: &Call<'_>, group: &str, name: &str) -> Result<Option<Value>, Failure> {
    Ok(call.store.read(|state| at(state, &["container-groups", group, name]).cloned())?)
}

/// The container of a group.
fn container_of(group: &str, name: &str) -> String {
    format!("aci-{group}-{name}")
}

fn logs(call: &Call<'_>) -> Answer {
    let group = call.need("resource-group")?;
    show(call)?;
    Ok(json!(containers::log(call.store, &container_of(group, call.need("name")?))))
}

fn delete(call: &Call<'_>) -> Answer {
    let (group, name) = (call.need("resource-group")?, call.need("name")?);
    if !call.arguments.flag("yes") {
        return Err(Failure::refused("Unable to prompt for confirmation as no tty available. Use --yes."));
    }
    let gone = show(call)?;
    containers::remove(call.store, &container_of(group, name))?;
    let _ = fs::remove_dir_all(call.store.folder().join("volumes").join(container_of(group, name)));
    call.store.change(|state| {
        slot(state, &["container-groups", group]).as_object_mut().map(|all| all.remove(name));
        Ok::<(), Failure>(())
    })?;
    Ok(gone)
}

/// Starts the container groups of every resource group again; what could not be started is said.
pub(crate) fn revive(store: &Store) -> Result<Vec<String>, String> {
    let found = store.read(|state| at(state, &["container-groups"]).and_then(Value::as_object).cloned())?;
    let mut problems = Vec::new();
    for (group, name) in found.iter().flatten().flat_map(|(group, all)| {
        all.as_object().into_iter().flatten().map(move |(name, _)| (group.as_str(), name.as_str()))
    }) {
        match containers::again(store, &container_of(group, name)) {
            Ok(port) => store.change(|state| {
                let place = slot(state, &["container-groups", group, name]);
                place["ipAddress"]["ports"] = json!([{ "port": port, "protocol": "TCP" }]);
                Ok::<(), String>(())
            })?,
            Err(message) => problems.push(format!("container group {name} of {group}: {message}")),
        }
    }
    Ok(problems)
}

/// Ends the container groups of a resource group that is deleted.
pub(super) fn forget(store: &Store, group: &str) -> Result<(), String> {
    let found = store.read(|state| at(state, &["container-groups", group]).and_then(Value::as_object).cloned())?;
    for name in found.unwrap_or_default().keys() {
        let own = container_of(group, name);
        containers::remove(store, &own)?;
        let _ = fs::remove_dir_all(store.folder().join("volumes").join(own));
    }
    store.change(|state| {
        slot(state, &["container-groups"]).as_object_mut().map(|all| all.remove(group));
        Ok(())
    })
}

/// Starts what a template says a container group is, in the place of the one before.
pub(super) fn deploy(call: &Call<'_>, group: &str, resource: &Value) -> Result<(), Failure> {
    let name = resource["name"].as_str().unwrap_or_default();
    let [container] = resource["properties"]["containers"].as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(Failure::refused(format!("container group {name}: one container is carried out here")));
    };
    let properties = &container["properties"];
    let image = properties["image"].as_str().unwrap_or_default();
    let refused = |message: String| {
        Failure::refused(format!(
            "(InaccessibleImage) The image '{image}' in container group '{name}' is not accessible: {message}"
        ))
    };
    for identity in access::identities(resource) {
        access::pull(call.store, &identity, image).map_err(refused)?;
    }
    let folder = docker::folder(call.store, image).map_err(refused)?;
    let variable = |entry: &Value| {
        let value = entry["value"].as_str().or(entry["secureValue"].as_str()).unwrap_or_default();
        Some((entry["name"].as_str()?.to_owned(), value.to_owned()))
    };
    let variables = properties["environmentVariables"].as_array().into_iter().flatten();
    // the sandbox has neither Storage nor Application Insights: what points there is left out
    let reached = |(name, value): &(String, String)| !value.is_empty() && !name.ends_with("_CONTAINER_URL");
    let port = properties["ports"][0]["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or(80);
    let own = container_of(group, name);
    containers::remove(call.store, &own)?;
    let wanted = Wanted {
        image: folder,
        environment: variables.filter_map(variable).filter(reached).collect(),
        port,
        files: volumes(call, &own, resource, properties)?,
        ..Wanted::default()
    };
    let host_port = containers::start(call.store, &own, &wanted)?;
    let shown = json!({
        "name": name,
        "location": resource["location"],
        "tags": resource["tags"],
        "containers": [{ "name": container["name"], "image": image }],
        "ipAddress": { "ip": "127.0.0.1", "fqdn": null, "ports": [{ "port": host_port, "protocol": "TCP" }] },
        "provisioningState": "Succeeded",
    });
    call.store.change(|state| {
        *slot(state, &["container-groups", group, name]) = shown;
        Ok(())
    })
}

/// Folders of secrets, as the container sees them: the content is given in Base64.
fn volumes(call: &Call<'_>, own: &str, resource: &Value, container: &Value) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found = Vec::new();
    for mount in container["volumeMounts"].as_array().into_iter().flatten() {
        let all = resource["properties"]["volumes"].as_array().into_iter().flatten();
        let name = mount["name"].as_str().unwrap_or_default();
        let volume = all.clone().find(|volume| volume["name"] == name).ok_or_else(|| {
            Failure::refused(format!("(InvalidVolumeMount) volume '{name}' is mounted and not defined"))
        })?;
        let Some(files) = volume["secret"].as_object() else {
            if volume["emptyDir"].is_object() {
                continue;
            }
            return Err(Failure::refused(format!("volume '{name}': secrets and empty folders are carried out here")));
        };
        let folder = call.store.folder().join("volumes").join(own).join(name);
        let wrong = |error: std::io::Error| format!("cannot write {}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(wrong)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(wrong)?;
        for (file, content) in files {
            let content = STANDARD.decode(content.as_str().unwrap_or_default()).map_err(|error| {
                Failure::refused(format!(
                    "(InvalidSecretVolume) file '{file}' of volume '{name}' is no Base64: {error}"
                ))
            })?;
            fs::write(folder.join(file), content).map_err(wrong)?;
        }
        found.push((mount["mountPath"].as_str().unwrap_or_default().to_owned(), folder));
    }
    Ok(found)
}

fn login(call: &Call<'_>) -> Answer {
    call.need("name")?;
    Ok(Value::Null)
}

/// An image that is locked stays as it is.
fn lock(call: &Call<'_>) -> Answer {
    let (registry, image) = (call.need("name")?, call.need("image")?);
    docker::folder(call.store, &format!("{registry}.azurecr.io/{image}")).map_err(Failure::missing)?;
    let writable = call.need("write-enabled")? == "true";
    call.store.change(|state| {
        *slot(state, &["images", "locked", image]) = json!(!writable);
        Ok(json!({ "changeableAttributes": { "writeEnabled": writable } }))
    })
}
