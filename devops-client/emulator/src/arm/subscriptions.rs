//! Subscriptions, resource providers, deleted vaults, name checks, quota and usage.

use serde_json::{Value, json};

use super::machines;
use super::state::{Arm, body_of, error};
use crate::core::{Method, Request, Response};

/// Answers what stands directly below a subscription.
pub fn answer(arm: &mut Arm, request: &Request, parts: &[&str]) -> Option<Response> {
    Some(match (request.method, parts) {
        (Method::Get, ["tenants"]) => Response::ok(
            json!({ "value": [{ "id": format!("/tenants/{}", arm.tenant), "tenantId": arm.tenant, "displayName": "Tenant" }] }),
        ),
        (Method::Get, ["subscriptions"]) => {
            let rows: Vec<Value> = arm.subscriptions.iter().map(|(id, name)| subscription(arm, id, name)).collect();
            Response::ok(json!({ "value": rows }))
        }
        (Method::Get, ["subscriptions", id]) => Response::ok(subscription(arm, id, &arm.subscriptions[*id])),
        (Method::Get, ["subscriptions", id, "resourcegroups"]) => {
            let prefix = format!("/subscriptions/{id}/resourcegroups/");
            let groups = arm
                .resources
                .iter()
                .filter(|(key, _)| key.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/')));
            Response::ok(json!({ "value": groups.map(|(_, body)| body).collect::<Vec<_>>() }))
        }
        (Method::Get, ["subscriptions", id, "providers", namespace]) => Response::ok(provider(arm, id, namespace)),
        (Method::Post, ["subscriptions", id, "providers", namespace, "register"]) => {
            let polls = arm.polls;
            arm.providers.entry(format!("{id}/{namespace}")).or_insert(polls);
            Response::ok(json!({ "namespace": namespace, "registrationState": "Registering" }))
        }
        (Method::Get, ["subscriptions", _, "providers", "microsoft.keyvault", "deletedvaults"]) => {
            Response::ok(json!({ "value": arm.deleted_vaults.values().map(deleted).collect::<Vec<_>>() }))
        }
        (
            method,
            ["subscriptions", _, "providers", "microsoft.keyvault", "locations", _, "deletedvaults", name, rest @ ..],
        ) => {
            let Some(found) = arm.deleted_vaults.get(*name).map(deleted) else {
                return Some(error(
                    404,
                    "DeletedVaultNotFound",
                    &format!("The specified deleted vault '{name}' does not exist."),
                ));
            };
            match (method, rest) {
                (Method::Get, []) => Response::ok(found),
                (Method::Post, ["purge"]) => {
                    arm.deleted_vaults.remove(*name);
                    arm.later(request, Value::Null)
                }
                _ => return None,
            }
        }
        (Method::Post, ["subscriptions", _, "providers", namespace, "checknameavailability"]) => {
            name_check(arm, namespace, &body_of(request))
        }
        (
            Method::Get,
            [
                "subscriptions",
                id,
                "providers",
                "microsoft.machinelearningservices",
                "locations",
                location,
                what @ ("usages" | "quotas"),
            ],
        ) => {
            let rows: Vec<Value> = arm.quota.iter().map(|(family, (used, limit))| {
                let path = format!("/subscriptions/{id}/providers/Microsoft.MachineLearningServices/locations/{location}/{what}/{family}");
                let name = json!({ "value": family, "localizedValue": family });
                if *what == "usages" {
                    json!({ "id": path, "type": "Microsoft.MachineLearningServices/usages", "unit": "Count", "currentValue": used, "limit": limit, "name": name })
                } else {
                    json!({ "id": path, "type": "Microsoft.MachineLearningServices/quotas", "unit": "Count", "limit": limit, "name": name })
                }
            }).collect();
            Response::ok(json!({ "value": rows }))
        }
        (
            Method::Get,
            ["subscriptions", _, "providers", "microsoft.machinelearningservices", "locations", _, "vmsizes"],
        ) => Response::ok(machines::of_machine_learning()),
        (Method::Get, ["subscriptions", _, "providers", "microsoft.compute", "skus"]) => {
            let filter = request.query("$filter").unwrap_or_default();
            let location = filter.split('\'').nth(1).unwrap_or("westeurope");
            Response::ok(machines::of_region(location))
        }
        (Method::Get, ["subscriptions", id, "providers", "microsoft.compute", "locations", location, "usages"]) => {
            Response::ok(machines::usages(arm, id, location))
        }
        _ => return None,
    })
}

fn subscription(arm: &Arm, id: &str, name: &str) -> Value {
    json!({ "id": format!("/subscriptions/{id}"), "subscriptionId": id, "displayName": name, "state": "Enabled", "tenantId": arm.tenant })
}

/// A provider; a registration that was asked for is done after some reads.
fn provider(arm: &mut Arm, subscription: &str, namespace: &str) -> Value {
    let state = match arm.providers.get_mut(&format!("{subscription}/{namespace}")) {
        None => "NotRegistered",
        Some(0) => "Registered",
        Some(polls) => {
            *polls -= 1;
            "Registering"
        }
    };
    json!({ "id": format!("/subscriptions/{subscription}/providers/{namespace}"), "namespace": namespace, "registrationState": state, "resourceTypes": [] })
}

fn deleted(vault: &Value) -> Value {
    let name = vault["name"].as_str().unwrap_or_default();
    json!({
        "name": name,
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": { "vaultId": vault["id"], "location": vault["location"], "deletionDate": "2026-01-01T00:00:00Z", "tags": vault["tags"] },
    })
}

fn name_check(arm: &Arm, namespace: &str, body: &Value) -> Response {
    let name = body["name"].as_str().unwrap_or_default().to_lowercase();
    let used = arm.resources.values().any(|resource| {
        resource["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(&name))
            && resource["type"].as_str().is_some_and(|kind| kind.to_lowercase().starts_with(&format!("{namespace}/")))
    });
    let soft = namespace == "microsoft.keyvault" && arm.deleted_vaults.contains_key(&name);
    let good = (3..=50).contains(&name.len()) && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
    Response::ok(match (good, used || soft) {
        (false, _) => {
            json!({ "nameAvailable": false, "reason": "AccountNameInvalid", "message": format!("The name '{name}' is not valid.") })
        }
        (true, true) => {
            json!({ "nameAvailable": false, "reason": "AlreadyExists", "message": format!("The name '{name}' is already in use{}.", if soft { " by a vault in deleted state" } else { "" }) })
        }
        (true, false) => json!({ "nameAvailable": true }),
    })
}
