//! What a job is carried out with.

use serde_json::json;

use super::registry::Registry;
use crate::store::{Store, at};

/// What a job is carried out with.
pub(super) struct Work<'a> {
    pub store: &'a Store,
    pub workspace: &'a str,
    pub name: &'a str,
    pub registry: &'a Registry,
    pub experiment: String,
    /// The compute of steps that name none.
    pub compute: String,
}

/// Whether somebody asked the job to end.
pub(super) fn is_cancelled(work: &Work<'_>) -> bool {
    let asked =
        work.store.read(|state| at(state, &["ml", work.workspace, "jobs", work.name, "cancel"]) == Some(&json!(true)));
    asked.unwrap_or(false)
}
