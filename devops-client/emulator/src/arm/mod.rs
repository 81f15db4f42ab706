//! A local double of Azure Resource Manager: what is needed before a first pipeline can run. Resource groups, managed
//! identities with federated credentials, role assignments, deployments (validate, what-if, create), resource providers,
//! deleted vaults, name checks, quota and usage of Azure Machine Learning; other resources are kept as they are given.

mod budgets;
mod demands;
mod deployments;
mod identities;
mod machines;
mod resources;
mod roles;
mod subscriptions;
mod template;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::core::ids::IdSource;
use crate::core::{Request, Response};
use crate::server::StartError;
use crate::server::double::Double;

/// The state of Azure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// The tenant.
    pub tenant: String,
    /// Subscriptions: id to name.
    pub subscriptions: BTreeMap<String, String>,
    /// Resources by their id in lower case: groups, identities, role assignments, deployments and all others.
    pub resources: BTreeMap<String, Value>,
    /// Registered resource providers, `subscription/namespace` in lower case, with polls until they are.
    pub providers: BTreeMap<String, u32>,
    /// Deleted vaults that keep their names, by name in lower case.
    pub deleted_vaults: BTreeMap<String, Value>,
    /// Usage of virtual machine families in Azure Machine Learning: name to used and limit.
    pub quota: BTreeMap<String, (i64, i64)>,
    /// Long-running operations: id to polls left and the answer.
    pub operations: BTreeMap<String, (u32, Value)>,
    /// So many polls find a long-running operation unfinished.
    pub polls: u32,
    /// So many writes of role assignments do not find a new principal yet.
    pub principal_unknown_first: u32,
    /// Actions that the caller may not take: patterns with `*`. All others are allowed.
    #[serde(default)]
    pub not_actions: Vec<String>,
    /// Accepted bearer tokens; empty takes every one. They are not part of a saved state.
    #[serde(skip)]
    pub tokens: Vec<String>,
    ids: IdSource,
}

impl Arm {
    /// A tenant with one subscription and nothing in it.
    pub fn new(tenant: &str, subscription: &str) -> Arm {
        Arm {
            tenant: tenant.to_owned(),
            subscriptions: BTreeMap::from([(subscription.to_lowercase(), "Subscription".to_owned())]),
            resources: BTreeMap::new(),
            providers: BTreeMap::new(),
            deleted_vaults: BTreeMap::new(),
            quota: BTreeMap::from([
                ("standardDSv2Family".to_owned(), (0, 100)),
                ("standardDv3Family".to_owned(), (0, 100)),
                ("standardDASv4Family".to_owned(), (0, 100)),
                ("standardDDSv5Family".to_owned(), (0, 100)),
                ("LowPriorityCores".to_owned(), (0, 100)),
            ]),
            operations: BTreeMap::new(),
            polls: 1,
            principal_unknown_first: 0,
            not_actions: Vec::new(),
            tokens: Vec::new(),
            ids: IdSource::new(&format!("azure {tenant}")),
        }
    }

    /// Usage and limit of a virtual machine family.
    pub fn quota(mut self, family: &str, used: i64, limit: i64) -> Arm {
        self.quota.insert(family.to_owned(), (used, limit));
        self
    }

    /// A resource provider that is registered.
    pub fn registered(mut self, namespace: &str) -> Arm {
        for subscription in self.subscriptions.keys() {
            self.providers.insert(format!("{subscription}/{}", namespace.to_lowercase()), 0);
        }
        self
    }

    /// Listens on any free port of loopback. Errors if that is impossible.
    pub async fn start(self) -> Result<Double<Arm>, StartError> {
        Double::start(SocketAddr::from(([127, 0, 0, 1], 0)), self, serve).await
    }

    /// Starts a long-running operation whose last answer is the body; gives back 202 with its URL.
    fn later(&mut self, request: &Request, answer: Value) -> Response {
        let id = self.ids.guid().to_string();
        self.operations.insert(id.clone(), (self.polls, answer));
        let url = format!("{}/operations/{id}?api-version=2022-09-01", request.origin);
        let response = Response { status: 202, ..Response::no_content() };
        response
            .with_header("Location", url.clone())
            .with_header("Azure-AsyncOperation", format!("{url}&status"))
            .with_header("Retry-After", "0")
    }
}

/// An error as Azure Resource Manager writes it.
fn error(status: u16, code: &str, message: &str) -> Response {
    Response { status, ..Response::ok(json!({ "error": { "code": code, "message": message } })) }.with_effect(false)
}

/// The body as JSON; null if it is none.
fn body_of(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap_or_default()
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
