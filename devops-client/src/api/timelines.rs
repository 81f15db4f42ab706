//! What happens in a run: stages, phases, jobs and tasks. (Document: build.)
//!
//! ```no_run
//! # use devops_client::{Project, Result, RunId};
//! use devops_client::api::timelines::RecordKind;
//!
//! # async fn example(project: Project, run: RunId) -> Result<()> {
//! let timeline = project.builds().timeline(run).await?;
//! for stage in timeline.of_kind(&RecordKind::Stage) {
//!     println!("{:?}", stage.name);
//! }
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::builds::Builds;
use crate::error::Result;
use crate::extra::Extra;
use crate::id::{LogId, RecordId, RunId};
use crate::open_enum::open_enum;
use crate::time::Timestamp;

open_enum! {
    /// What a record is of.
    RecordKind {
        /// A stage.
        Stage = "Stage",
        /// A phase: the jobs of one `job:`.
        Phase = "Phase",
        /// A job.
        Job = "Job",
        /// A task.
        Task = "Task",
        /// The place where the checks of a stage are.
        Checkpoint = "Checkpoint",
    }
}

open_enum! {
    /// Where a record is.
    RecordState {
        /// Waiting.
        Pending = "pending",
        /// Going.
        InProgress = "inProgress",
        /// Over.
        Completed = "completed",
    }
}

open_enum! {
    /// What came of a record.
    RecordResult {
        /// Went well.
        Succeeded = "succeeded",
        /// Went well, with issues.
        SucceededWithIssues = "succeededWithIssues",
        /// Failed.
        Failed = "failed",
        /// Cancelled.
        Canceled = "canceled",
        /// Not done.
        Skipped = "skipped",
        /// Lost.
        Abandoned = "abandoned",
    }
}

/// Which log a record has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogRef {
    /// The log.
    pub id: LogId,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An error or warning of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Issue {
    /// `error` or `warning`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What it says.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub message: String,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A stage, phase, job or task of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TimelineRecord {
    /// Its id.
    pub id: RecordId,
    /// The record that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<RecordId>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: RecordKind,
    /// The name shown.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub name: String,
    /// The name in the YAML; of a stage, what [`Builds::retry_stage`] takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<RecordState>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<RecordResult>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_time: Option<Timestamp>,
    /// Its place among its siblings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    /// Counts the tries, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<i64>,
    /// Its log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogRef>,
    /// Its errors and warnings.
    #[serde(default, deserialize_with = "crate::extra::null_default", skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// All records of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Timeline {
    /// The records, in no order.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub records: Vec<TimelineRecord>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Timeline {
    /// The records of one kind, in their order.
    pub fn of_kind(&self, kind: &RecordKind) -> Vec<&TimelineRecord> {
        let mut records: Vec<_> = self.records.iter().filter(|record| record.kind == *kind).collect();
        records.sort_by_key(|record| record.order);
        records
    }
}

impl Builds {
    /// What happens in a run; empty before it starts, when the service may answer with nothing at all.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn timeline(&self, id: RunId) -> Result<Timeline> {
        Ok(self.route().segment(id).path("timeline").get()?.optional().await?.unwrap_or_default())
    }
}
