//! The JSON schema of pipelines that the service gives to editors.

use serde_json::{Value, json};

use crate::core::locations::YAML_SCHEMA;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response};
use crate::pipelines::tasks;

/// The routes.
pub const ROUTES: &[Route] = &[Route::get("_apis/distributedtask/yamlschema", &YAML_SCHEMA, get)];

/// A schema of the shape of the live one: `definitions` with the pipeline, its stages, jobs and steps, and the tasks
/// that the organization knows.
fn get(_call: &mut Call<'_>) -> Outcome {
    let patterns: Vec<Value> = tasks::all().map(|task| json!({ "pattern": format!("^{task}$") })).collect();
    let object = |properties: Value| json!({ "type": "object", "properties": properties });
    let list = |name: &str| json!({ "type": "array", "items": { "$ref": format!("#/definitions/{name}") } });
    Ok(Response::ok(json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "v1.250.0",
        "title": "Pipeline schema",
        "description": "A pipeline definition",
        "anyOf": [{ "$ref": "#/definitions/pipeline" }],
        "definitions": {
            "pipeline": object(json!({
                "name": { "type": "string" }, "trigger": {}, "pr": {}, "schedules": { "type": "array" }, "resources": {},
                "variables": {}, "parameters": {}, "pool": {}, "lockBehavior": { "enum": ["sequential", "runLatest"] }, "extends": {},
                "stages": list("stage"), "jobs": list("job"), "steps": list("step"),
            })),
            "stage": object(json!({ "stage": { "type": "string" }, "displayName": { "type": "string" }, "dependsOn": {}, "condition": { "type": "string" }, "variables": {}, "jobs": list("job") })),
            "job": object(json!({ "job": { "type": "string" }, "deployment": { "type": "string" }, "environment": {}, "strategy": {}, "pool": {}, "dependsOn": {}, "steps": list("step") })),
            "step": object(json!({ "task": { "$ref": "#/definitions/task" }, "script": { "type": "string" }, "bash": { "type": "string" }, "pwsh": { "type": "string" }, "checkout": { "type": "string" }, "download": { "type": "string" }, "publish": { "type": "string" }, "template": { "type": "string" } })),
            "task": { "type": "string", "anyOf": patterns },
        },
    })))
}
