//! Extensions, resource groups, who is signed in. Where the sandbox has an Azure Resource Manager, that one is asked.

use serde_json::{Map, Value, json};

use super::call::{Answer, Call, Command};
use super::container;
use super::failure::Failure;
use crate::kubernetes;
use crate::services::{Services, message};
use crate::store::{at, slot};

/// Version of the requests to Azure Resource Manager.
const VERSION: &str = "2024-03-01";

pub(super) const COMMANDS: &[Command] = &[
    Command { words: "extension list", options: &[], run: extensions },
    Command { words: "extension add", options: &["name", "version", "upgrade", "yes"], run: add_extension },
    Command { words: "group exists", options: &["name", "resource-group"], run: exists },
    Command { words: "group create", options: &["name", "resource-group", "location", "tags"], run: create },
    Command { words: "group show", options: &["name", "resource-group"], run: show },
    Command { words: "group delete", options: &["name", "resource-group", "yes"], run: delete },
    Command { words: "resource list", options: &["resource-group", "resource-type", "name"], run: listed },
    Command { words: "account show", options: &[], run: account },
    Command { words: "rest", options: &["method", "url", "uri", "body", "headers"], run: rest },
];

/// `key=value` pairs as a mapping.
pub(super) fn tags(pairs: &[String]) -> Map<String, Value> {
    let pair = |pair: &String| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key.to_owned(), json!(value))
    };
    pairs.iter().map(pair).collect()
}

fn extensions(call: &Call<'_>) -> Answer {
    let found = call.store.read(|state| at(state, &["extensions"]).and_then(Value::as_object).cloned())?;
    let row = |(name, version): (String, Value)| json!({ "name": name, "version": version, "preview": false });
    Ok(found.unwrap_or_default().into_iter().map(row).collect())
}

fn add_extension(call: &Call<'_>) -> Answer {
    let name = call.need("name")?;
    let version = call.arguments.one("version").unwrap_or("0.0.0");
    call.store.change(|state| {
        *slot(state, &["extensions", name]) = json!(version);
        Ok(Value::Null)
    })
}

fn group<'a>(call: &'a Call<'_>) -> Result<&'a str, Failure> {
    match call.arguments.one("name") {
        Some(name) => Ok(name),
        None => call.need("resource-group"),
    }
}

/// The id of a resource group of the services, in whichever subscription it is, and what it is.
pub(super) fn find(services: &Services, name: &str) -> Result<Option<(String, Value)>, Failure> {
    for subscription in &services.subscriptions {
        let id = format!("/subscriptions/{subscription}/resourceGroups/{name}");
        match services.arm("GET", &id, VERSION, &Value::Null)? {
            (200, body) => return Ok(Some((id, body))),
            (404, _) => {}
            (_, body) => return Err(Failure::refused(message(&body))),
        }
    }
    Ok(None)
}

/// The resources of a type in a group of the services.
pub(super) fn resources(services: &Services, group: &str, kind: &str) -> Result<Vec<Value>, Failure> {
    let (id, _) = find(services, group)?.ok_or_else(|| missing_group(group))?;
    let (status, body) = services.arm("GET", &format!("{id}/providers/{kind}"), VERSION, &Value::Null)?;
    match status {
        200 => Ok(body["value"].as_array().cloned().unwrap_or_default()),
        _ => Err(Failure::refused(message(&body))),
    }
}

fn account(call: &Call<'_>) -> Answer {
    let services = Services::of(call.store)?;
    let subscription = services.as_ref().and_then(|services| services.subscriptions.first().cloned());
    Ok(json!({
        "id": subscription.unwrap_or_else(|| "sandbox".to_owned()),
        "tenantId": services.map_or_else(|| "sandbox".to_owned(), |services| services.tenant),
        "name": "Subscription", "state": "Enabled", "isDefault": true,
        "user": { "name": std::env::var("MLOPS_GEN_SANDBOX_CONNECTION").unwrap_or_default(), "type": "servicePrincipal" },
    }))
}

