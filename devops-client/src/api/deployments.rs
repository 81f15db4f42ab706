//! What was deployed to environments. (Document: taskAgent, environment deployment records.)
//!
//! ```no_run
//! # use devops_client::{EnvironmentId, Project, Result};
//! # async fn example(project: Project, environment: EnvironmentId) -> Result<()> {
//! let last = project.environments().deployments(environment).find(|_| true).await?;
//! let run = last.and_then(|deployment| deployment.run_id());
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::environments::Environments;
use super::timelines::RecordResult;
use crate::extra::Extra;
use crate::id::{EnvironmentId, RunId};
use crate::page::Pages;
use crate::time::Timestamp;

/// The pipeline that deployed, or the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeploymentOwner {
    /// Its id: the number of a pipeline, or of a run.
    pub id: i64,
    /// Its name; of a run, its number such as `20261122.1`.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub name: String,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One job's deployment to an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Deployment {
    /// Its id.
    pub id: i64,
    /// The pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<DeploymentOwner>,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<DeploymentOwner>,
    /// The stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_name: Option<String>,
    /// The job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_name: Option<String>,
    /// What came of it; none while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<RecordResult>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_time: Option<Timestamp>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Deployment {
    /// The run that deployed, where the service says so.
    pub fn run_id(&self) -> Option<RunId> {
        self.owner.as_ref().map(|owner| RunId(owner.id))
    }
}

impl Environments {
    /// What was deployed to an environment, the newest first.
    pub fn deployments(&self, id: EnvironmentId) -> Pages<Deployment> {
        Pages::new(self.route().segment(id).path("environmentdeploymentrecords").get())
    }
}
