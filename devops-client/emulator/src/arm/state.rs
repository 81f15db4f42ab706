//! What Azure holds, and how it answers when something is wrong or takes its time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::core::ids::IdSource;
use crate::core::{Request, Response};

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
    pub(super) ids: IdSource,
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

    /// Starts a long-running operation whose last answer is the body; gives back 202 with its URL.
    pub(super) fn later(&mut self, request: &Request, answer: Value) -> Response {
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
pub(super) fn error(status: u16, code: &str, message: &str) -> Response {
    Response { status, ..Response::ok(json!({ "error": { "code": code, "message": message } })) }.with_effect(false)
}

/// The body as JSON; null if it is none.
pub(super) fn body_of(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap_or_default()
}
