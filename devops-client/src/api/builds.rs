//! Builds: runs with all their data. (Document: build.)
//!
//! ```no_run
//! # use devops_client::{PipelineId, Project, Result};
//! # async fn example(project: Project, pipeline: PipelineId) -> Result<()> {
//! if let Some(build) = project.builds().latest(pipeline).await?
//!     && !build.is_over()
//! {
//!     project.builds().cancel(build.id).await?;
//! }
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::IdentityRef;
use super::definitions::DefinitionRef;
use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::{PipelineId, RunId};
use crate::open_enum::open_enum;
use crate::page::Pages;
use crate::time::Timestamp;

open_enum! {
    /// Where a build is.
    BuildStatus {
        /// Waiting.
        NotStarted = "notStarted",
        /// Going.
        InProgress = "inProgress",
        /// Being cancelled.
        Cancelling = "cancelling",
        /// Put off.
        Postponed = "postponed",
        /// Over.
        Completed = "completed",
        /// Not known.
        None = "none",
    }
}

open_enum! {
    /// What came of a build.
    BuildResult {
        /// All went well.
        Succeeded = "succeeded",
        /// Some of it went well.
        PartiallySucceeded = "partiallySucceeded",
        /// Failed.
        Failed = "failed",
        /// Cancelled.
        Canceled = "canceled",
        /// Nothing yet.
        None = "none",
    }
}

/// A build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Build {
    /// Its id; the same number is the run's.
    pub id: RunId,
    /// Its number, such as `20261122.1`.
    #[serde(default)]
    pub build_number: String,
    /// Where it is.
    pub status: BuildStatus,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<BuildResult>,
    /// What it is a build of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<DefinitionRef>,
    /// The branch, as a full ref.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_branch: Option<String>,
    /// The commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_version: Option<String>,
    /// Why it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_for: Option<IdentityRef>,
    /// When it was queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_time: Option<Timestamp>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_time: Option<Timestamp>,
    /// Its parameters.
    #[serde(default, deserialize_with = "crate::extra::null_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub template_parameters: BTreeMap<String, Value>,
    /// What the service found wrong.
    #[serde(default, deserialize_with = "validation_results", skip_serializing_if = "Vec::is_empty")]
    pub validation_results: Vec<ValidationResult>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Something that the service found wrong with a build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValidationResult {
    /// `error` or `warning`.
    #[serde(default)]
    pub result: String,
    /// The service's own words.
    #[serde(default)]
    pub message: String,
}

fn validation_results<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ValidationResult>, D::Error> {
    crate::extra::null_default(deserializer)
}

impl Build {
    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.status == BuildStatus::Completed
    }
}

/// Which builds are meant.
#[derive(Debug, Clone, Default)]
pub struct BuildFilter {
    definitions: Vec<PipelineId>,
    status: Option<BuildStatus>,
    branch: Option<String>,
    top: Option<u32>,
}

impl BuildFilter {
    /// All.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of one pipeline.
    pub fn of(pipeline: PipelineId) -> Self {
        Self { definitions: vec![pipeline], ..Self::default() }
    }

    /// Of these pipelines.
    pub fn of_any(pipelines: &[PipelineId]) -> Self {
        Self { definitions: pipelines.to_vec(), ..Self::default() }
    }

    /// In this status.
    pub fn status(mut self, status: BuildStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Of this branch, a full ref.
    pub fn branch(mut self, branch: &str) -> Self {
        self.branch = Some(branch.to_owned());
        self
    }

    /// So many in a page.
    pub fn top(mut self, count: u32) -> Self {
        self.top = Some(count);
        self
    }
}

/// Builds of a project.
#[derive(Debug, Clone)]
pub struct Builds {
    pub(crate) project: Project,
}

impl Project {
    /// Builds: runs with all their data.
    pub fn builds(&self) -> Builds {
        Builds { project: self.clone() }
    }
}

impl Builds {
    pub(crate) fn route(&self) -> Route {
        self.project.route().path("_apis/build/builds")
    }

    /// The builds that a filter lets through, the newest first.
    pub fn list(&self, filter: &BuildFilter) -> Pages<Build> {
        let definitions: Vec<_> = filter.definitions.iter().map(ToString::to_string).collect();
        let definitions = (!definitions.is_empty()).then(|| definitions.join(","));
        Pages::new(
            self.route()
                .query_opt("definitions", definitions)
                .query_opt("statusFilter", filter.status.as_ref())
                .query_opt("branchName", filter.branch.as_ref())
                .query("$top", filter.top.unwrap_or(100))
                .query("queryOrder", "queueTimeDescending")
                .get(),
        )
    }

    /// The newest build of a pipeline, if there is one.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn latest(&self, pipeline: PipelineId) -> Result<Option<Build>> {
        self.list(&BuildFilter::of(pipeline).top(1)).find(|_| true).await
    }

    /// A build, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn get(&self, id: RunId) -> Result<Option<Build>> {
        self.route().segment(id).get()?.optional().await
    }

    /// Asks for a build to be cancelled; it ends some time later.
    ///
    /// # Errors
    /// Kind `NotFound` if there is no such build; otherwise what any call fails with.
    pub async fn cancel(&self, id: RunId) -> Result<Build> {
        let cancelled = || async {
            let stopping =
                |build: &Build| build.status == BuildStatus::Cancelling || build.result == Some(BuildResult::Canceled);
            Ok(self.get(id).await?.filter(stopping))
        };
        let body = serde_json::json!({ "status": "cancelling" });
        self.route().segment(id).patch(&body)?.once(Unique::Yes, cancelled).await
    }
}
