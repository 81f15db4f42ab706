//! Projects. (Document: core.)
//!
//! ```no_run
//! # use devops_client::{Client, Result};
//! # async fn example(client: Client) -> Result<()> {
//! for project in client.projects().list().all().await? {
//!     println!("{} {}", project.id, project.name);
//! }
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::ProjectReference;
use super::operations::OperationReference;
use crate::client::Client;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::id::{ProjectId, ProjectRef};
use crate::open_enum::open_enum;
use crate::page::Pages;

open_enum! {
    /// Who may see a project.
    Visibility {
        /// Its members.
        Private = "private",
        /// Anybody.
        Public = "public",
        /// Anybody in the organization.
        Organization = "organization",
    }
}

open_enum! {
    /// Where a project is in its life.
    ProjectState {
        /// Ready.
        WellFormed = "wellFormed",
        /// Being made.
        CreatePending = "createPending",
        /// New.
        New = "new",
        /// Being deleted.
        Deleting = "deleting",
        /// Deleted.
        Deleted = "deleted",
        /// Unchanged.
        Unchanged = "unchanged",
    }
}

/// A project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TeamProject {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it is in its life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ProjectState>,
    /// Who may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl From<&TeamProject> for ProjectReference {
    fn from(project: &TeamProject) -> Self {
        Self::new(project.id, project.name.clone())
    }
}

/// A project to be made, with git and the Agile process unless said otherwise.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewProject {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    visibility: Visibility,
    capabilities: serde_json::Value,
}

impl NewProject {
    /// A private project of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            visibility: Visibility::Private,
            capabilities: serde_json::json!({
                "versioncontrol": { "sourceControlType": "Git" },
                "processTemplate": { "templateTypeId": "adcc42ab-9882-485e-a3ed-7678f01f66bc" },
            }),
        }
    }

    /// With a description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// With another visibility.
    pub fn visibility(mut self, visibility: Visibility) -> Self {
        self.visibility = visibility;
        self
    }
}

/// Projects of an organization.
#[derive(Debug, Clone)]
pub struct Projects {
    pub(crate) client: Client,
}

impl Client {
    /// Projects.
    pub fn projects(&self) -> Projects {
        Projects { client: self.clone() }
    }
}

impl Projects {
    /// All projects that the caller may see.
    pub fn list(&self) -> Pages<TeamProject> {
        Pages::new(self.client.org().path("_apis/projects").query("$top", 100).get())
    }

    /// A project, by name or id.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there or may not be seen; otherwise what any call fails with.
    pub async fn get(&self, project: impl Into<ProjectRef>) -> Result<TeamProject> {
        self.client.org().path("_apis/projects").segment(project.into()).get()?.json().await
    }

    /// A project, by name or id, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn find(&self, project: impl Into<ProjectRef>) -> Result<Option<TeamProject>> {
        self.client.org().path("_apis/projects").segment(project.into()).get()?.optional().await
    }

    /// Starts making a project; wait for the operation with [`super::operations::Operations::wait`].
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn create(&self, project: &NewProject) -> Result<OperationReference> {
        let made = || async {
            // The operation's id is lost with the answer, but a project that is there tells as much.
            let found = self.find(project.name.as_str()).await?;
            Ok(found.map(|_| OperationReference::finished()))
        };
        self.client.org().path("_apis/projects").post(project)?.once(Unique::Yes, made).await
    }

    /// Starts deleting a project; wait for the operation.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn delete(&self, project: ProjectId) -> Result<OperationReference> {
        let gone = || async {
            let there = self.find(project).await?.filter(|found| found.state != Some(ProjectState::Deleting));
            Ok(there.is_none().then(OperationReference::finished))
        };
        self.client.org().path("_apis/projects").segment(project).delete()?.once(Unique::No, gone).await
    }
}
