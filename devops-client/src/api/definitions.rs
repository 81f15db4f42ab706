//! Build definitions: pipelines with all their settings. (Document: build; `yamlFilename` and triggers after what the
//! service sends, as the document knows their base types only.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! # async fn example(project: Project) -> Result<()> {
//! if let Some(found) = project.definitions().find("release", "mlops").await?
//!     && let Some(mut definition) = project.definitions().get(found.id).await?
//! {
//!     definition.description = Some("releases what was registered".to_owned());
//!     project.definitions().update(&definition).await?;
//! }
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pipelines::folder_path;
use super::variables::Variable;
use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::{PipelineId, QueueId, RepositoryId};
use crate::page::Pages;

/// Where a definition's YAML is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BuildProcess {
    /// 2 for YAML.
    #[serde(rename = "type")]
    pub kind: i64,
    /// The file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yaml_filename: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Which repository a definition builds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BuildRepository {
    /// Its id; a GUID for repositories of the service.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `TfsGit` for repositories of the service.
    #[serde(rename = "type")]
    pub kind: String,
    /// The branch that is built when none is named, as a full ref.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_branch: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An agent queue, where a definition refers to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueRef {
    /// The queue.
    pub id: QueueId,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A variable of a definition.
pub type DefinitionVariables = BTreeMap<String, Variable>;

/// A definition in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DefinitionRef {
    /// Its id; the same number is the pipeline's.
    pub id: PipelineId,
    /// Its name.
    pub name: String,
    /// Its folder, such as `\f`.
    #[serde(default)]
    pub path: String,
    /// Counts the changes.
    #[serde(default)]
    pub revision: Option<i64>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BuildDefinition {
    /// Its id; the same number is the pipeline's.
    pub id: PipelineId,
    /// Its name.
    pub name: String,
    /// Its folder, such as `\f`.
    #[serde(default)]
    pub path: String,
    /// Counts the changes. A PUT must carry the current one.
    pub revision: i64,
    /// Where its YAML is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<BuildProcess>,
    /// Which repository it builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<BuildRepository>,
    /// Where it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueRef>,
    /// What starts it.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub triggers: Vec<Value>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its variables.
    #[serde(default, deserialize_with = "crate::extra::null_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: DefinitionVariables,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A YAML definition to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewDefinition {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    path: String,
    #[serde(rename = "type")]
    kind: &'static str,
    quality: &'static str,
    process: BuildProcess,
    repository: BuildRepository,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<QueueRef>,
    triggers: Vec<Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variables: DefinitionVariables,
}

impl NewDefinition {
    /// A definition from the file `yaml`, whose runs are of `default_branch` (a full ref) unless they say otherwise.
    /// Its triggers are those in the YAML.
    pub fn yaml(
        name: impl Into<String>,
        yaml: impl Into<String>,
        repository: RepositoryId,
        default_branch: &str,
    ) -> Self {
        Self {
            name: name.into(),
            description: None,
            path: "\\".to_owned(),
            kind: "build",
            quality: "definition",
            process: BuildProcess { kind: 2, yaml_filename: Some(yaml.into()), extra: Extra::new() },
            repository: BuildRepository {
                id: repository.to_string(),
                name: None,
                kind: "TfsGit".to_owned(),
                default_branch: Some(default_branch.to_owned()),
                extra: Extra::new(),
            },
            queue: None,
            triggers: vec![serde_json::json!({ "settingsSourceType": 2, "triggerType": 2, "branchFilters": [] })],
            variables: BTreeMap::new(),
        }
    }

    /// With a description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// In a folder; `a/b` and `\a\b` are the same.
    pub fn folder(mut self, folder: &str) -> Self {
        self.path = folder_path(folder);
        self
    }

    /// On a queue.
    pub fn queue(mut self, queue: QueueId) -> Self {
        self.queue = Some(QueueRef { id: queue, extra: Extra::new() });
        self
    }

    /// With a variable.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Variable>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }
}

/// Which definitions are meant.
#[derive(Debug, Clone, Default)]
pub struct DefinitionFilter {
    name: Option<String>,
    path: Option<String>,
    yaml: Option<String>,
}

impl DefinitionFilter {
    /// All.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of this name, which may hold `*`.
    pub fn name(mut self, pattern: &str) -> Self {
        self.name = Some(pattern.to_owned());
        self
    }

    /// In this folder.
    pub fn folder(mut self, folder: &str) -> Self {
        self.path = Some(folder_path(folder));
        self
    }

