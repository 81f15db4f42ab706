//! What scripts of a cluster ask Azure for: credentials, identities, connection strings.

use serde_json::{Value, json};

use super::call::{Answer, Call, Command};
use super::failure::Failure;
use super::groups::resources;
use crate::kubernetes::kubeconfig;
use crate::services::Services;
use crate::store::at;

pub(super) const COMMANDS: &[Command] = &[
    Command { words: "aks list", options: &["resource-group"], run: list },
    Command { words: "aks get-credentials", options: &["resource-group", "name", "file"], run: credentials },
    Command { words: "identity show", options: &["resource-group", "name"], run: identity },
    Command { words: "resource show", options: &["resource-group", "name", "resource-type"], run: resource },
];

/// Clusters of a group: those that Azure Resource Manager keeps, or those that something was done to.
fn list(call: &Call<'_>) -> Answer {
    let group = call.need("resource-group")?;
    if let Some(services) = Services::of(call.store)? {
        return Ok(Value::Array(resources(&services, group, "Microsoft.ContainerService/managedClusters")?));
    }
    let found = call.store.read(|state| at(state, &["clusters"]).and_then(Value::as_object).cloned())?;
    let names = found.unwrap_or_default();
    let own = names.keys().filter_map(|name| name.split_once('/')).filter(|(of, _)| *of == group);
    Ok(own.map(|(_, name)| json!({ "name": name, "resourceGroup": group })).collect())
}

fn credentials(call: &Call<'_>) -> Answer {
    let (group, name) = (call.need("resource-group")?, call.need("name")?);
    let path = call.here.join(call.need("file")?);
    std::fs::write(&path, kubeconfig(&format!("{group}/{name}")))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(Value::Null)
}

/// An id that a name always has.
fn id_of(name: &str) -> String {
    let sum = name.bytes().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("5a4db000-0000-4000-8000-{sum:012x}")
}

fn identity(call: &Call<'_>) -> Answer {
    let name = call.need("name")?;
    Ok(json!({ "name": name, "clientId": id_of(name), "principalId": id_of(&format!("principal of {name}")) }))
}

fn resource(call: &Call<'_>) -> Answer {
    let (name, kind) = (call.need("name")?, call.need("resource-type")?);
    if !kind.eq_ignore_ascii_case("Microsoft.Insights/components") {
        return Err(Failure::refused(format!("the sandbox's az shows components of Application Insights, not {kind}")));
    }
    // nothing listens: servers that get no address send nothing
    Ok(json!({ "name": name, "type": kind, "properties": { "ConnectionString": "" } }))
}
