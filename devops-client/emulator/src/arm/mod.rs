//! A local double of Azure Resource Manager: what is needed before a first pipeline can run. Resource groups, managed
//! identities with federated credentials, role assignments, deployments (validate, what-if, create), resource providers,
//! deleted vaults, name checks, quota and usage of Azure Machine Learning; other resources are kept as they are given.

pub mod access;
mod born;
mod budgets;
mod cloud;
mod demands;
mod deployments;
mod identities;
mod machines;
mod peerings;
mod resources;
mod roles;
mod state;
mod subscriptions;
mod template;

use std::net::SocketAddr;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::core::{Request, Response};
use crate::server::StartError;
use crate::server::double::Double;
pub use state::Arm;
use state::error;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// Somebody who may do everything.
    Owner,
    /// An identity that may do what its role assignments allow.
    As(access::Caller),
}

impl Arm {
    /// Who a token signs in: whoever owns everything, or with `~` and the client id of an identity after it that identity,
    /// which may do what its role assignments allow.
    pub fn signed_in(&self, token: &str) -> Option<SignedIn> {
        let known = |token: &str| self.tokens.is_empty() || self.tokens.iter().any(|known| known == token);
        let Some((token, client)) = token.split_once('~') else {
            return known(token).then_some(SignedIn::Owner);
        };
        let own = |body: &&Value| {
            body["properties"]["clientId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(client))
                || body["identity"]["principalId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(client))
        };
        let found = self.resources.values().find(own).filter(|_| known(token))?;
        let principal = found["properties"]["principalId"].as_str().unwrap_or(client).to_owned();
        Some(SignedIn::As(access::Caller { client: client.to_owned(), principal }))
    }

    /// Listens on any free port of loopback. Errors if that is impossible.
    pub async fn start(self) -> Result<Double<Arm>, StartError> {
        Double::start(SocketAddr::from(([127, 0, 0, 1], 0)), self, serve).await
    }
}

/// Answers a request.
pub fn serve(arm: &mut Arm, request: &Request, now: Timestamp) -> Response {
    let token = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    let Some(signed_in) = token.and_then(|token| arm.signed_in(token)) else {
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
    };
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
    if let SignedIn::As(caller) = &signed_in
        && let Some(mut operation) = access::operation(request, &parts)
    {
        // what is taken away says itself which role it gave
        let there = arm.resources.get(&format!("/{}", path.join("/")));
        let own = there.and_then(|there| there["properties"]["roleDefinitionId"].as_str()?.rsplit('/').next());
        operation.role = operation.role.or_else(|| own.map(str::to_owned));
        if !access::allows(arm, &caller.principal, &operation) {
            return access::refused(caller, &operation);
        }
    }
    let caller = match &signed_in {
        SignedIn::As(caller) => Some(caller),
        SignedIn::Owner => None,
    };
    subscriptions::answer(arm, request, &parts)
        .or_else(|| roles::answer(arm, request, &parts, now))
        .or_else(|| deployments::answer(arm, request, &parts, caller, now))
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
