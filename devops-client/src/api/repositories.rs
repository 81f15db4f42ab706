//! Git repositories. (Document: git.) Refs, items, pushes and pull requests are in files of their own.
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! use devops_client::api::repositories::NewRepository;
//!
//! # async fn example(project: Project) -> Result<()> {
//! let repositories = project.repositories();
//! if repositories.find("mlops").await?.is_none() {
//!     repositories.create(&NewRepository::new("mlops")).await?;
//! }
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::projects::TeamProject;
use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::{RepositoryId, RepositoryRef};
use crate::page::Pages;

/// A git repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GitRepository {
    /// Its id.
    pub id: RepositoryId,
    /// Its name.
    pub name: String,
    /// The default branch as a full ref; absent in an empty repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_branch: Option<String>,
    /// The project that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<TeamProject>,
    /// Where to clone it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_url: Option<String>,
    /// Its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_url: Option<String>,
    /// Whether it is switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_disabled: Option<bool>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A repository to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewRepository {
    name: String,
}

impl NewRepository {
    /// A repository of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// What is to be changed in a repository; what is not set stays.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_disabled: Option<bool>,
}

impl RepositoryUpdate {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Another default branch, as a full ref; it must be there.
    pub fn default_branch(mut self, branch: impl Into<String>) -> Self {
        self.default_branch = Some(branch.into());
        self
    }

    /// On or off.
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.is_disabled = Some(disabled);
        self
    }

    fn is_in(&self, repository: &GitRepository) -> bool {
        self.name.as_ref().is_none_or(|name| *name == repository.name)
            && self.default_branch.as_ref().is_none_or(|branch| Some(branch) == repository.default_branch.as_ref())
            && self.is_disabled.is_none_or(|disabled| disabled == repository.is_disabled.unwrap_or_default())
    }
}

/// Repositories of a project.
#[derive(Debug, Clone)]
pub struct Repositories {
    pub(crate) project: Project,
}

impl Project {
    /// Git repositories.
    pub fn repositories(&self) -> Repositories {
        Repositories { project: self.clone() }
    }
}

impl Repositories {
    fn route(&self) -> Route {
        self.project.route().path("_apis/git/repositories")
    }

    /// All repositories.
    pub fn list(&self) -> Pages<GitRepository> {
        Pages::new(self.route().get())
    }

    /// A repository, by name or id.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there or may not be seen; otherwise what any call fails with.
    pub async fn get(&self, repository: impl Into<RepositoryRef>) -> Result<GitRepository> {
        self.route().segment(repository.into()).get()?.json().await
    }

    /// A repository, by name or id, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn find(&self, repository: impl Into<RepositoryRef>) -> Result<Option<GitRepository>> {
        self.route().segment(repository.into()).get()?.optional().await
    }

    /// Makes a repository.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn create(&self, repository: &NewRepository) -> Result<GitRepository> {
        self.route().post(repository)?.once(Unique::Yes, || self.find(repository.name.as_str())).await
    }

    /// Changes a repository.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there, `Conflict` if others have changed it, `Invalid` with what the service
    /// finds wrong; otherwise what any call fails with.
    pub async fn update(&self, id: RepositoryId, update: &RepositoryUpdate) -> Result<GitRepository> {
        let changed = || async { Ok(self.find(id).await?.filter(|repository| update.is_in(repository))) };
        self.route().segment(id).patch(update)?.once(Unique::Yes, changed).await
    }

    /// Deletes a repository.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn delete(&self, id: RepositoryId) -> Result<()> {
        self.route().segment(id).delete()?.gone(|| self.find(id)).await
    }

    /// What is in one repository, by name or id.
    pub fn repository(&self, repository: impl Into<RepositoryRef>) -> Repository {
        Repository { project: self.project.clone(), repository: repository.into() }
    }
}

/// What is in one repository.
#[derive(Debug, Clone)]
pub struct Repository {
    pub(crate) project: Project,
    pub(crate) repository: RepositoryRef,
}

impl Repository {
    pub(crate) fn route(&self) -> Route {
        self.project.route().path("_apis/git/repositories").segment(&self.repository)
    }
}
