//! A resource that somebody wants, and why it is not taken.

use std::collections::BTreeMap;

use serde_json::Value;

/// Why a resource is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// HTTP status.
    pub status: u16,
    /// Code of the error.
    pub code: &'static str,
    /// Its message.
    pub message: String,
}

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Option<Self> {
        Some(Self { status, code, message: message.into() })
    }
}

/// A resource that a template makes, beside all that is there.
pub struct Wanted<'a> {
    /// Everything that is there, by id in lower case.
    pub there: &'a BTreeMap<String, Value>,
    /// Its id.
    pub id: &'a str,
    /// Its type, in lower case.
    pub kind: String,
    /// Its own name, the last of its segments.
    pub name: &'a str,
    /// What is wanted of it.
    pub body: &'a Value,
    /// The day, as in `2026-12-24`.
    pub today: &'a str,
}

impl<'a> Wanted<'a> {
    /// The resource of an id: what follows the last `providers` is its type and its names in turn.
    pub fn of(there: &'a BTreeMap<String, Value>, id: &'a str, body: &'a Value, today: &'a str) -> Self {
        let own = id.rsplit("/providers/").next().unwrap_or(id);
        let mut parts = own.split('/');
        let provider = parts.next().unwrap_or_default();
        let types: Vec<&str> = parts.step_by(2).collect();
        let kind = format!("{provider}/{}", types.join("/")).to_lowercase();
        Self { there, id, kind, name: id.rsplit('/').next().unwrap_or_default(), body, today }
    }

    /// The resource as it is, if it is there.
    pub(super) fn before(&self) -> Option<&Value> {
        self.there.get(&self.id.to_lowercase())
    }

    /// The text at a place of it.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer).and_then(Value::as_str)
    }
}

/// What a test of a rule needs: what `judge` says of `body` under `id`, beside `there`.
#[cfg(test)]
pub(super) fn judged_by(
    judge: fn(&Wanted<'_>) -> Option<Refused>,
    there: &[(&str, Value)],
    id: &str,
    body: &Value,
) -> Option<Refused> {
    let there = there.iter().map(|(id, body)| (id.to_lowercase(), body.clone())).collect();
    judge(&Wanted::of(&there, id, body, "2026-12-24"))
}
