//! One check and what came of it.

use crate::text::harmless;

/// One check and its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The subject: `schema`, `values` or `distribution`.
    pub suite: &'static str,
    /// What was checked, with the column's name.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// As expected; holds what was found.
    Passed(String),
    /// Not as expected; holds what was found and what was expected.
    Failed(String),
    /// Could not be checked; holds why.
    Skipped(String),
}

impl Check {
    /// Names and outcomes hold what stands in data, so they are made harmless here, once.
    pub(super) fn new(suite: &'static str, name: impl Into<String>, outcome: Outcome) -> Self {
        let outcome = match outcome {
            Outcome::Passed(found) => Outcome::Passed(harmless(&found)),
            Outcome::Failed(found) => Outcome::Failed(harmless(&found)),
            Outcome::Skipped(why) => Outcome::Skipped(harmless(&why)),
        };
        Self { suite, name: harmless(&name.into()), outcome }
    }
}

/// Outcome of a yes-or-no question.
pub(super) fn verdict(good: bool, found: String) -> Outcome {
    if good { Outcome::Passed(found) } else { Outcome::Failed(found) }
}
