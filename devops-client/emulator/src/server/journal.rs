//! The journal of requests, for counting what a client really did.

use serde::Serialize;

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Counts requests, from 1.
    pub number: u64,
    /// Milliseconds since the start.
    pub at_millis: u64,
    /// The method.
    pub method: String,
    /// The path from the organization on, without the query.
    pub path: String,
    /// The query, as it was sent.
    pub query: String,
    /// The route's template; empty if none answered.
    pub route: &'static str,
    /// The status that was answered, also when the answer did not reach the caller.
    pub status: u16,
    /// Whether the organization is different because of it.
    pub effect: bool,
    /// Faults that hit it, by name.
    pub faults: Vec<String>,
    /// Whether the connection was reset instead of an answer.
    pub reset: bool,
}
