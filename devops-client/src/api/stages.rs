//! Stages of a run, once more or no more. (Document: build.)
//!
//! ```no_run
//! # use devops_client::{Project, Result, RunId};
//! # async fn example(project: Project, run: RunId) -> Result<()> {
//! project.builds().retry_stage(run, "Deploy", false).await?;
//! # Ok(())
//! # }
//! ```

use super::builds::Builds;
use super::timelines::{RecordKind, RecordResult, RecordState, TimelineRecord};
use crate::error::Result;
use crate::http::call::Unique;
use crate::id::RunId;

impl Builds {
    /// Runs a stage once more; `all_jobs`, or else those that failed. The stage is named as in the YAML.
    ///
    /// # Errors
    /// Kind `Invalid` if the stage has not ended; otherwise what any call fails with.
    pub async fn retry_stage(&self, id: RunId, stage: &str, all_jobs: bool) -> Result<()> {
        let before = self.stage(id, stage).await?;
        let again = || async {
            let now = self.stage(id, stage).await?;
            Ok((attempt(now.as_ref()) > attempt(before.as_ref()) || is_going(now.as_ref())).then_some(()))
        };
        let body = serde_json::json!({ "state": "retry", "forceRetryAllJobs": all_jobs });
        self.route()
            .segment(id)
            .path("stages")
            .segment(stage)
            .patch(&body)?
            .once_with(Unique::Yes, |_| Ok(()), again)
            .await
    }

    /// Stops a stage. The stage is named as in the YAML.
    ///
    /// # Errors
    /// Kind `Invalid` if the stage has ended; otherwise what any call fails with.
    pub async fn cancel_stage(&self, id: RunId, stage: &str) -> Result<()> {
        let stopped = || async {
            let now = self.stage(id, stage).await?;
            Ok(now.is_some_and(|record| record.result == Some(RecordResult::Canceled)).then_some(()))
        };
        let body = serde_json::json!({ "state": "cancel", "forceRetryAllJobs": false });
        self.route()
            .segment(id)
            .path("stages")
            .segment(stage)
            .patch(&body)?
            .once_with(Unique::Yes, |_| Ok(()), stopped)
            .await
    }

    async fn stage(&self, id: RunId, stage: &str) -> Result<Option<TimelineRecord>> {
        let timeline = self.timeline(id).await?;
        let named = |record: &TimelineRecord| {
            record.kind == RecordKind::Stage && (record.identifier.as_deref() == Some(stage) || record.name == stage)
        };
        Ok(timeline.records.into_iter().find(named))
    }
}

fn attempt(record: Option<&TimelineRecord>) -> i64 {
    record.and_then(|record| record.attempt).unwrap_or(1)
}

fn is_going(record: Option<&TimelineRecord>) -> bool {
    record.is_some_and(|record| record.state == Some(RecordState::InProgress))
}
