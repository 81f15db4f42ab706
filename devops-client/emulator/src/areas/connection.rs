//! What clients ask first: who am I, and where is what.

use serde_json::{Value, json};

use crate::core::json::items;
use crate::core::locations::{AREAS, CONNECTION_DATA, PERMISSION_EVALUATION, RESOURCE_AREAS, SECURITY_NAMESPACES};
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response};

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("_apis/connectionData", &CONNECTION_DATA, connection_data),
    Route::get("_apis/ResourceAreas", &RESOURCE_AREAS, areas),
    Route::get("_apis/ResourceAreas/{areaId}", &RESOURCE_AREAS, area),
    Route::query("_apis/security/permissionevaluationbatch", &PERMISSION_EVALUATION, evaluate),
    Route::get("_apis/securitynamespaces", &SECURITY_NAMESPACES, namespaces),
];

/// An action of a security namespace: its bit and its name.
type SecurityAction = (u32, &'static str);

/// Security namespaces that a permission check of pipelines things needs: id, name, and their actions.
const NAMESPACES: &[(&str, &str, &[SecurityAction])] = &[
    ("52d39943-cb85-4d7f-8fa8-c6baac873819", "Project", &[(1, "GENERIC_READ"), (2, "GENERIC_WRITE"), (4, "DELETE")]),
    (
        "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87",
        "Git Repositories",
        &[
            (1, "Administer"),
            (2, "GenericRead"),
            (4, "GenericContribute"),
            (16, "CreateBranch"),
            (256, "CreateRepository"),
            (16384, "PullRequestContribute"),
        ],
    ),
    (
        "33344d9c-fc72-4d6f-aba5-fa317101a7e9",
        "Build",
        &[
            (1, "ViewBuilds"),
            (128, "QueueBuilds"),
            (1024, "ViewBuildDefinition"),
            (2048, "EditBuildDefinition"),
            (4096, "DeleteBuildDefinition"),
        ],
    ),
    (
        "49b48001-ca20-4adc-8111-5b60c903a50c",
        "ServiceEndpoints",
        &[(1, "Use"), (2, "Administer"), (4, "Create"), (16, "ViewEndpoint")],
    ),
    ("b7e84409-6553-448a-bbb2-af228e07cbeb", "Library", &[(1, "View"), (2, "Administer"), (4, "Create"), (16, "Use")]),
    (
        "83d4c2e6-e57d-4d6e-892b-b87222b7ad20",
        "Environment",
        &[(1, "View"), (2, "Manage"), (8, "Administer"), (16, "Use"), (32, "Create")],
    ),
];

fn connection_data(call: &mut Call<'_>) -> Outcome {
    let Some(identity) = call.organization.identity(call.caller) else {
        return Ok(Response::ok(json!({ "instanceId": call.organization.id })));
    };
    let user = json!({
        "id": identity.id,
        "descriptor": format!("Microsoft.IdentityModel.Claims.ClaimsIdentity;{}\\{}", call.organization.tenant, identity.unique_name),
        "subjectDescriptor": identity.descriptor(),
        "providerDisplayName": identity.display_name,
        "isActive": true,
        "properties": { "Account": { "$type": "System.String", "$value": identity.unique_name } },
        "resourceVersion": 2,
        "metaTypeId": 0,
    });
    Ok(Response::ok(json!({
        "authenticatedUser": user,
        "authorizedUser": user,
        "instanceId": call.organization.id,
        "deploymentId": crate::core::ids::named("deployment"),
        "deploymentType": "hosted",
        "locationServiceData": {
            "serviceOwner": "00025394-6065-48ca-87d9-7f5672854ef7",
            "defaultAccessMappingMoniker": "PublicAccessMapping",
            "lastChangeId": 1,
            "lastChangeId64": 1,
        },
    })))
}

fn area_json(call: &Call<'_>, (id, name): (&str, &str)) -> Value {
    json!({ "id": id, "name": name, "locationUrl": format!("{}/", call.root()) })
}

fn areas(call: &mut Call<'_>) -> Outcome {
    Ok(Response::list(AREAS.iter().map(|area| area_json(call, *area)).collect()))
}

fn area(call: &mut Call<'_>) -> Outcome {
    let id = call.param("areaId");
    let found = AREAS.iter().find(|(known, _)| known.eq_ignore_ascii_case(id));
    Ok(Response::ok(found.map_or(Value::Null, |area| area_json(call, *area))))
}

/// Answers which of the asked permissions the caller has: all of them, in namespaces that exist.
fn evaluate(call: &mut Call<'_>) -> Outcome {
    let mut body = call.body()?;
    let known = |evaluation: &Value| {
        let id = evaluation.get("securityNamespaceId").and_then(Value::as_str).unwrap_or_default();
        NAMESPACES.iter().any(|(namespace, ..)| namespace.eq_ignore_ascii_case(id))
    };
    let answered: Vec<Value> = items(&body, "evaluations")
        .iter()
        .map(|evaluation| {
            let mut evaluation = evaluation.clone();
            evaluation["value"] = json!(known(&evaluation));
            evaluation
        })
        .collect();
    body["evaluations"] = json!(answered);
    Ok(Response::ok(body))
}

fn namespaces(_call: &mut Call<'_>) -> Outcome {
    let namespaces = NAMESPACES.iter().map(|(id, name, actions)| {
        let actions: Vec<Value> = actions
            .iter()
            .map(|(bit, action)| json!({ "bit": bit, "name": action, "displayName": action, "namespaceId": id }))
            .collect();
        json!({ "namespaceId": id, "name": name, "displayName": name, "actions": actions })
    });
    Ok(Response::list(namespaces.collect()))
}
