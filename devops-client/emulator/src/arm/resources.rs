//! Resource groups and any resource: kept as given, with what the service adds.

use serde_json::{Value, json};

use super::born;
use super::peerings;
use super::state::{Arm, body_of, error};
use crate::core::{Method, Request, Response};

/// Answers what no other area has answered.
pub fn answer(arm: &mut Arm, request: &Request, parts: &[&str]) -> Response {
    if parts.len() < 4 {
        return error(404, "InvalidResourceType", "The path names no resource.");
    }
    let id = format!("/{}", request.path.join("/"));
    if let [.., "providers", "microsoft.resources", "tags", "default"] = parts {
        return tags(arm, request, &parts[..parts.len() - 4]);
    }
    let listing = parts.len() % 2 == 1;
    if let Some(group) = group_of(parts)
        && parts.len() > 4
        && !arm.resources.contains_key(&group)
    {
        return error(404, "ResourceGroupNotFound", &format!("Resource group '{}' could not be found.", parts[3]));
    }
    match request.method {
        Method::Get | Method::Head if listing => list(arm, &id, parts),
        Method::Get | Method::Head => match arm.resources.get(&id.to_lowercase()) {
            Some(_) if request.method == Method::Head => Response::no_content(),
            Some(found) => Response::ok(peerings::shown(&arm.resources, found)),
            None => missing(&id, parts),
        },
        Method::Put => {
            let made = put(arm, &id, parts, body_of(request));
            if request.query("syncRemoteAddressSpace") == Some("true") {
                peerings::sync(&mut arm.resources, &id.to_lowercase());
            }
            made
        }
        Method::Patch => patch(arm, &id, parts, &body_of(request)),
        Method::Delete => delete(arm, request, &id, parts),
        _ => error(405, "MethodNotAllowed", "The method is not one of the resource's."),
    }
}

/// The tags of a resource as a thing of its own: read, or changed by merging.
fn tags(arm: &mut Arm, request: &Request, parts: &[&str]) -> Response {
    let id = format!("/{}", parts.join("/"));
    let Some(found) = arm.resources.get_mut(&id) else { return missing(&id, parts) };
    if request.method == Method::Patch {
        let body = body_of(request);
        let Value::Object(given) = &body["properties"]["tags"] else {
            return error(400, "InvalidRequestContent", "The request content has no tags.");
        };
        if !found["tags"].is_object() {
            found["tags"] = json!({});
        }
        for (name, value) in given {
            match body["operation"].as_str() {
                Some("Merge") => found["tags"][name] = value.clone(),
                Some("Delete") => drop(found["tags"].as_object_mut().and_then(|tags| tags.shift_remove(name))),
                _ => return error(400, "InvalidRequestContent", "The operation is Merge or Delete here."),
            }
        }
    } else if request.method != Method::Get {
        return error(405, "MethodNotAllowed", "Tags are read and changed here.");
    }
    let id = format!("{id}/providers/Microsoft.Resources/tags/default");
    Response::ok(
        json!({ "id": id, "name": "default", "type": "Microsoft.Resources/tags", "properties": { "tags": found["tags"] } }),
    )
}

fn group_of(parts: &[&str]) -> Option<String> {
    match parts {
        ["subscriptions", subscription, "resourcegroups", group, ..] => {
            Some(format!("/subscriptions/{subscription}/resourcegroups/{group}"))
        }
        _ => None,
    }
}

fn is_group(parts: &[&str]) -> bool {
    matches!(parts, ["subscriptions", _, "resourcegroups", _])
}

fn missing(id: &str, parts: &[&str]) -> Response {
    if is_group(parts) {
        return error(404, "ResourceGroupNotFound", &format!("Resource group '{}' could not be found.", parts[3]));
    }
    error(
        404,
        "ResourceNotFound",
        &format!("The Resource '{}' was not found.", id.rsplit("/providers/").next().unwrap_or(id)),
    )
}

/// The type of a resource id, e.g. `Microsoft.KeyVault/vaults`, and its name.
pub fn type_and_name(id: &str) -> (String, String) {
    let Some((_, rest)) = id.rsplit_once("/providers/") else {
        return ("Microsoft.Resources/resourceGroups".to_owned(), id.rsplit('/').next().unwrap_or_default().to_owned());
    };
    let parts: Vec<&str> = rest.split('/').collect();
    let types: Vec<&str> = parts.iter().skip(1).step_by(2).copied().collect();
    (format!("{}/{}", parts[0], types.join("/")), parts.last().copied().unwrap_or_default().to_owned())
}

