//! The operations on secrets.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::state::{KeyVaults, Vault, Version, error};
use crate::core::secret::Secret;
use crate::core::{Method, Request, Response};

/// Items on a page without `maxresults`.
const PAGE: usize = 25;
/// How long a deleted secret can be recovered, in seconds (90 days).
const RECOVERABLE: i64 = 90 * 86_400;

/// Answers a request below one vault, which exists.
pub fn answer(vaults: &mut KeyVaults, vault: &str, path: &[&str], request: &Request, now: Timestamp) -> Response {
    match (request.method, path) {
        (Method::Put, ["secrets", name]) => set(vaults, vault, name, request, now),
        (Method::Get, ["secrets"]) => list(&vaults.vaults[vault], vault, request),
        (Method::Get, ["secrets", name, "versions"]) => versions(&vaults.vaults[vault], vault, name, request),
        (Method::Get, ["secrets", name]) => get(&vaults.vaults[vault], vault, name, None),
        (Method::Get, ["secrets", name, version]) => get(&vaults.vaults[vault], vault, name, Some(version)),
        (Method::Patch, ["secrets", name, rest @ ..]) => {
            update(vaults, vault, name, rest.first().copied(), request, now)
        }
        (Method::Delete, ["secrets", name]) => delete(vaults, vault, name, now),
        (Method::Get, ["deletedsecrets"]) => deleted(&vaults.vaults[vault], vault, request),
        (Method::Get, ["deletedsecrets", name]) => match vaults.vaults[vault].deleted.get(*name) {
            Some((versions, on)) => Response::ok(deleted_json(vault, name, versions, *on)),
            None => missing(name, ""),
        },
        (Method::Post, ["deletedsecrets", name, "recover"]) => recover(vaults, vault, name),
        (Method::Delete, ["deletedsecrets", name]) => {
            let found = vaults.vaults.get_mut(vault).and_then(|vault| vault.deleted.remove(*name));
            if found.is_some() { Response::no_content() } else { missing(name, "") }
        }
        _ => error(404, "NotFound", None, "The path is not one of the operations on secrets."),
    }
}

fn missing(name: &str, version: &str) -> Response {
    let of = if version.is_empty() { name.to_owned() } else { format!("{name}/{version}") };
    error(
        404,
        "SecretNotFound",
        None,
        &format!(
            "A secret with (name/id) {of} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command."
        ),
    )
}

fn attributes(version: &Version) -> Value {
    let mut body = json!({
        "enabled": version.enabled,
        "created": version.created.as_second(),
        "updated": version.updated.as_second(),
        "recoveryLevel": "Recoverable+Purgeable",
        "recoverableDays": RECOVERABLE / 86_400,
    });
    if let Some(expires) = version.expires {
        body["exp"] = json!(expires);
    }
    if let Some(not_before) = version.not_before {
        body["nbf"] = json!(not_before);
    }
    body
}

fn url(vault: &str, rest: &str) -> String {
    format!("https://{vault}.vault.azure.net/{rest}")
}

fn item(vault: &str, name: &str, version: &Version, with_version: bool) -> Value {
    let id = if with_version {
        url(vault, &format!("secrets/{name}/{}", version.id))
    } else {
        url(vault, &format!("secrets/{name}"))
    };
    let mut body = json!({ "id": id, "attributes": attributes(version) });
    if let Some(content_type) = &version.content_type {
        body["contentType"] = json!(content_type);
    }
    if !version.tags.is_null() {
        body["tags"] = version.tags.clone();
    }
    body
}

fn bundle(vault: &str, name: &str, version: &Version) -> Value {
    let mut body = item(vault, name, version, true);
    body["value"] = json!(version.value.expose());
    body
}

fn deleted_json(vault: &str, name: &str, versions: &[Version], on: Timestamp) -> Value {
    let mut body = versions.last().map(|version| item(vault, name, version, true)).unwrap_or_default();
    body["recoveryId"] = json!(url(vault, &format!("deletedsecrets/{name}")));
    body["deletedDate"] = json!(on.as_second());
    body["scheduledPurgeDate"] = json!(on.as_second() + RECOVERABLE);
    body
}

fn body_of(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap_or_default()
}

fn set(vaults: &mut KeyVaults, vault: &str, name: &str, request: &Request, now: Timestamp) -> Response {
    let good = (1..=127).contains(&name.len()) && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
    if !good {
        return error(400, "BadParameter", None, &format!("The request URI contains an invalid name: {name}"));
    }
    let body = body_of(request);
    let Some(value) = body["value"].as_str().map(str::to_owned) else {
        return error(400, "BadParameter", None, "AKV10032: The parameter value is missing.");
    };
    if vaults.vaults[vault].deleted.contains_key(name) {
        let message = format!(
            "Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged."
        );
        return error(409, "Conflict", Some("ObjectIsDeletedButRecoverable"), &message);
    }
    let version = vaults.version(body, Secret::new(value), now);
    let answer = bundle(vault, name, &version);
    if let Some(vault) = vaults.vaults.get_mut(vault) {
        vault.secrets.entry(name.to_owned()).or_default().push(version);
    }
    Response::ok(answer)
}

