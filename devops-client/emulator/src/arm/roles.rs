//! Role definitions and role assignments.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::{self, roles};
use super::state::{Arm, body_of, error};
use crate::core::json::time_text;
use crate::core::{Method, Request, Response};

/// Answers requests below `Microsoft.Authorization`, at any scope.
pub fn answer(arm: &mut Arm, request: &Request, parts: &[&str], now: Timestamp) -> Option<Response> {
    let at = parts
        .iter()
        .rposition(|part| *part == "microsoft.authorization")
        .filter(|at| *at > 0 && parts[at - 1] == "providers")?;
    let scope = format!("/{}", request.path[..at - 1].join("/"));
    let id = format!("/{}", request.path.join("/"));
    Some(match (&parts[at + 1..], request.method) {
        (["roledefinitions", rest @ ..], Method::Get) => definitions(request, &scope, rest.first().copied()),
        (["roleassignments"], Method::Get) => assignments(arm, request, &scope),
        (["roleassignments", name], Method::Get) => match arm.resources.get(&id.to_lowercase()) {
            Some(found) => Response::ok(found.clone()),
            None => error(404, "RoleAssignmentNotFound", &format!("The role assignment '{name}' is not found.")),
        },
        (["roleassignments", name], Method::Put) => assign(arm, request, &scope, &id, name, now),
        (["roleassignments", _], Method::Delete) => match arm.resources.remove(&id.to_lowercase()) {
            Some(found) => Response::ok(found),
            None => Response::no_content().with_effect(false),
        },
        (["checkaccess"], Method::Post) => access::check(arm, request, &scope),
        (["permissions"], Method::Get) => Response::ok(
            json!({ "value": [{ "actions": ["*"], "notActions": arm.not_actions, "dataActions": [], "notDataActions": [] }] }),
        ),
        _ => return None,
    })
}

fn definition(scope: &str, (name, id): (&str, &str)) -> Value {
    let subscription = scope.split('/').nth(2).map(|id| format!("/subscriptions/{id}")).unwrap_or_default();
    json!({
        "id": format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{id}"),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": id,
        "properties": { "roleName": name, "type": "BuiltInRole", "description": name, "assignableScopes": ["/"] },
    })
}

/// The text in quotes after `key eq ` in a filter.
fn filter<'a>(request: &'a Request, key: &str) -> Option<&'a str> {
    let (_, rest) = request.query("$filter")?.split_once(&format!("{key} eq '"))?;
    rest.split('\'').next()
}

fn definitions(request: &Request, scope: &str, wanted: Option<&str>) -> Response {
    if let Some(id) = wanted {
        return match roles().find(|(_, known)| *known == id) {
            Some(role) => Response::ok(definition(scope, role)),
            None => error(
                404,
                "RoleDefinitionDoesNotExist",
                &format!("The specified role definition with ID '{id}' does not exist."),
            ),
        };
    }
    let name = filter(request, "roleName");
    let mut rows: Vec<_> =
        roles().filter(|(role, _)| name.is_none_or(|name| role.eq_ignore_ascii_case(name))).collect();
    rows.sort_unstable();
    Response::ok(json!({ "value": rows.into_iter().map(|role| definition(scope, role)).collect::<Vec<_>>() }))
}

fn is_assignment(body: &Value) -> bool {
    body["type"] == "Microsoft.Authorization/roleAssignments"
}

fn assignments(arm: &Arm, request: &Request, scope: &str) -> Response {
    let principal = filter(request, "principalId").or_else(|| filter(request, "assignedTo"));
    let exact = request.query("$filter").is_some_and(|filter| filter.contains("atScope()"));
    let scope = scope.to_lowercase();
    let found = arm.resources.values().filter(|body| is_assignment(body)).filter(|body| {
        let own = body["properties"]["scope"].as_str().unwrap_or_default().to_lowercase();
        let above = own == scope || scope.starts_with(&format!("{own}/"));
        let below = own.starts_with(&format!("{scope}/"));
        (above || (below && !exact))
            && principal.is_none_or(|principal| body["properties"]["principalId"] == json!(principal))
    });
    Response::ok(json!({ "value": found.collect::<Vec<_>>() }))
}

fn assign(arm: &mut Arm, request: &Request, scope: &str, id: &str, name: &str, now: Timestamp) -> Response {
    let properties = body_of(request)["properties"].clone();
    let (Some(role), Some(principal)) = (properties["roleDefinitionId"].as_str(), properties["principalId"].as_str())
    else {
        return error(400, "InvalidRoleAssignmentRequest", "A role assignment needs roleDefinitionId and principalId.");
    };
    let role_id = role.rsplit('/').next().unwrap_or_default().to_lowercase();
    if !roles().any(|(_, known)| known == role_id) {
        return error(
            400,
            "RoleDefinitionDoesNotExist",
            &format!("The specified role definition with ID '{role_id}' does not exist."),
        );
    }
    if uuid::Uuid::parse_str(name).is_err() {
        return error(
            400,
            "InvalidRoleAssignmentId",
            &format!("The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."),
        );
    }
    if arm.principal_unknown_first > 0 {
        arm.principal_unknown_first -= 1;
        return error(
            400,
            "PrincipalNotFound",
            &format!(
                "Principal {principal} does not exist in the directory {}. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay.",
                arm.tenant
            ),
        );
    }
    let same = |other: &Value| {
        let own = &other["properties"];
        own["principalId"] == json!(principal)
            && own["roleDefinitionId"].as_str().is_some_and(|role| role.to_lowercase().ends_with(&role_id))
            && own["scope"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(scope))
    };
    let key = id.to_lowercase();
    if let Some((other, _)) =
        arm.resources.iter().find(|(other, body)| is_assignment(body) && same(body) && **other != key)
    {
        let other = other.rsplit('/').next().unwrap_or_default();
        return error(
            409,
            "RoleAssignmentExists",
            &format!(
                "The role assignment already exists. The ID of the conflicting role assignment is {}.",
                other.replace('-', "")
            ),
        );
    }
    let known = arm.resources.get(&key);
    if known.is_some_and(|old| !same(old)) {
        return error(
            409,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        );
    }
    let mut body = json!({
        "id": id,
        "type": "Microsoft.Authorization/roleAssignments",
        "name": name,
        "properties": {
            "roleDefinitionId": role,
            "principalId": principal,
            "principalType": properties["principalType"].as_str().unwrap_or("ServicePrincipal"),
            "scope": scope,
            "createdOn": time_text(now),
            "updatedOn": time_text(now),
        },
    });
    // what may be changed: it is replaced as a whole
    for name in ["description", "condition", "conditionVersion"] {
        if let Some(value) = properties.get(name).filter(|value| !value.is_null()) {
            body["properties"][name] = value.clone();
        }
    }
    if let Some(old) = known {
        let mut kept = old.clone();
        kept["properties"]["updatedOn"] = body["properties"]["updatedOn"].clone();
        let times = ["createdOn", "updatedOn"].map(|name| (name, kept["properties"][name].clone()));
        let mut now = body.clone();
        times.into_iter().for_each(|(name, time)| now["properties"][name] = time);
        let changed = now != kept;
        arm.resources.insert(key, now.clone());
        return Response::ok(now).with_effect(changed);
    }
    arm.resources.insert(key, body.clone());
    Response::created(body)
}
