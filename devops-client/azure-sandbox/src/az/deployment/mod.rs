//! `az deployment group`: what a template makes. Container groups are started here, from the compiled template; everything
//! else is what Azure Resource Manager keeps, from a parameter file that is compiled here.

mod cloud;
mod place;

use azure_templates::arm::{Setting, evaluate_with};
use serde_json::{Map, Value, json};

use crate::access;
use crate::services::Services;

use super::call::{Answer, Call, Command};
use super::container;
use super::failure::Failure;
use cloud::{Cloud, wrong};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        words: "deployment group create",
        options: &["name", "resource-group", "template-file", "parameters", "mode"],
        run: create,
    },
    Command {
        words: "deployment group validate",
        options: &["name", "resource-group", "parameters"],
        run: place::validate,
    },
    Command {
        words: "deployment group what-if",
        options: &["name", "resource-group", "template-file", "parameters", "result-format", "no-pretty-print"],
        run: what_if,
    },
    Command { words: "deployment group show", options: &["name", "resource-group"], run: place::show },
    Command { words: "deployment group list", options: &["resource-group"], run: place::list },
];

fn create(call: &Call<'_>) -> Answer {
    if call.arguments.one("template-file").is_none() {
        return place::create(call);
    }
    let group = call.need("resource-group")?;
    for resource in made(call)? {
        container::deploy(call, group, &resource)?;
    }
    Ok(json!({ "properties": { "provisioningState": "Succeeded", "duration": "PT1S" } }))
}

/// What a deployment of a container group would change: tags, and parts of the group by their names. Values are not for
/// whoever looks.
fn what_if(call: &Call<'_>) -> Answer {
    if call.arguments.one("template-file").is_none() {
        return place::what_if(call);
    }
    let group = call.need("resource-group")?;
    let by_id = call.arguments.one("result-format") == Some("ResourceIdOnly");
    let change = |resource: &Value| -> Answer {
        let (id, name) = (&resource["id"], resource["name"].as_str().unwrap_or_default());
        let Some(there) = container::shown(call, group, name)? else {
            return Ok(json!({ "changeType": "Create", "resourceId": id }));
        };
        if by_id {
            return Ok(json!({ "changeType": "Deploy", "resourceId": id }));
        }
        let image = |containers: &Value| containers[0]["properties"]["image"].clone();
        let mut delta = Vec::new();
        if there["containers"][0]["image"] != image(&resource["properties"]["containers"]) {
            delta.push(json!({ "path": "properties.containers", "propertyChangeType": "Array" }));
        }
        for (tag, value) in resource["tags"].as_object().into_iter().flatten() {
            if there["tags"][tag] != *value {
                delta.push(json!({ "path": format!("tags.{tag}"), "propertyChangeType": "Modify" }));
            }
        }
        let kind = if delta.is_empty() { "NoChange" } else { "Modify" };
        Ok(json!({ "changeType": kind, "resourceId": id, "delta": delta }))
    };
    let changes = made(call)?.iter().map(change).collect::<Result<Vec<Value>, Failure>>()?;
    Ok(json!({ "status": "Succeeded", "changes": changes }))
}

/// The container groups that a compiled template makes, which whoever is signed in may make.
fn made(call: &Call<'_>) -> Result<Vec<Value>, Failure> {
    let group = call.need("resource-group")?;
    let source = call.here.join(call.need("template-file")?);
    let compiled = source.with_extension("json");
    let text = std::fs::read_to_string(&compiled).map_err(|error| {
        format!("the sandbox's az has no compiler: it takes {}, which cannot be read: {error}", compiled.display())
    })?;
    let template: Value =
        serde_json::from_str(&text).map_err(|error| format!("{} is no JSON: {error}", compiled.display()))?;
    if !template["resources"].is_array() && !template["resources"].is_object() {
        return Err(Failure::refused(
            "(InvalidTemplate) Deployment template validation failed: 'Required property 'resources' not found in JSON.'",
        ));
    }
    let mut given = Map::new();
    for pair in call.arguments.all("parameters") {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| Failure::usage(format!("`{pair}` is not NAME=VALUE")))?;
        given.insert(name.to_owned(), json!({ "value": typed(&template["parameters"][name], name, value)? }));
    }
    let services = Services::of(call.store)?;
    let setting = setting(services.as_ref(), group, call.arguments.one("name").unwrap_or("deployment"))?;
    let cloud = Cloud { store: call.store, services: services.as_ref() };
    let made = evaluate_with(&template, &given, &setting, &cloud).map_err(|message| wrong(&message))?;
    allowed(call, &setting, &made.resources)?;
    for resource in &made.resources {
        let kind = resource["type"].as_str().unwrap_or_default();
        if !kind.eq_ignore_ascii_case("Microsoft.ContainerInstance/containerGroups") {
            return Err(Failure::refused(format!("the sandbox's az deploys container groups, not {kind}")));
        }
        if let Some(open) = open(resource) {
            return Err(Failure::refused(format!("the sandbox does not know what Azure would put for {open}")));
        }
    }
    Ok(made.resources)
}

/// A value of the command line as its parameter's type.
fn typed(declared: &Value, name: &str, text: &str) -> Answer {
    let kind = declared["type"].as_str().unwrap_or_default().to_lowercase();
    if kind.is_empty() || kind.contains("string") {
        return Ok(json!(text));
    }
    serde_json::from_str(&text.to_lowercase())
        .or_else(|_| serde_json::from_str(text))
        .map_err(|_| Failure::usage(format!("parameter {name} is of type {kind}: `{text}` is none")))
}

fn setting(services: Option<&Services>, group: &str, name: &str) -> Result<Setting, Failure> {
    let (subscription, tenant) = match services {
        None => ("sandbox".to_owned(), "sandbox".to_owned()),
        Some(services) => {
            let id = place::deployment(services, group, name)?;
            (id.split('/').nth(2).unwrap_or_default().to_owned(), services.tenant.clone())
        }
    };
    Ok(Setting {
        subscription,
        tenant,
        resource_group: Some(group.to_owned()),
        location: Some("westeurope".to_owned()),
        deployment: name.to_owned(),
    })
}

/// That whoever is signed in may make all of it, and hand out the identities in it.
fn allowed(call: &Call<'_>, setting: &Setting, resources: &[Value]) -> Result<(), Failure> {
    let Some(me) = access::me(call.store)? else { return Ok(()) };
    let group = format!(
        "/subscriptions/{}/resourceGroups/{}",
        setting.subscription,
        setting.resource_group.as_deref().unwrap_or_default()
    );
    let deployment = format!("{group}/providers/Microsoft.Resources/deployments/{}", setting.deployment);
    me.must("Microsoft.Resources/deployments/write", false, &deployment)?;
    for resource in resources {
        let text = |key: &str| resource[key].as_str().unwrap_or_default();
        me.must(&format!("{}/write", text("type")), false, text("id"))?;
        for identity in access::identities(resource) {
            me.must("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", false, &identity)?;
        }
    }
    Ok(())
}

/// An expression that nobody could work out.
fn open(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) if text.starts_with('[') && text.ends_with(']') && text.contains('(') => Some(text),
        Value::Array(items) => items.iter().find_map(open),
        Value::Object(map) => map.values().find_map(open),
        _ => None,
    }
}
