//! Deployments: validate, what-if, create, operations; in a resource group or in a subscription.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::{self, Caller};
use super::cloud::Cloud;
use super::demands;
use super::resources;
use super::state::{Arm, body_of, error};
use super::template::{Evaluated, Target, run};
use crate::core::json::time_text;
use crate::core::{Method, Request, Response};

/// Answers requests below `Microsoft.Resources/deployments`.
pub fn answer(
    arm: &mut Arm,
    request: &Request,
    parts: &[&str],
    caller: Option<&Caller>,
    now: Timestamp,
) -> Option<Response> {
    let at = parts.windows(3).position(|window| window == ["providers", "microsoft.resources", "deployments"])?;
    let scope = format!("/{}", request.path[..at].join("/"));
    let (name, rest) = parts[at + 3..].split_first()?;
    let id = format!("{scope}/providers/Microsoft.Resources/deployments/{}", request.path[at + 3]);
    let group = matches!(parts, ["subscriptions", _, "resourcegroups", ..]);
    if group && !arm.resources.contains_key(&scope.to_lowercase()) {
        return Some(error(
            404,
            "ResourceGroupNotFound",
            &format!("Resource group '{}' could not be found.", parts[3]),
        ));
    }
    let key = id.to_lowercase();
    let is_active =
        |arm: &Arm| arm.resources.get(&key).is_some_and(|found| found["properties"]["provisioningState"] == "Running");
    Some(match (request.method, rest) {
        (Method::Put, []) if is_active(arm) => error(
            409,
            "DeploymentActive",
            &format!(
                "The deployment with resource id '{id}' cannot be saved, because this would overwrite an existing deployment which is still active."
            ),
        ),
        (Method::Put, []) => match evaluate(arm, request, &scope, name, caller, now) {
            Ok(done) => create(arm, request, &id, done, now),
            Err(refused) => refused,
        },
        (Method::Post, ["validate"]) => match evaluate(arm, request, &scope, name, caller, now) {
            Ok(done) => {
                if let Some(refused) = demanded(arm, &done, now) {
                    return Some(refused.with_effect(false));
                }
                let ids: Vec<Value> = done.resources.iter().map(|(id, _)| json!({ "id": id })).collect();
                Response::ok(json!({ "id": id, "name": name, "type": "Microsoft.Resources/deployments", "properties": { "provisioningState": "Succeeded", "validatedResources": ids, "mode": "Incremental" } })).with_effect(false)
            }
            Err(refused) => refused,
        },
        (Method::Post, ["whatif"]) => match evaluate(arm, request, &scope, name, caller, now) {
            Ok(done) => {
                let settings = &body_of(request)["properties"]["whatIfSettings"];
                let by_id = settings["resultFormat"] == "ResourceIdOnly";
                let changes = if by_id { redeployed(arm, &done) } else { changes(arm, &done) };
                arm.later(request, json!({ "status": "Succeeded", "properties": { "changes": changes } }))
                    .with_effect(false)
            }
            Err(refused) => refused,
        },
        (Method::Get, []) => {
            // one read finds it running, the next one done
            let Some(found) = arm.resources.get_mut(&key) else { return Some(missing(name)) };
            let answer = found.clone();
            if found["properties"]["provisioningState"] == "Running" {
                found["properties"]["provisioningState"] = json!("Succeeded");
            }
            Response::ok(answer)
        }
        (Method::Get, ["operations"]) => {
            let Some(found) = arm.resources.get(&key) else { return Some(missing(name)) };
            let rows = found["properties"]["outputResources"].as_array().into_iter().flatten().enumerate().map(|(at, resource)| {
                let (kind, resource_name) = resources::type_and_name(resource["id"].as_str().unwrap_or_default());
                json!({
                    "id": format!("{id}/operations/{at}"),
                    "operationId": at.to_string(),
                    "properties": {
                        "provisioningOperation": "Create", "provisioningState": "Succeeded", "statusCode": "Created", "timestamp": time_text(now),
                        "targetResource": { "id": resource["id"], "resourceType": kind, "resourceName": resource_name },
                    },
                })
            });
            Response::ok(json!({ "value": rows.collect::<Vec<_>>() }))
        }
        (Method::Delete, []) => {
            resources::remove(arm, &key);
            arm.later(request, Value::Null)
        }
        _ => return None,
    })
}

/// Why a deployment may not make what it makes, if its caller lacks a role for that.
fn refused(arm: &Arm, caller: Option<&Caller>, done: &Evaluated) -> Option<Response> {
    let caller = caller?;
    done.resources.iter().find_map(|(id, body)| {
        let operation = access::operations(id, body)
            .into_iter()
            .find(|operation| !access::allows(arm, &caller.principal, operation))?;
        Some(access::refused_deployment(caller, id, &operation))
    })
}

fn missing(name: &str) -> Response {
    error(404, "DeploymentNotFound", &format!("Deployment '{name}' could not be found."))
}

fn invalid(name: &str, message: &str) -> Response {
    error(400, "InvalidTemplate", &format!("Deployment template validation failed: '{message}'. Deployment '{name}'."))
}

