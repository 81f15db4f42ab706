//! Environments and their Kubernetes resources. (Document: taskAgent.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! use devops_client::api::environments::NewEnvironment;
//!
//! # async fn example(project: Project) -> Result<()> {
//! let environments = project.environments();
//! let production = match environments.find("production").await? {
//!     Some(found) => found,
//!     None => environments.create(&NewEnvironment::new("production").description("what customers see")).await?,
//! };
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::{EnvironmentId, EnvironmentResourceId, ServiceEndpointId};
use crate::page::Pages;

/// An environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What is in it, where it was asked for.
    #[serde(default, deserialize_with = "crate::extra::null_default", skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<EnvironmentResource>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A resource, where an environment refers to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnvironmentResource {
    /// Its id.
    pub id: EnvironmentResourceId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An environment to be made, or what is to become of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewEnvironment {
    name: String,
    description: String,
}

impl NewEnvironment {
    /// An environment of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), description: String::new() }
    }

    /// With a description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    fn is_in(&self, environment: &Environment) -> bool {
        self.name == environment.name && self.description == environment.description.as_deref().unwrap_or_default()
    }
}

/// A namespace of a Kubernetes cluster in an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KubernetesResource {
    /// Its id.
    pub id: EnvironmentResourceId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The namespace.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The cluster.
    #[serde(default)]
    pub cluster_name: Option<String>,
    /// The connection that it is reached by.
    #[serde(default)]
    pub service_endpoint_id: Option<ServiceEndpointId>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A namespace to be put into an environment.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewKubernetesResource {
    name: String,
    namespace: String,
    cluster_name: String,
    service_endpoint_id: ServiceEndpointId,
    tags: Vec<String>,
}

impl NewKubernetesResource {
    /// A namespace of a cluster, reached by a connection; it is named after the namespace.
    pub fn new(cluster: impl Into<String>, namespace: impl Into<String>, connection: ServiceEndpointId) -> Self {
        let namespace = namespace.into();
        Self {
            name: namespace.clone(),
            namespace,
            cluster_name: cluster.into(),
            service_endpoint_id: connection,
            tags: Vec::new(),
        }
    }

    /// With another name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// With a tag.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }
}

/// Environments of a project.
#[derive(Debug, Clone)]
pub struct Environments {
    pub(crate) project: Project,
}

impl Project {
    /// Environments.
    pub fn environments(&self) -> Environments {
        Environments { project: self.clone() }
    }
}

impl Environments {
    pub(crate) fn route(&self) -> Route {
        self.project.route().path("_apis/distributedtask/environments")
    }

    /// All environments.
    pub fn list(&self) -> Pages<Environment> {
        Pages::new(self.route().query("$top", 100).get())
    }

    /// An environment with its resources, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn get(&self, id: EnvironmentId) -> Result<Option<Environment>> {
        self.route().segment(id).query("expands", "resourceReferences").get()?.optional().await
    }

    /// An environment by name, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn find(&self, name: &str) -> Result<Option<Environment>> {
        let call = self.route().query("name", name).get();
        Pages::<Environment>::new(call).find(|environment| environment.name.eq_ignore_ascii_case(name)).await
    }

    /// Makes an environment.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn create(&self, environment: &NewEnvironment) -> Result<Environment> {
        let made = || async { Ok(self.find(&environment.name).await?.filter(|found| environment.is_in(found))) };
        self.route().post(environment)?.once(Unique::Yes, made).await
    }

    /// Gives an environment another name and description.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there, `Conflict` if others have changed it, `Invalid` with what the service
    /// finds wrong; otherwise what any call fails with.
    pub async fn update(&self, id: EnvironmentId, environment: &NewEnvironment) -> Result<Environment> {
        let changed = || async { Ok(self.get(id).await?.filter(|found| environment.is_in(found))) };
        self.route().segment(id).patch(environment)?.once(Unique::Yes, changed).await
    }

    /// Deletes an environment.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn delete(&self, id: EnvironmentId) -> Result<()> {
        self.route().segment(id).delete()?.gone(|| self.get(id)).await
    }

    /// Puts a Kubernetes namespace into an environment.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn add_kubernetes(
        &self,
        id: EnvironmentId,
        resource: &NewKubernetesResource,
    ) -> Result<KubernetesResource> {
        let added = || async {
            let environment = self.get(id).await?;
            let found = environment.and_then(|e| e.resources.into_iter().find(|found| found.name == resource.name));
            match found {
                Some(found) => self.get_kubernetes(id, found.id).await,
                None => Ok(None),
            }
        };
        self.route().segment(id).path("providers/kubernetes").post(resource)?.once(Unique::Yes, added).await
    }

    /// A Kubernetes namespace of an environment, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn get_kubernetes(
        &self,
        id: EnvironmentId,
        resource: EnvironmentResourceId,
    ) -> Result<Option<KubernetesResource>> {
        self.route().segment(id).path("providers/kubernetes").segment(resource).get()?.optional().await
    }

    /// Takes a Kubernetes namespace out of an environment.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn delete_kubernetes(&self, id: EnvironmentId, resource: EnvironmentResourceId) -> Result<()> {
        self.route()
            .segment(id)
            .path("providers/kubernetes")
            .segment(resource)
            .delete()?
            .gone(|| self.get_kubernetes(id, resource))
            .await
    }
}
