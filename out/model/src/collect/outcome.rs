//! What turned out for one row.

use super::value::Value;

/// What turned out for one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Which row.
    pub key: Key,
    /// The target's value.
    pub value: Value,
}

/// A request's id and a row in it: what makes a row this one.
pub type Key = (String, u64);
