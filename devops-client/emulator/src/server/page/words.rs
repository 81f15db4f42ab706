//! States of runs and of their parts, as words.

use jiff::Timestamp;
use report_pages::Mood;

use crate::pipelines::records::{Record, State};
use crate::state::runs::{Build, Status};

/// How something went by the word for its result.
pub(super) fn mood(result: &str) -> Mood {
    match result {
        "succeeded" | "approved" => Mood::Good,
        "succeededWithIssues" | "partiallySucceeded" => Mood::Warned,
        "failed" | "rejected" | "abandoned" => Mood::Bad,
        "canceled" => Mood::Warned,
        _ => Mood::Quiet,
    }
}

fn word(result: &str) -> String {
    match result {
        "succeededWithIssues" => "succeeded with issues".to_owned(),
        "partiallySucceeded" => "partially succeeded".to_owned(),
        other => other.to_owned(),
    }
}

/// What a run is, or what it came to.
pub(super) fn of_run(build: &Build) -> (Mood, String) {
    match (build.status, build.result.as_deref()) {
        (Status::Completed, Some(result)) => (mood(result), word(result)),
        (Status::Completed, None) => (Mood::Quiet, "completed".to_owned()),
        (Status::NotStarted, _) => (Mood::Waiting, "queued".to_owned()),
        (Status::Cancelling, _) => (Mood::Warned, "canceling".to_owned()),
        (Status::InProgress, _) => (Mood::Going, "in progress".to_owned()),
    }
}

/// What a part of a run is, or what it came to.
pub(super) fn of_record(record: &Record) -> (Mood, String) {
    match (record.state, record.result.as_deref()) {
        (State::Pending, _) => (Mood::Waiting, "waits".to_owned()),
        (State::InProgress, _) => (Mood::Going, "in progress".to_owned()),
        (State::Completed, Some(result)) => (mood(result), word(result)),
        (State::Completed, None) => (Mood::Good, "completed".to_owned()),
    }
}

/// Seconds between two times, negative if the second is the earlier one.
pub(super) fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    (to.as_millisecond() - from.as_millisecond()) as f64 / 1000.0
}
