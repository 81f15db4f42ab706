//! A local double of Azure Resource Manager: what is needed before a first pipeline can run. Resource groups, managed
//! identities with federated credentials, role assignments, deployments (validate, what-if, create), resource providers,
//! deleted vaults, name checks, quota and usage of Azure Machine Learning; other resources are kept as they are given.

mod budgets;
mod deployments;
mod identities;
mod machines;
mod resources;
mod roles;
mod state;
mod subscriptions;
mod template;

use std::net::SocketAddr;

use jiff::Timestamp;
use serde_json::json;

use crate::core::{Request, Response};
use crate::server::StartError;
use crate::server::double::Double;
pub use state::Arm;
use state::error;

impl Arm {
    /// Listens on any free port of loopback. Errors if that is impossible.
    pub async fn start(self) -> Result<Double<Arm>, StartError> {
        Double::start(SocketAddr::from(([127, 0, 0, 1], 0)), self, serve).await
    }
}

/// Answers a request.
pub fn serve(arm: &mut Arm, request: &Request, now: Timestamp) -> Response {
    let token = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    if !token.is_some_and(|token| arm.tokens.is_empty() || arm.tokens.iter().any(|known| known == token)) {
        let challenge = format!(
            "Bearer authorization_uri=\"https://login.microsoftonline.com/{}\", error=\"invalid_token\"",
            arm.tenant
        );
        return error(
            401,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing or invalid.",
        )
        .with_header("WWW-Authenticate", challenge);
    }
    if request.query("api-version").is_none() {
        return error(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        );
    }
    let path: Vec<String> = request.path.iter().map(|part| part.to_lowercase()).collect();
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    if let ["operations", id] = parts[..] {
        return operation(arm, request, id);
    }
    if let ["subscriptions", subscription, ..] = parts[..]
        && !arm.subscriptions.contains_key(subscription)
    {
        return error(404, "SubscriptionNotFound", &format!("The subscription '{subscription}' could not be found."));
    }
    subscriptions::answer(arm, request, &parts)
        .or_else(|| roles::answer(arm, request, &parts, now))
        .or_else(|| deployments::answer(arm, request, &parts, now))
        .or_else(|| identities::answer(arm, request, &parts))
        .unwrap_or_else(|| resources::answer(arm, request, &parts))
}

fn operation(arm: &mut Arm, request: &Request, id: &str) -> Response {
    let Some((polls, answer)) = arm.operations.get_mut(id) else {
        return error(404, "OperationNotFound", &format!("The operation '{id}' could not be found."));
    };
    let done = *polls == 0;
    *polls = polls.saturating_sub(1);
    let asynchronous = request.query("status").is_some();
    match (done, asynchronous) {
        (false, true) => {
            Response::ok(json!({ "id": id, "name": id, "status": "InProgress" })).with_header("Retry-After", "0")
        }
        (false, false) => Response { status: 202, ..Response::no_content() }
            .with_header("Location", format!("{}/operations/{id}?api-version=2022-09-01", request.origin))
            .with_header("Retry-After", "0"),
        (true, true) => {
            let mut body = json!({ "id": id, "name": id, "status": "Succeeded" });
            crate::core::json::merge(&mut body, answer);
            Response::ok(body)
        }
        (true, false) if answer.is_null() => Response { status: 200, ..Response::no_content() },
        (true, false) => Response::ok(answer.clone()),
    }
}
