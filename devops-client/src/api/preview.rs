//! What the service makes of YAML, without running it. (Document: pipelines.)
//!
//! ```no_run
//! # use devops_client::{PipelineId, Project, Result};
//! use devops_client::api::runs::RunRequest;
//!
//! # async fn example(project: Project, pipeline: PipelineId) -> Result<()> {
//! let preview = project.pipelines().preview(pipeline, &RunRequest::new(), Some("steps: [{bash: echo hi}]")).await?;
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::pipelines::Pipelines;
use super::runs::RunRequest;
use crate::error::Result;
use crate::id::PipelineId;

/// The YAML after all templates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Preview {
    /// The whole pipeline in one file.
    #[serde(default)]
    pub final_yaml: String,
}

impl Pipelines {
    /// Has the service expand a pipeline, with `yaml` in the place of its file if given. Templates are read from what
    /// is pushed. Wrong YAML is an error of kind `Invalid` with file, line and column.
    ///
    /// # Errors
    /// Kind `Invalid` with file, line and column for wrong YAML; otherwise what any call fails with.
    pub async fn preview(&self, id: PipelineId, request: &RunRequest, yaml: Option<&str>) -> Result<Preview> {
        let request = request.clone().into_preview(yaml);
        // Nothing is made, so that once more does no harm.
        self.one(id).path("preview").post(&request)?.harmless().json().await
    }
}
