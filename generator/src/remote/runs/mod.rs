//! Runs of pipelines as plain values, and how they are shown: a tree, tables, logs, a project at a glance.

pub mod log;
pub mod model_version;
pub mod page;
pub mod parameters;
pub mod status;
pub mod table;
#[cfg(test)]
mod tests;
pub mod timeline;
pub mod tree;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

pub use report_pages::run::Tests;

/// Where a run, or a part of one, is, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its turn has not come.
    Waiting,
    /// Going.
    Running,
    /// Asked to stop, and not stopped yet.
    Stopping,
    /// Went well.
    Succeeded,
    /// Went well, with warnings.
    SucceededWithIssues,
    /// Failed.
    Failed,
    /// Stopped by somebody.
    Canceled,
    /// Not done, as a condition said.
    Skipped,
}

impl State {
    /// One word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Succeeded => "succeeded",
            Self::SucceededWithIssues => "succeeded with issues",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
        }
    }

    /// One character for trees.
    pub fn sign(self) -> char {
        match self {
            Self::Waiting => '○',
            Self::Running | Self::Stopping => '●',
            Self::Succeeded => '✓',
            Self::SucceededWithIssues => '!',
            Self::Failed => '✗',
            Self::Canceled => '■',
            Self::Skipped => '–',
        }
    }

    /// Whether nothing more will come of it.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running | Self::Stopping)
    }

    /// Whether it is over and what it should do is done. A run with warnings is good, as the service has it.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::SucceededWithIssues)
    }
}

/// A run of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its id in the organization; commands name it by this.
    pub id: i64,
    /// Its number, such as `20261122.1` or `diabetes-3-1`.
    pub number: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// Where it is.
    pub state: State,
    /// The branch, without `refs/heads/`.
    pub branch: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// Why it was started, in the service's word: `manual`, `schedule`, `individualCI`.
    pub reason: Option<String>,
    /// Who started it.
    pub requested_by: Option<String>,
    /// When it was queued.
    pub queued: Option<Timestamp>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What the service found wrong with it.
    pub problems: Vec<String>,
    /// Its page in the portal.
    pub url: Option<String>,
}

impl Run {
    /// Time from its start to its end, or to `now` while it goes; `None` before its start.
    pub fn took(&self, now: Timestamp) -> Option<i64> {
        seconds(self.started, self.finished, now)
    }

    /// The first seven digits of the commit.
    pub fn short_commit(&self) -> &str {
        self.commit.as_deref().map_or("", |commit| commit.get(..7).unwrap_or(commit))
    }
}

/// An approval that a run waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingApproval {
    /// Its id.
    pub id: String,
    /// The run that waits.
    pub run: i64,
    /// The run's pipeline, where known.
    pub pipeline: String,
    /// That pipeline's id, where known.
    #[serde(skip)]
    pub pipeline_id: Option<i64>,
    /// The run's number, where known.
    pub number: String,
    /// The stage that waits, where known.
    pub stage: Option<String>,
    /// Who is asked and has not answered.
    pub approvers: Vec<String>,
    /// What they are asked to look at.
    pub instructions: Option<String>,
}

/// Seconds from `start` to `end`, or to `now` while there is no end.
pub(crate) fn seconds(start: Option<Timestamp>, end: Option<Timestamp>, now: Timestamp) -> Option<i64> {
    let start = start?;
    Some((end.unwrap_or(now).as_second() - start.as_second()).max(0))
}

/// A span of time for people: `0:07`, `12:30`, `1:02:03`.
pub fn clock(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// How long ago for people: `now`, `5 min ago`, `3 h ago`, `12 d ago`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let minutes = (now.as_second() - then.as_second()) / 60;
    match minutes {
        ..=0 => "now".to_owned(),
        1..=59 => format!("{minutes} min ago"),
        60..=2879 => format!("{} h ago", minutes / 60),
        _ => format!("{} d ago", minutes / 1440),
    }
}