fn evaluate(
    arm: &Arm,
    request: &Request,
    scope: &str,
    name: &str,
    caller: Option<&Caller>,
    now: Timestamp,
) -> Result<Evaluated, Response> {
    let body = body_of(request);
    let location = arm
        .resources
        .get(&scope.to_lowercase())
        .and_then(|group| group["location"].as_str())
        .or(body["location"].as_str());
    let target = Target {
        scope: scope.to_owned(),
        location: location.unwrap_or("westeurope").to_owned(),
        tenant: arm.tenant.clone(),
        deployment: name.to_owned(),
    };
    let parameters = body["properties"].get("parameters").cloned().unwrap_or(json!({}));
    let find = |id: &str| arm.resources.get(id).cloned();
    let deployer = caller.map(|caller| caller.principal.as_str());
    let cloud = Cloud { find: &find, tenant: &arm.tenant, deployer, now };
    let done = run(&body["properties"]["template"], &parameters, &target, &cloud);
    let done = done.map_err(|message| invalid(name, &message))?;
    match refused(arm, caller, &done) {
        Some(refused) => Err(refused),
        None => Ok(done),
    }
}

/// What a deployment would change: create, modify with both states, or nothing.
fn changes(arm: &Arm, done: &Evaluated) -> Vec<Value> {
    done.resources
        .iter()
        .map(|(id, after)| match arm.resources.get(&id.to_lowercase()) {
            None => json!({ "resourceId": id, "changeType": "Create", "after": after }),
            Some(before) => {
                let after = kept(after);
                let same = contains(before, &after);
                let delta: Vec<Value> = if same { Vec::new() } else { delta(before, &after) };
                json!({ "resourceId": id, "changeType": if same { "NoChange" } else { "Modify" }, "before": before, "after": after, "delta": delta })
            }
        })
        .collect()
}

/// What a deployment would touch, by ids alone: of what is there it is not said whether it would change ("Bicep what-if",
/// change types).
fn redeployed(arm: &Arm, done: &Evaluated) -> Vec<Value> {
    let change = |id: &String| if arm.resources.contains_key(&id.to_lowercase()) { "Deploy" } else { "Create" };
    done.resources.iter().map(|(id, _)| json!({ "resourceId": id, "changeType": change(id) })).collect()
}

/// What is kept of a resource of a template: all that does not only tell how to deploy it.
fn kept(resource: &Value) -> Value {
    let mut kept = resource.clone();
    if let Some(map) = kept.as_object_mut() {
        map.retain(|key, _| {
            !matches!(key.as_str(), "apiVersion" | "dependsOn" | "name" | "type" | "condition" | "comments" | "scope")
        });
    }
    kept
}

/// The properties that differ, at the depth where they do.
fn delta(before: &Value, after: &Value) -> Vec<Value> {
    let wanted = after.as_object().into_iter().flatten();
    wanted
        .filter(|(key, value)| !contains(&before[key.as_str()], value))
        .map(|(key, value)| match &before[key.as_str()] {
            Value::Null => json!({ "path": key, "propertyChangeType": "Create", "after": value }),
            old if old.is_object() && value.is_object() => {
                json!({ "path": key, "propertyChangeType": "Modify", "children": delta(old, value) })
            }
            old => json!({ "path": key, "propertyChangeType": "Modify", "before": old, "after": value }),
        })
        .collect()
}

/// Whether a state has everything that is wanted of it.
fn contains(state: &Value, wanted: &Value) -> bool {
    match (state, wanted) {
        (Value::Object(state), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| state.get(key).is_some_and(|own| contains(own, value)))
        }
        _ => state == wanted,
    }
}

/// What services would refuse of a template's resources, each beside those that are made before it.
fn demanded(arm: &Arm, done: &Evaluated, now: Timestamp) -> Option<Response> {
    let today = now.strftime("%Y-%m-%d").to_string();
    let mut there = arm.resources.clone();
    for (id, body) in &done.resources {
        if let Some(refused) = demands::refused(&there, id, body, &today) {
            return Some(error(refused.status, refused.code, &refused.message));
        }
        there.insert(id.to_lowercase(), body.clone());
    }
    None
}

fn create(arm: &mut Arm, request: &Request, id: &str, done: Evaluated, now: Timestamp) -> Response {
    if let Some(refused) = demanded(arm, &done, now) {
        return refused;
    }
    for (resource, body) in &done.resources {
        let mut body = body.clone();
        if let Some(map) = body.as_object_mut() {
            for key in ["apiVersion", "dependsOn", "condition", "comments", "scope"] {
                map.shift_remove(key);
            }
        }
        if body["type"] == "Microsoft.Authorization/roleAssignments" {
            let scope = resource.rsplit_once("/providers/").map_or("", |(scope, _)| scope);
            body["properties"]["scope"] = json!(scope);
        }
        let lower = resource.to_lowercase();
        if body["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.Consumption/budgets"))
            && let Some(message) = super::budgets::refused(arm.resources.get(&lower), &body, now)
        {
            return error(400, "InvalidBudget", &message);
        }
        let parts: Vec<&str> = lower.split('/').skip(1).collect();
        let made = resources::put(arm, resource, &parts, body);
        if made.status >= 300 {
            return Response { headers: Vec::new(), ..made };
        }
    }
    let ids: Vec<Value> = done.resources.iter().map(|(id, _)| json!({ "id": id })).collect();
    let body = json!({
        "id": id,
        "name": id.rsplit('/').next(),
        "type": "Microsoft.Resources/deployments",
        "properties": {
            "mode": "Incremental", "provisioningState": "Running", "timestamp": time_text(now), "duration": "PT1S",
            "correlationId": arm.ids.guid(), "outputs": done.outputs, "outputResources": ids,
            "parameters": done.parameters,
        },
    });
    let mut body = body;
    if let Some(tags) = body_of(request).get("tags") {
        body["tags"] = tags.clone();
    }
    let known = arm.resources.insert(id.to_lowercase(), body.clone()).is_some();
    let accepted = arm.later(request, Value::Null);
    Response { status: if known { 200 } else { 201 }, headers: accepted.headers, ..Response::ok(body) }
}