/// A request to Azure Resource Manager, as it is.
fn rest(call: &Call<'_>) -> Answer {
    let services = Services::of(call.store)?;
    let services =
        services.ok_or_else(|| Failure::refused("the sandbox has no Azure Resource Manager to send that to"))?;
    let url = call.arguments.one("url").map_or_else(|| call.need("uri"), Ok)?;
    let path = url.strip_prefix("https://management.azure.com").filter(|path| path.starts_with('/'));
    let path = path.ok_or_else(|| Failure::refused(format!("the sandbox's az sends nothing to {url}")))?;
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let version = query.split('&').find_map(|pair| pair.strip_prefix("api-version=")).unwrap_or(VERSION);
    let body = match call.arguments.one("body") {
        Some(text) => {
            serde_json::from_str(text).map_err(|error| Failure::usage(format!("--body is no JSON: {error}")))?
        }
        None => Value::Null,
    };
    let method = call.arguments.one("method").unwrap_or("get").to_uppercase();
    // a vault that was never deleted cannot be recovered
    let recovers = body["properties"]["createMode"] == "recover";
    let name = path.rsplit('/').next().unwrap_or_default();
    if recovers && !deleted(&services, path, name)? {
        return Err(Failure::refused(format!("(VaultNotFound) no deleted vault is called {name}")));
    }
    match services.arm(&method, path, version, &body)? {
        (200..=299, body) => Ok(body),
        (_, body) => Err(Failure::refused(message(&body))),
    }
}

/// Whether a deleted vault keeps that name.
fn deleted(services: &Services, path: &str, name: &str) -> Result<bool, Failure> {
    let subscription: String = path.split('/').take(3).collect::<Vec<_>>().join("/");
    let path = format!("{subscription}/providers/Microsoft.KeyVault/deletedVaults");
    let (_, body) = services.arm("GET", &path, "2023-07-01", &Value::Null)?;
    Ok(body["value"].as_array().into_iter().flatten().any(|vault| vault["name"] == name))
}

/// The resources of a group: of a type and a name, where those are asked for.
fn listed(call: &Call<'_>) -> Answer {
    let group = call.need("resource-group")?;
    let Some(services) = Services::of(call.store)? else { return Ok(json!([])) };
    let missing = || Failure::missing(format!("(ResourceGroupNotFound) Resource group '{group}' could not be found."));
    let (id, _) = find(&services, group)?.ok_or_else(missing)?;
    let (status, body) = services.arm("GET", &format!("{id}/resources"), VERSION, &Value::Null)?;
    if status >= 300 {
        return Err(Failure::refused(message(&body)));
    }
    let is = |resource: &Value, key: &str, option: &str| {
        let wanted = call.arguments.one(option);
        wanted.is_none_or(|wanted| resource[key].as_str().is_some_and(|own| own.eq_ignore_ascii_case(wanted)))
    };
    let all = body["value"].as_array().into_iter().flatten();
    Ok(all.filter(|one| is(one, "type", "resource-type") && is(one, "name", "name")).cloned().collect())
}

fn exists(call: &Call<'_>) -> Answer {
    let name = group(call)?;
    if let Some(services) = Services::of(call.store)? {
        return Ok(json!(find(&services, name)?.is_some()));
    }
    Ok(json!(call.store.read(|state| at(state, &["groups", name]).is_some())?))
}

fn create(call: &Call<'_>) -> Answer {
    let (name, location) = (group(call)?, call.need("location")?);
    let made = json!({
        "id": format!("/subscriptions/sandbox/resourceGroups/{name}"),
        "name": name,
        "location": location,
        "tags": tags(call.arguments.all("tags")),
        "properties": { "provisioningState": "Succeeded" },
        "type": "Microsoft.Resources/resourceGroups",
    });
    if let Some(services) = Services::of(call.store)? {
        let first = services.subscriptions.first().map_or("", String::as_str);
        let id = format!("/subscriptions/{first}/resourceGroups/{name}");
        let body = json!({ "location": location, "tags": made["tags"] });
        return match services.arm("PUT", &id, VERSION, &body)? {
            (200..=299, body) => Ok(body),
            (_, body) => Err(Failure::refused(message(&body))),
        };
    }
    call.store.change(|state| {
        *slot(state, &["groups", name]) = made.clone();
        Ok(made)
    })
}

fn show(call: &Call<'_>) -> Answer {
    let name = group(call)?;
    if let Some(services) = Services::of(call.store)? {
        return find(&services, name)?.map(|(_, body)| body).ok_or_else(|| missing_group(name));
    }
    let found = call.store.read(|state| at(state, &["groups", name]).cloned())?;
    found.ok_or_else(|| missing_group(name))
}

fn missing_group(name: &str) -> Failure {
    Failure::missing(format!("(ResourceGroupNotFound) Resource group '{name}' could not be found."))
}

