//! Pull requests. (Document: git.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! use devops_client::api::pull_requests::NewPullRequest;
//!
//! # async fn example(project: Project) -> Result<()> {
//! let repository = project.repositories().repository("mlops");
//! let request = NewPullRequest::new("candidate", "main", "New rendered files");
//! let request = repository.create_pull_request(&request).await?;
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::pushes::CommitRef;
use super::repositories::Repository;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::id::{ObjectId, PullRequestId};
use crate::open_enum::open_enum;
use crate::page::Pages;

open_enum! {
    /// Where a pull request is.
    PullRequestStatus {
        /// Open.
        Active = "active",
        /// Given up.
        Abandoned = "abandoned",
        /// Merged.
        Completed = "completed",
        /// Not set.
        NotSet = "notSet",
    }
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PullRequest {
    /// Its id.
    pub pull_request_id: PullRequestId,
    /// Where it is.
    pub status: PullRequestStatus,
    /// The branch with the changes, as a full ref.
    pub source_ref_name: String,
    /// The branch that they are for, as a full ref.
    pub target_ref_name: String,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The head of the source branch at the last merge; given when it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_merge_source_commit: Option<CommitRef>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A pull request to be made.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewPullRequest {
    source_ref_name: String,
    target_ref_name: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl NewPullRequest {
    /// From one branch to another, by short or full name.
    pub fn new(source: &str, target: &str, title: impl Into<String>) -> Self {
        Self { source_ref_name: full(source), target_ref_name: full(target), title: title.into(), description: None }
    }

    /// With a description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

fn full(branch: &str) -> String {
    if branch.starts_with("refs/") { branch.to_owned() } else { ["refs/heads/", branch].concat() }
}

impl Repository {
    /// Pull requests of one status.
    pub fn pull_requests(&self, status: &PullRequestStatus) -> Pages<PullRequest> {
        Pages::new(self.route().path("pullrequests").query("searchCriteria.status", status).query("$top", 100).get())
    }

    /// The open pull request from one branch to another, if there is one. The service allows no second.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn active_pull_request(&self, source: &str, target: &str) -> Result<Option<PullRequest>> {
        let (source, target) = (full(source), full(target));
        let call = self
            .route()
            .path("pullrequests")
            .query("searchCriteria.status", PullRequestStatus::Active)
            .query("searchCriteria.sourceRefName", &source)
            .query("searchCriteria.targetRefName", &target)
            .get();
        Pages::<PullRequest>::new(call)
            .find(|found| found.source_ref_name == source && found.target_ref_name == target)
            .await
    }

    /// One pull request.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there or may not be seen; otherwise what any call fails with.
    pub async fn pull_request(&self, id: PullRequestId) -> Result<PullRequest> {
        self.route().path("pullrequests").segment(id).get()?.json().await
    }

    /// Opens a pull request.
    ///
    /// # Errors
    /// Kind `AlreadyExists` if one is open between these branches, `Invalid` if a branch is not there; otherwise what
    /// any call fails with.
    pub async fn create_pull_request(&self, request: &NewPullRequest) -> Result<PullRequest> {
        let open = || async {
            let found = self.active_pull_request(&request.source_ref_name, &request.target_ref_name).await?;
            Ok(found.filter(|found| found.title == request.title))
        };
        self.route().path("pullrequests").post(request)?.once(Unique::Yes, open).await
    }

    /// Merges a pull request whose source branch is still at `head`.
    ///
    /// # Errors
    /// Kind `Conflict` if the source branch has moved or cannot be merged, `Forbidden` if a policy holds it;
    /// otherwise what any call fails with.
    pub async fn complete_pull_request(&self, id: PullRequestId, head: &ObjectId) -> Result<PullRequest> {
        let body = serde_json::json!({ "status": "completed", "lastMergeSourceCommit": { "commitId": head } });
        self.set_status(id, &body, PullRequestStatus::Completed).await
    }

    /// Gives a pull request up.
    ///
    /// # Errors
    /// Kind `Invalid` if it is over already; otherwise what any call fails with.
    pub async fn abandon_pull_request(&self, id: PullRequestId) -> Result<PullRequest> {
        self.set_status(id, &serde_json::json!({ "status": "abandoned" }), PullRequestStatus::Abandoned).await
    }

    async fn set_status(
        &self,
        id: PullRequestId,
        body: &serde_json::Value,
        status: PullRequestStatus,
    ) -> Result<PullRequest> {
        let changed = || async { Ok(Some(self.pull_request(id).await?).filter(|found| found.status == status)) };
        self.route().path("pullrequests").segment(id).patch(body)?.once(Unique::Yes, changed).await
    }
}
