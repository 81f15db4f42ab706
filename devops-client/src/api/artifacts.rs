//! What a run has published. (Document: build.)
//!
//! ```no_run
//! # use devops_client::{Project, Result, RunId};
//! # async fn example(project: Project, run: RunId) -> Result<()> {
//! for artifact in project.builds().artifacts(run).all().await? {
//!     println!("{}", artifact.name);
//! }
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::builds::Builds;
use crate::extra::Extra;
use crate::id::RunId;
use crate::page::Pages;

/// Where an artifact is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ArtifactResource {
    /// Its kind, such as `PipelineArtifact`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Where to get it.
    #[serde(default)]
    pub download_url: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BuildArtifact {
    /// Its name.
    pub name: String,
    /// Where it is.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub resource: ArtifactResource,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Builds {
    /// What a run has published.
    pub fn artifacts(&self, id: RunId) -> Pages<BuildArtifact> {
        Pages::new(self.route().segment(id).path("artifacts").get())
    }
}