fn delete(call: &Call<'_>) -> Answer {
    let name = group(call)?;
    if !call.arguments.flag("yes") {
        return Err(Failure::refused("Unable to prompt for confirmation as no tty available. Use --yes."));
    }
    if let Some(services) = Services::of(call.store)? {
        let (id, _) = find(&services, name)?.ok_or_else(|| missing_group(name))?;
        match services.arm("DELETE", &id, VERSION, &Value::Null)? {
            (200..=299, _) => {}
            (_, body) => return Err(Failure::refused(message(&body))),
        }
    } else {
        call.store.change(|state| {
            let groups = slot(state, &["groups"]).as_object_mut();
            groups.and_then(|groups| groups.remove(name)).map(drop).ok_or_else(|| missing_group(name))
        })?;
    }
    // what runs in it goes with it
    container::forget(call.store, name)?;
    kubernetes::forget(call.store, name)?;
    Ok(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use crate::store::{Store, at, slot};

    #[test]
    fn groups_and_secrets_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        std::fs::write(folder.path().join("key"), "hidden").unwrap();
        let az = |line: &str| check(&store, folder.path(), line);
        for (line, expected) in [
            ("group exists --name g", Ok("false\n")),
            ("group create --name g --location west --tags a=b c=d --output none", Ok("")),
            ("group exists -n g", Ok("true\n")),
            ("group show -n g --query tags.c -o tsv", Ok("d\n")),
            ("group delete -n g --yes", Ok("")),
            ("group show -n g", Err(3)),
            ("group delete -n g", Err(1)),
            ("extension add --name ml --version 2.44.1 --upgrade --yes", Ok("")),
            ("extension list --query [?name=='ml'].version|[0] -o tsv", Ok("2.44.1\n")),
            ("keyvault secret list --vault-name v -o tsv", Ok("")),
            ("keyvault secret set --vault-name v --name k --file key --encoding utf-8 -o none", Ok("")),
            ("keyvault secret list --vault-name v --query [].name -o tsv", Ok("k\n")),
            ("keyvault secret show --vault-name v --name k --query value -o tsv", Ok("hidden\n")),
            ("keyvault secret show --vault-name v --name other", Err(3)),
            ("vm create --name x", Err(2)),
            ("group exists --name g --sideways", Err(2)),
        ] {
            let found = az(line).map_err(|failure| failure.code);
            assert_eq!(found.as_deref().map_err(|code| *code), expected, "{line}");
        }
    }

    #[test]
    fn what_runs_in_a_group_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let runs = |store: &Store| {
            let mut command = std::process::Command::new("sleep");
            std::os::unix::process::CommandExt::process_group(command.arg("600"), 0);
            let child = command.spawn().unwrap();
            crate::processes::note(store, child.id()).unwrap();
            child
        };
        let (mut group, mut service, mut pod, mut other) = (runs(&store), runs(&store), runs(&store), runs(&store));
        let containers = serde_json::json!({
            "aci-g-score": { "process": group.id() }, "pod-1": { "process": pod.id() },
            "aci-h-score": { "process": other.id() },
        });
        let clusters = serde_json::json!({ "g/aks": {
            "service": { "n": { "score": { "status": { "process": service.id() } } } },
            "pod": { "n": { "p": { "container": "pod-g-aks-n-p" } } },
        }});
        store
            .change(|state| {
                *slot(state, &["containers"]) = containers;
                let moved = slot(state, &["containers", "pod-1"]).take();
                *slot(state, &["containers", "pod-g-aks-n-p"]) = moved;
                *slot(state, &["container-groups", "g", "score"]) = serde_json::json!({});
                *slot(state, &["container-groups", "h", "score"]) = serde_json::json!({});
                *slot(state, &["clusters"]) = clusters;
                Ok::<(), String>(())
            })
            .unwrap();
        for name in ["g", "h"] {
            check(&store, folder.path(), &format!("group create --name {name} --location west")).unwrap();
        }
        check(&store, folder.path(), "group delete -n g --yes").unwrap();
        for child in [&mut group, &mut service, &mut pod] {
            assert!(!child.wait().unwrap().success());
        }
        assert_eq!(other.try_wait().unwrap(), None);
        assert_eq!(check(&store, folder.path(), "container list -g g --query [].name -o tsv").unwrap(), "");
        assert_eq!(store.read(|state| at(state, &["clusters", "g/aks"]).is_some()), Ok(false));
        check(&store, folder.path(), "group delete -n h --yes").unwrap();
        assert!(!other.wait().unwrap().success());
    }
}
