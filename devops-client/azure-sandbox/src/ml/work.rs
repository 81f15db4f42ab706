//! What a job is carried out with, and what it says.

use std::io::Write as _;

use serde_json::json;

use super::places;
use super::registry::Registry;
use crate::store::{Store, at};

/// What a job is carried out with.
pub(super) struct Work<'a> {
    pub store: &'a Store,
    pub workspace: &'a str,
    pub name: &'a str,
    pub registry: &'a Registry,
    pub experiment: String,
}

/// A line of the job's own log.
pub(super) fn say(store: &Store, name: &str, line: &str) {
    let path = places::job(store, name).join("job.log");
    // a log that cannot be written harms nobody's job
    if let Ok(mut file) = std::fs::File::options().create(true).append(true).open(path) {
        let _ = writeln!(file, "{line}");
    }
}

/// Whether somebody asked the job to end.
pub(super) fn is_cancelled(work: &Work<'_>) -> bool {
    let asked =
        work.store.read(|state| at(state, &["ml", work.workspace, "jobs", work.name, "cancel"]) == Some(&json!(true)));
    asked.unwrap_or(false)
}
