//! Runs of pipelines. (Document: pipelines.) Their data is with [`super::builds`], and [`super::follow`] watches one.
//!
//! ```no_run
//! # use devops_client::{PipelineId, Project, Result};
//! use devops_client::{WaitOptions, api::runs::RunRequest};
//!
//! # async fn example(project: Project, pipeline: PipelineId) -> Result<()> {
//! let request = RunRequest::new().branch("refs/heads/main").parameter("modelVersion", "7");
//! let run = project.runs().queue(pipeline, &request).await?;
//! let build = project.runs().wait(run.id, &WaitOptions::default()).await?;
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::builds::{Build, BuildFilter};
use super::variables::Variable;
use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::id::{ObjectId, PipelineId, RunId};
use crate::open_enum::open_enum;
use crate::time::Timestamp;

open_enum! {
    /// Where a run is.
    RunState {
        /// Going.
        InProgress = "inProgress",
        /// Being cancelled.
        Canceling = "canceling",
        /// Over.
        Completed = "completed",
        /// Not known.
        Unknown = "unknown",
    }
}

open_enum! {
    /// What came of a run.
    RunResult {
        /// All went well.
        Succeeded = "succeeded",
        /// Failed.
        Failed = "failed",
        /// Cancelled.
        Canceled = "canceled",
        /// Not known.
        Unknown = "unknown",
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Run {
    /// Its id; the same number is the build's.
    pub id: RunId,
    /// Its number, such as `20261122.1`.
    #[serde(default)]
    pub name: String,
    /// Where it is.
    pub state: RunState,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<RunResult>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_date: Option<Timestamp>,
    /// Its parameters.
    #[serde(default, deserialize_with = "crate::extra::null_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub template_parameters: BTreeMap<String, Value>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl From<&Build> for Run {
    /// The run that a build is.
    fn from(build: &Build) -> Self {
        use super::builds::{BuildResult, BuildStatus};
        let state = match build.status {
            BuildStatus::Completed => RunState::Completed,
            BuildStatus::Cancelling => RunState::Canceling,
            _ => RunState::InProgress,
        };
        let result = build.result.as_ref().map(|result| match result {
            BuildResult::Succeeded | BuildResult::PartiallySucceeded => RunResult::Succeeded,
            BuildResult::Failed => RunResult::Failed,
            BuildResult::Canceled => RunResult::Canceled,
            _ => RunResult::Unknown,
        });
        Self {
            id: build.id,
            name: build.build_number.clone(),
            state,
            result,
            created_date: build.queue_time.clone(),
            finished_date: build.finish_time.clone(),
            template_parameters: build.template_parameters.clone(),
            extra: Extra::new(),
        }
    }
}

/// What to run.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRequest {
    #[serde(skip_serializing_if = "Resources::is_empty")]
    resources: Resources,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    template_parameters: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variables: BTreeMap<String, Variable>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stages_to_skip: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    preview_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    yaml_override: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
struct Resources {
    repositories: BTreeMap<String, RepositoryResource>,
}

impl Resources {
    fn is_empty(&self) -> bool {
        self.repositories.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryResource {
    #[serde(skip_serializing_if = "Option::is_none")]
    ref_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

impl RunRequest {
    /// The head of the default branch, with the defaults of all parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of a branch or tag, as a full ref.
    pub fn branch(mut self, ref_name: impl Into<String>) -> Self {
        self.resources.repositories.entry("self".to_owned()).or_default().ref_name = Some(ref_name.into());
        self
    }

    /// Of a commit.
    pub fn commit(mut self, commit: &ObjectId) -> Self {
        self.resources.repositories.entry("self".to_owned()).or_default().version = Some(commit.to_string());
        self
    }

    /// With a parameter of the YAML's `parameters:`.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.template_parameters.insert(name.into(), value.into());
        self
    }

    /// With a variable that may be set when a run is queued.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Variable>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Without a stage.
    pub fn skip_stage(mut self, stage: impl Into<String>) -> Self {
        self.stages_to_skip.push(stage.into());
        self
    }

    pub(crate) fn into_preview(mut self, yaml: Option<&str>) -> Self {
        self.preview_run = true;
        self.yaml_override = yaml.map(str::to_owned);
        self
    }

    /// Whether a build may have come of this request.
    fn fits(&self, build: &Build) -> bool {
        let wanted = self.resources.repositories.get("self");
        let branch = wanted.and_then(|own| own.ref_name.as_ref());
        let commit = wanted.and_then(|own| own.version.as_ref());
        branch.is_none_or(|branch| build.source_branch.as_ref() == Some(branch))
            && commit.is_none_or(|commit| build.source_version.as_ref() == Some(commit))
            && self.template_parameters.iter().all(|(name, value)| {
                build
                    .template_parameters
                    .get(name)
                    .is_none_or(|found| super::covers(found, &Value::from(value.as_str())))
            })
    }
}

/// Runs in a project.
#[derive(Debug, Clone)]
pub struct Runs {
    pub(crate) project: Project,
}

impl Project {
    /// Runs of pipelines.
    pub fn runs(&self) -> Runs {
        Runs { project: self.clone() }
    }
}

impl Runs {
    /// Queues a run, once. The service would queue a second one gladly, so the newest run is looked up before; after a
    /// lost answer, a newer one of the same branch, commit and parameters is taken to be the one that was asked for.
    ///
    /// # Errors
    /// Kind `Invalid` if the pipeline does not compile, is switched off, or may not use something; otherwise what any
    /// call fails with.
    pub async fn queue(&self, pipeline: PipelineId, request: &RunRequest) -> Result<Run> {
        let builds = self.project.builds();
        let newest =
            builds.list(&BuildFilter::of(pipeline).top(1)).find(|_| true).await?.map_or(RunId(0), |build| build.id);
        let made = || async {
            let fits = |build: &Build| build.id > newest && request.fits(build);
            match builds.list(&BuildFilter::of(pipeline).top(20)).find(fits).await? {
                Some(build) => self.get(pipeline, build.id).await.map(Some),
                None => Ok(None),
            }
        };
        let route = self.project.pipelines().one(pipeline).path("runs");
        route.post(request)?.once(Unique::No, made).await
    }

    /// A run.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there or may not be seen; otherwise what any call fails with.
    pub async fn get(&self, pipeline: PipelineId, run: RunId) -> Result<Run> {
        self.project.pipelines().one(pipeline).path("runs").segment(run).get()?.json().await
    }
}