/// Makes or replaces a resource; 201 if it is new.
pub fn put(arm: &mut Arm, id: &str, parts: &[&str], given: Value) -> Response {
    let (kind, name) = type_and_name(id);
    let key = id.to_lowercase();
    let root = given.as_object().is_none();
    if root || (parts.len() == 4 && given["location"].as_str().is_none_or(str::is_empty)) {
        return error(400, "LocationRequired", "The location property is required for this definition.");
    }
    let taken =
        kind.eq_ignore_ascii_case("Microsoft.KeyVault/vaults") && arm.deleted_vaults.contains_key(&name.to_lowercase());
    if taken && given["properties"]["createMode"] != json!("recover") {
        return error(
            409,
            "ConflictError",
            &format!(
                "A vault with the same name already exists in deleted state: {name}. You need to either recover or purge it."
            ),
        );
    }
    arm.deleted_vaults.remove(&name.to_lowercase());
    let known = arm.resources.contains_key(&key);
    let mut body = given;
    body["id"] = json!(id);
    body["name"] = json!(name);
    body["type"] = json!(kind);
    body["properties"]["provisioningState"] = json!("Succeeded");
    // what the service gave it when it was made stays
    let old = arm.resources.get(&key).map(|old| old["properties"].clone()).unwrap_or_default();
    for (name, value) in born::added(id, &kind, &arm.tenant).as_object().into_iter().flatten() {
        // a cluster may bring the identity of its nodes
        if name == "identityProfile" && body["properties"][name].is_object() {
            continue;
        }
        body["properties"][name] = old.get(name).unwrap_or(value).clone();
    }
    if body["identity"]["type"].as_str().is_some_and(|kind| kind.contains("SystemAssigned")) {
        body["identity"]["principalId"] = json!(born::principal(id));
        body["identity"]["tenantId"] = json!(arm.tenant);
    }
    if kind.eq_ignore_ascii_case("Microsoft.KeyVault/vaults") {
        body["properties"]["vaultUri"] = json!(format!("https://{}.vault.azure.net/", name.to_lowercase()));
    }
    peerings::kept(&arm.resources, id, &kind, &mut body);
    arm.resources.insert(key, body.clone());
    Response { status: if known { 200 } else { 201 }, ..Response::ok(body) }
}

fn patch(arm: &mut Arm, id: &str, parts: &[&str], given: &Value) -> Response {
    let Some(found) = arm.resources.get_mut(&id.to_lowercase()) else { return missing(id, parts) };
    for (key, value) in given.as_object().into_iter().flatten() {
        match (found.get_mut(key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => old.extend(new.clone()),
            _ => found[key] = value.clone(),
        }
    }
    Response::ok(found.clone())
}

fn delete(arm: &mut Arm, request: &Request, id: &str, parts: &[&str]) -> Response {
    let key = id.to_lowercase();
    if !arm.resources.contains_key(&key) {
        return if is_group(parts) { missing(id, parts) } else { Response::no_content().with_effect(false) };
    }
    remove(arm, &key);
    if is_group(parts) { arm.later(request, Value::Null) } else { Response { status: 200, ..Response::no_content() } }
}

/// Takes away a resource and all below it; vaults are kept as deleted ones.
pub fn remove(arm: &mut Arm, key: &str) {
    let below = format!("{key}/");
    let gone: Vec<String> = arm.resources.keys().filter(|id| *id == key || id.starts_with(&below)).cloned().collect();
    for id in gone {
        if let Some(body) = arm.resources.remove(&id)
            && body["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.KeyVault/vaults"))
        {
            arm.deleted_vaults.insert(body["name"].as_str().unwrap_or_default().to_lowercase(), body);
        }
    }
}

fn list(arm: &Arm, id: &str, parts: &[&str]) -> Response {
    let prefix = format!("{}/", id.to_lowercase());
    let depth = parts.len() + 1;
    let listed = |key: &String| match parts {
        // all resources of a group, or all of a type in a subscription
        ["subscriptions", _, "resourcegroups", _, "resources"] => {
            key.starts_with(prefix.trim_end_matches("resources/")) && key.contains("/providers/")
        }
        ["subscriptions", subscription, "providers", namespace, kind] => {
            key.starts_with(&format!("/subscriptions/{subscription}/")) && {
                let (own, _) = type_and_name(key);
                own == format!("{namespace}/{kind}")
            }
        }
        _ => key.starts_with(&prefix) && key.split('/').count() - 1 == depth,
    };
    let found = arm.resources.iter().filter(|(key, _)| listed(key));
    let found: Vec<Value> = found.map(|(_, body)| peerings::shown(&arm.resources, body)).collect();
    Response::ok(json!({ "value": found }))
}