fn get(store: &Vault, vault: &str, name: &str, wanted: Option<&str>) -> Response {
    let versions = store.secrets.get(name).map(Vec::as_slice).unwrap_or_default();
    let found = match wanted {
        Some(id) => versions.iter().find(|version| version.id == id),
        None => versions.last(),
    };
    match found {
        None => missing(name, wanted.unwrap_or_default()),
        Some(version) if !version.enabled => {
            error(403, "Forbidden", Some("SecretDisabled"), "Operation get is not allowed on a disabled secret.")
        }
        Some(version) => Response::ok(bundle(vault, name, version)),
    }
}

/// A page of items that are sorted by their key; the next page's link names the last key given out.
fn page(vault: &str, path: &str, items: Vec<(String, Value)>, request: &Request) -> Response {
    let most = request.query_number("maxresults").map_or(PAGE, |most| most.clamp(1, 25) as usize);
    let after = request.query("$skiptoken").unwrap_or_default().to_owned();
    let mut rest = items.into_iter().filter(|(key, _)| after.is_empty() || *key > after).peekable();
    let taken: Vec<(String, Value)> = rest.by_ref().take(most).collect();
    let next = rest
        .peek()
        .and(taken.last())
        .map(|(key, _)| url(vault, &format!("{path}?api-version=2025-07-01&$skiptoken={key}&maxresults={most}")));
    Response::ok(json!({ "value": taken.into_iter().map(|(_, item)| item).collect::<Vec<_>>(), "nextLink": next }))
}

fn list(store: &Vault, vault: &str, request: &Request) -> Response {
    let newest = store.secrets.iter().filter_map(|(name, versions)| Some((name, versions.last()?)));
    page(
        vault,
        "secrets",
        newest.map(|(name, version)| (name.clone(), item(vault, name, version, false))).collect(),
        request,
    )
}

fn versions(store: &Vault, vault: &str, name: &str, request: &Request) -> Response {
    let Some(versions) = store.secrets.get(name) else { return missing(name, "") };
    let mut items: Vec<(String, Value)> =
        versions.iter().map(|version| (version.id.clone(), item(vault, name, version, true))).collect();
    items.sort_by(|left, right| left.0.cmp(&right.0));
    page(vault, &format!("secrets/{name}/versions"), items, request)
}

fn update(
    vaults: &mut KeyVaults,
    vault: &str,
    name: &str,
    wanted: Option<&str>,
    request: &Request,
    now: Timestamp,
) -> Response {
    let body = body_of(request);
    let versions = vaults.vaults.get_mut(vault).and_then(|vault| vault.secrets.get_mut(name));
    let found = versions.and_then(|versions| match wanted {
        Some(id) => versions.iter_mut().find(|version| version.id == id),
        None => versions.last_mut(),
    });
    let Some(version) = found else { return missing(name, wanted.unwrap_or_default()) };
    let attribute = |key: &str| body["attributes"].get(key);
    if let Some(enabled) = attribute("enabled").and_then(Value::as_bool) {
        version.enabled = enabled;
    }
    if let Some(expires) = attribute("exp") {
        version.expires = expires.as_i64();
    }
    if let Some(content_type) = body["contentType"].as_str() {
        version.content_type = Some(content_type.to_owned());
    }
    if let Some(tags) = body.get("tags") {
        version.tags = tags.clone();
    }
    version.updated = now;
    Response::ok(item(vault, name, version, true))
}

fn delete(vaults: &mut KeyVaults, vault: &str, name: &str, now: Timestamp) -> Response {
    let Some(store) = vaults.vaults.get_mut(vault) else { return missing(name, "") };
    let Some(versions) = store.secrets.remove(name) else { return missing(name, "") };
    let answer = deleted_json(vault, name, &versions, now);
    store.deleted.insert(name.to_owned(), (versions, now));
    Response::ok(answer)
}

fn deleted(store: &Vault, vault: &str, request: &Request) -> Response {
    let items =
        store.deleted.iter().map(|(name, (versions, on))| (name.clone(), deleted_json(vault, name, versions, *on)));
    page(vault, "deletedsecrets", items.collect(), request)
}

fn recover(vaults: &mut KeyVaults, vault: &str, name: &str) -> Response {
    let Some(store) = vaults.vaults.get_mut(vault) else { return missing(name, "") };
    let Some((versions, _)) = store.deleted.remove(name) else { return missing(name, "") };
    let answer = versions.last().map(|version| item(vault, name, version, true)).unwrap_or_default();
    store.secrets.insert(name.to_owned(), versions);
    Response::ok(answer)
}
