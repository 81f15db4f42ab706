//! Approvals that runs wait for. (Document: pipelinesapproval.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! use devops_client::api::approvals::ApprovalStatus;
//!
//! # async fn example(project: Project) -> Result<()> {
//! for approval in project.approvals().list(&ApprovalStatus::Pending).all().await? {
//!     project.approvals().approve(approval.id, "the canary looks good").await?;
//! }
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::IdentityRef;
use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::ApprovalId;
use crate::open_enum::open_enum;
use crate::page::{List, Pages};

open_enum! {
    /// Where an approval is.
    ApprovalStatus {
        /// Waiting.
        Pending = "pending",
        /// Given.
        Approved = "approved",
        /// Refused.
        Rejected = "rejected",
        /// Not needed.
        Skipped = "skipped",
        /// The run was cancelled.
        Canceled = "canceled",
        /// Nobody answered in time.
        TimedOut = "timedOut",
        /// Failed.
        Failed = "failed",
        /// Over.
        Completed = "completed",
        /// Not begun.
        Uninitiated = "uninitiated",
    }
}

/// One approver's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApprovalStep {
    /// Who was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_approver: Option<IdentityRef>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ApprovalStatus>,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// Where it is.
    pub status: ApprovalStatus,
    /// The text for the approvers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Who was asked.
    #[serde(default, deserialize_with = "crate::extra::null_default", skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<ApprovalStep>,
    /// Everything else, such as `pipeline`: the run that waits.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Approval {
    /// The run that waits for it, where the service says so.
    pub fn run_id(&self) -> Option<crate::RunId> {
        self.extra.get("pipeline")?.pointer("/owner/id")?.as_i64().map(crate::RunId)
    }
}

/// Approvals in a project.
#[derive(Debug, Clone)]
pub struct Approvals {
    pub(crate) project: Project,
}

impl Project {
    /// Approvals that runs wait for.
    pub fn approvals(&self) -> Approvals {
        Approvals { project: self.clone() }
    }
}

impl Approvals {
    fn route(&self) -> Route {
        self.project.route().path("_apis/pipelines/approvals")
    }

    /// Approvals of one state, with their steps.
    pub fn list(&self, state: &ApprovalStatus) -> Pages<Approval> {
        Pages::new(self.route().query("state", state).query("$expand", "steps").query("top", 200).get())
    }

    /// One approval with its steps.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there or may not be seen; otherwise what any call fails with.
    pub async fn get(&self, id: ApprovalId) -> Result<Approval> {
        self.route().segment(id).query("$expand", "steps").get()?.json().await
    }

    /// Approves.
    ///
    /// # Errors
    /// Kind `Forbidden` if it is not the caller's to answer, `Invalid` if it is answered already; otherwise what any
    /// call fails with.
    pub async fn approve(&self, id: ApprovalId, comment: &str) -> Result<Approval> {
        self.decide(id, ApprovalStatus::Approved, comment).await
    }

    /// Rejects.
    ///
    /// # Errors
    /// Kind `Forbidden` if it is not the caller's to answer, `Invalid` if it is answered already; otherwise what any
    /// call fails with.
    pub async fn reject(&self, id: ApprovalId, comment: &str) -> Result<Approval> {
        self.decide(id, ApprovalStatus::Rejected, comment).await
    }

    async fn decide(&self, id: ApprovalId, status: ApprovalStatus, comment: &str) -> Result<Approval> {
        // The step, too: with several approvers the approval itself stays pending.
        let said =
            |step: &ApprovalStep| step.status.as_ref() == Some(&status) && step.comment.as_deref() == Some(comment);
        let decided = || async {
            let found = self.get(id).await?;
            let done = found.status == status || found.steps.iter().any(said);
            Ok(done.then_some(List { value: vec![found] }))
        };
        let body = serde_json::json!([{ "approvalId": id, "status": status, "comment": comment }]);
        let list: List<Approval> = self.route().patch(&body)?.once(Unique::Yes, decided).await?;
        match list.value.into_iter().next() {
            Some(approval) => Ok(approval),
            None => self.get(id).await,
        }
    }
}
