//! YAML pipelines. (Document: pipelines; the configuration of a new one after what the service accepts, as the document
//! lacks its path and repository.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! use devops_client::api::pipelines::NewPipeline;
//!
//! # async fn example(project: Project) -> Result<()> {
//! let repository = project.repositories().get("mlops").await?;
//! let pipeline = NewPipeline::yaml("build", "/pipelines/build.yml", repository.id).folder("mlops");
//! let pipeline = project.pipelines().create(&pipeline).await?;
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::{PipelineId, RepositoryId};
use crate::page::Pages;

/// A folder of pipelines as the service writes it: `\a\b`, and `\` for none.
pub(crate) fn folder_path(folder: &str) -> String {
    let parts: Vec<_> = folder.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    ["\\", &parts.join("\\")].concat()
}

/// A pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pipeline {
    /// Its id; the same number is the build definition's.
    pub id: PipelineId,
    /// Its name.
    pub name: String,
    /// Its folder, such as `\f`.
    #[serde(default)]
    pub folder: String,
    /// Counts the changes.
    #[serde(default)]
    pub revision: Option<i64>,
    /// Everything else, such as `configuration`.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A pipeline to be made from a file in a repository of the service. The default branch for runs can only be set by
/// [`super::definitions::NewDefinition`].
#[derive(Debug, Clone, Serialize)]
pub struct NewPipeline {
    name: String,
    folder: String,
    configuration: Configuration,
}

#[derive(Debug, Clone, Serialize)]
struct Configuration {
    #[serde(rename = "type")]
    kind: &'static str,
    path: String,
    repository: ConfigurationRepository,
}

#[derive(Debug, Clone, Serialize)]
struct ConfigurationRepository {
    id: RepositoryId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl NewPipeline {
    /// A pipeline of this name from the file at `path`.
    pub fn yaml(name: impl Into<String>, path: impl Into<String>, repository: RepositoryId) -> Self {
        Self {
            name: name.into(),
            folder: "\\".to_owned(),
            configuration: Configuration {
                kind: "yaml",
                path: path.into(),
                repository: ConfigurationRepository { id: repository, name: None, kind: "azureReposGit" },
            },
        }
    }

    /// In a folder; `a/b` and `\a\b` are the same.
    pub fn folder(mut self, folder: &str) -> Self {
        self.folder = folder_path(folder);
        self
    }
}

/// Pipelines of a project.
#[derive(Debug, Clone)]
pub struct Pipelines {
    pub(crate) project: Project,
}

impl Project {
    /// Pipelines.
    pub fn pipelines(&self) -> Pipelines {
        Pipelines { project: self.clone() }
    }
}

impl Pipelines {
    fn route(&self) -> Route {
        self.project.route().path("_apis/pipelines")
    }

    /// All pipelines.
    pub fn list(&self) -> Pages<Pipeline> {
        Pages::new(self.route().query("$top", 100).get())
    }

    /// A pipeline, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn get(&self, id: PipelineId) -> Result<Option<Pipeline>> {
        self.route().segment(id).get()?.optional().await
    }

    /// A pipeline by name and folder, if it is there. (Looked for among the build definitions: pipelines have no
    /// filter by name.)
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn find(&self, name: &str, folder: &str) -> Result<Option<Pipeline>> {
        match self.project.definitions().find(name, folder).await? {
            Some(definition) => self.get(definition.id).await,
            None => Ok(None),
        }
    }

    /// Makes a pipeline.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn create(&self, pipeline: &NewPipeline) -> Result<Pipeline> {
        let repository = pipeline.configuration.repository.id.to_string();
        let (definitions, file) = (self.project.definitions(), pipeline.configuration.path.as_str());
        let made = || async {
            match definitions.made(&pipeline.name, &pipeline.folder, file, &repository).await? {
                Some(definition) => self.get(definition.id).await,
                None => Ok(None),
            }
        };
        self.route().post(pipeline)?.once(Unique::Yes, made).await
    }

    /// What belongs to one pipeline.
    pub(crate) fn one(&self, id: PipelineId) -> Route {
        self.route().segment(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_written_as_the_service_does() {
        for (given, wanted) in [("", "\\"), ("/", "\\"), ("a/b", "\\a\\b"), ("\\a", "\\a"), ("/a/", "\\a")] {
            assert_eq!(folder_path(given), wanted, "{given}");
        }
    }
}