    /// From this file.
    pub fn yaml(mut self, file: &str) -> Self {
        self.yaml = Some(file.to_owned());
        self
    }
}

/// Build definitions of a project.
#[derive(Debug, Clone)]
pub struct Definitions {
    pub(crate) project: Project,
}

impl Project {
    /// Build definitions: pipelines with all their settings.
    pub fn definitions(&self) -> Definitions {
        Definitions { project: self.clone() }
    }
}

impl Definitions {
    fn route(&self) -> Route {
        self.project.route().path("_apis/build/definitions")
    }

    fn filtered(&self, filter: &DefinitionFilter) -> Route {
        self.route()
            .query_opt("name", filter.name.as_ref())
            .query_opt("path", filter.path.as_ref())
            .query_opt("yamlFilename", filter.yaml.as_ref())
            .query("$top", 100)
    }

    /// The definitions that a filter lets through.
    pub fn list(&self, filter: &DefinitionFilter) -> Pages<DefinitionRef> {
        Pages::new(self.filtered(filter).get())
    }

    /// The definitions that a filter lets through, with all their settings.
    pub fn list_whole(&self, filter: &DefinitionFilter) -> Pages<BuildDefinition> {
        Pages::new(self.filtered(filter).query("includeAllProperties", true).get())
    }

    /// A definition by exact name and folder, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn find(&self, name: &str, folder: &str) -> Result<Option<DefinitionRef>> {
        let path = folder_path(folder);
        let filter = DefinitionFilter::new().name(name).folder(folder);
        self.list(&filter)
            .find(|found| found.name.eq_ignore_ascii_case(name) && found.path.eq_ignore_ascii_case(&path))
            .await
    }

    /// A definition, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn get(&self, id: PipelineId) -> Result<Option<BuildDefinition>> {
        self.route().segment(id).get()?.optional().await
    }

    /// Makes a definition.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn create(&self, definition: &NewDefinition) -> Result<BuildDefinition> {
        let file = definition.process.yaml_filename.as_deref().unwrap_or_default();
        let made = || self.made(&definition.name, &definition.path, file, &definition.repository.id);
        self.route().post(definition)?.once(Unique::Yes, made).await
    }

    /// The definition of that name, if it runs that file of that repository: one that somebody else has made may not.
    pub(crate) async fn made(
        &self,
        name: &str,
        folder: &str,
        file: &str,
        repository: &str,
    ) -> Result<Option<BuildDefinition>> {
        let Some(found) = self.find(name, folder).await? else { return Ok(None) };
        Ok(self.get(found.id).await?.filter(|found| found.runs(file, repository)))
    }

    /// Replaces a definition. Read it, change it, and give it back: its revision guards against changes made by
    /// others in between, which are errors of kind `Conflict` or `Invalid`.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there, `Conflict` if others have changed it, `Invalid` with what the service
    /// finds wrong; otherwise what any call fails with.
    pub async fn update(&self, definition: &BuildDefinition) -> Result<BuildDefinition> {
        let replaced = || async {
            let wanted = BuildDefinition { revision: definition.revision + 1, ..definition.clone() };
            Ok(self.get(definition.id).await?.filter(|found| found.is_as(&wanted)))
        };
        self.route().segment(definition.id).put(definition)?.guarded().once(Unique::Yes, replaced).await
    }

    /// Deletes a definition with its runs.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn delete(&self, id: PipelineId) -> Result<()> {
        self.route().segment(id).delete()?.gone(|| self.get(id)).await
    }
}

impl BuildDefinition {
    fn runs(&self, file: &str, repository: &str) -> bool {
        let own = self.process.as_ref().and_then(|process| process.yaml_filename.as_deref()).unwrap_or_default();
        own.trim_start_matches('/') == file.trim_start_matches('/')
            && self.repository.as_ref().is_some_and(|own| own.id.eq_ignore_ascii_case(repository))
    }

    fn is_as(&self, wanted: &BuildDefinition) -> bool {
        let branch =
            |definition: &BuildDefinition| definition.repository.as_ref().and_then(|r| r.default_branch.clone());
        let yaml = |definition: &BuildDefinition| definition.process.as_ref().and_then(|p| p.yaml_filename.clone());
        self.revision == wanted.revision
            && self.name == wanted.name
            && self.path == wanted.path
            && self.description.as_deref().unwrap_or_default() == wanted.description.as_deref().unwrap_or_default()
            && branch(self) == branch(wanted)
            && yaml(self) == yaml(wanted)
    }
}
