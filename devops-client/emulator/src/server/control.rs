//! The control API, under `/_emulator/`, which no organization can be called. It needs no credentials: the emulator
//! listens on loopback.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::faults::Fault;
use super::shared::Shared;
use super::throttle::{Spent, Throttle};
use crate::core::Organization;
use crate::core::organization::Settings;
use crate::state::runs::Scripted;

/// The routes.
pub fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_emulator/state", get(print).put(load))
        .route("/_emulator/state/full", get(save))
        .route("/_emulator/requests", get(requests).delete(forget))
        .route("/_emulator/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/_emulator/throttle", get(throttle).put(set_throttle).delete(clear_throttle))
        .route("/_emulator/settings", get(settings).put(set_settings))
        .route("/_emulator/steps", post(script))
        .route("/_emulator/projects", post(project))
        .route("/_emulator/identities", post(identity))
        .route("/_emulator/vaults", post(vault))
        .route("/_emulator/endpoints/fail", post(fail_endpoint))
}

fn refuse(message: impl std::fmt::Display) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": message.to_string() }))).into_response()
}

async fn print(State(shared): State<Arc<Shared>>) -> Response {
    match shared.lock().organization.print() {
        Ok(state) => Json(state).into_response(),
        Err(error) => refuse(error),
    }
}

async fn save(State(shared): State<Arc<Shared>>) -> Response {
    match shared.lock().organization.save() {
        Ok(state) => Json(state).into_response(),
        Err(error) => refuse(error),
    }
}

async fn load(State(shared): State<Arc<Shared>>, Json(state): Json<Value>) -> Response {
    match Organization::load(state) {
        Ok(organization) => {
            shared.lock().organization = organization;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => refuse(error),
    }
}

async fn requests(State(shared): State<Arc<Shared>>) -> Response {
    let entries: Vec<_> = shared.lock().journal.iter().cloned().collect();
    Json(json!({ "count": entries.len(), "value": entries })).into_response()
}

async fn forget(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.lock().journal.clear();
    StatusCode::NO_CONTENT
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<Vec<Fault>> {
    Json(shared.lock().faults.clone())
}

/// Takes one fault or a list of them.
async fn add_faults(State(shared): State<Arc<Shared>>, Json(given): Json<Value>) -> Response {
    let list = if given.is_array() { given } else { json!([given]) };
    match serde_json::from_value::<Vec<Fault>>(list) {
        Ok(faults) => {
            shared.lock().faults.extend(faults);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => refuse(error),
    }
}

async fn clear_faults(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.lock().faults.clear();
    StatusCode::NO_CONTENT
}

async fn throttle(State(shared): State<Arc<Shared>>) -> Json<Option<Throttle>> {
    Json(shared.lock().throttle)
}

async fn set_throttle(State(shared): State<Arc<Shared>>, Json(limit): Json<Throttle>) -> StatusCode {
    let mut inner = shared.lock();
    inner.throttle = Some(limit);
    inner.spent = Spent::default();
    StatusCode::NO_CONTENT
}

async fn clear_throttle(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.lock().throttle = None;
    StatusCode::NO_CONTENT
}

async fn settings(State(shared): State<Arc<Shared>>) -> Json<Settings> {
    Json(shared.lock().organization.settings.clone())
}

async fn set_settings(State(shared): State<Arc<Shared>>, Json(settings): Json<Settings>) -> StatusCode {
    shared.lock().organization.settings = settings;
    StatusCode::NO_CONTENT
}

async fn script(State(shared): State<Arc<Shared>>, Json(scripted): Json<Scripted>) -> StatusCode {
    shared.lock().organization.scripted.push(scripted);
    StatusCode::NO_CONTENT
}

async fn project(State(shared): State<Arc<Shared>>, Json(body): Json<Value>) -> Response {
    let Some(name) = body.get("name").and_then(Value::as_str) else { return refuse("name is missing") };
    let mut inner = shared.lock();
    if inner.organization.find_project(name).is_some() {
        return refuse(format!("the project {name} exists already"));
    }
    let id = inner.organization.add_project(name, Timestamp::now());
    Json(json!({ "id": id, "name": name })).into_response()
}

async fn identity(State(shared): State<Arc<Shared>>, Json(body): Json<Value>) -> Response {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let (Some(name), Some(mail)) = (text("displayName"), text("uniqueName")) else {
        return refuse("displayName or uniqueName is missing");
    };
    let id = shared.lock().organization.add_identity(name, mail, body.get("group") == Some(&json!(true)));
    Json(json!({ "id": id })).into_response()
}

/// Puts secrets (names with attributes) into a vault: `{"vault": "v", "secrets": {"name": {"enabled": true}}}`.
async fn vault(State(shared): State<Arc<Shared>>, Json(body): Json<Value>) -> Response {
    let Some(vault) = body.get("vault").and_then(Value::as_str) else { return refuse("vault is missing") };
    let mut inner = shared.lock();
    inner.organization.vaults.entry(vault.to_lowercase()).or_default();
    for (name, attributes) in body.get("secrets").and_then(Value::as_object).into_iter().flatten() {
        inner.organization.add_vault_secret(vault, name, attributes.clone());
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn fail_endpoint(State(shared): State<Arc<Shared>>, Json(body): Json<Value>) -> Response {
    let id = body.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let Some(id) = id else { return refuse("id is missing") };
    shared.lock().organization.fail_endpoint(id, body.get("reason").and_then(Value::as_str).unwrap_or("failed"));
    StatusCode::NO_CONTENT.into_response()
}
