//! Which pipelines may use which resource. (Document: pipelinePermissions.)
//!
//! ```no_run
//! # use devops_client::{PipelineId, Project, Result, ServiceEndpointId};
//! # async fn example(project: Project, connection: ServiceEndpointId, pipeline: PipelineId) -> Result<()> {
//! let allowed = project.pipeline_permissions().only(&connection.into(), &[pipeline]).await?;
//! assert!(allowed.allows(pipeline));
//! # Ok(())
//! # }
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::client::Project;
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::extra::Extra;
use crate::http::call::{Call, settle};
use crate::http::route::Route;
use crate::id::{EnvironmentId, PipelineId, ProjectId, QueueId, RepositoryId, ServiceEndpointId, VariableGroupId};

/// A thing that pipelines must be allowed to use, and that checks protect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ProtectedResource {
    /// A service connection.
    Endpoint(ServiceEndpointId),
    /// An agent queue.
    Queue(QueueId),
    /// A variable group.
    VariableGroup(VariableGroupId),
    /// An environment.
    Environment(EnvironmentId),
    /// A repository; its id on the wire is `{project}.{repository}`.
    Repository(ProjectId, RepositoryId),
}

impl ProtectedResource {
    /// The kind, as it is on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Endpoint(_) => "endpoint",
            Self::Queue(_) => "queue",
            Self::VariableGroup(_) => "variablegroup",
            Self::Environment(_) => "environment",
            Self::Repository(..) => "repository",
        }
    }

    /// The id, as it is on the wire.
    pub fn id(&self) -> String {
        match self {
            Self::Endpoint(id) => id.to_string(),
            Self::Queue(id) => id.to_string(),
            Self::VariableGroup(id) => id.to_string(),
            Self::Environment(id) => id.to_string(),
            Self::Repository(project, repository) => format!("{project}.{repository}"),
        }
    }
}

impl fmt::Display for ProtectedResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.id())
    }
}

impl From<ServiceEndpointId> for ProtectedResource {
    fn from(id: ServiceEndpointId) -> Self {
        Self::Endpoint(id)
    }
}

impl From<QueueId> for ProtectedResource {
    fn from(id: QueueId) -> Self {
        Self::Queue(id)
    }
}

impl From<VariableGroupId> for ProtectedResource {
    fn from(id: VariableGroupId) -> Self {
        Self::VariableGroup(id)
    }
}

impl From<EnvironmentId> for ProtectedResource {
    fn from(id: EnvironmentId) -> Self {
        Self::Environment(id)
    }
}

/// One pipeline's permission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PipelinePermission {
    /// The pipeline.
    pub id: PipelineId,
    /// Whether it may.
    #[serde(default)]
    pub authorized: bool,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The permissions of a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResourcePermissions {
    /// The pipelines that are named.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub pipelines: Vec<PipelinePermission>,
    /// Whether every pipeline may, which this crate never asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_pipelines: Option<serde_json::Value>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ResourcePermissions {
    /// Whether a pipeline is named as allowed.
    pub fn allows(&self, pipeline: PipelineId) -> bool {
        self.pipelines.iter().any(|permission| permission.id == pipeline && permission.authorized)
    }

    /// Whether these pipelines are allowed, and nobody else.
    pub fn allows_only(&self, pipelines: &[PipelineId]) -> bool {
        let others = self.pipelines.iter().any(|found| found.authorized && !pipelines.contains(&found.id));
        !others && !self.is_open_to_all() && pipelines.iter().all(|id| self.allows(*id))
    }

    /// Whether every pipeline is allowed.
    pub fn is_open_to_all(&self) -> bool {
        self.all_pipelines.as_ref().and_then(|all| all.get("authorized")).and_then(serde_json::Value::as_bool)
            == Some(true)
    }
}

/// What to send so that `pipelines` are allowed and, of those that are known to be allowed now, nobody else.
fn exactly(pipelines: &[PipelineId], known: Option<&ResourcePermissions>) -> serde_json::Value {
    let wanted = pipelines.iter().map(|id| (*id, true));
    let others = known.into_iter().flat_map(|known| &known.pipelines);
    let others =
        others.filter(|found| found.authorized && !pipelines.contains(&found.id)).map(|found| (found.id, false));
    let permissions: Vec<_> = wanted
        .chain(others)
        .map(|(id, authorized)| serde_json::json!({ "id": id, "authorized": authorized }))
        .collect();
    let mut body = serde_json::json!({ "pipelines": permissions });
    if known.is_some_and(ResourcePermissions::is_open_to_all) {
        body["allPipelines"] = serde_json::json!({ "authorized": false });
    }
    body
}

/// Permissions in a project.
#[derive(Debug, Clone)]
pub struct PipelinePermissions {
    project: Project,
    /// Whether the answer to a change counts as what is there.
    answers_count: bool,
}

impl Project {
    /// Which pipelines may use which resource.
    pub fn pipeline_permissions(&self) -> PipelinePermissions {
        PipelinePermissions::new(self.clone())
    }
}

impl PipelinePermissions {
    pub(crate) fn new(project: Project) -> Self {
        Self { project, answers_count: false }
    }

    /// The same, taking what the service answers to a change for what is there, instead of asking for it: one request
    /// for each change. It is for callers who read everything back at their end, as a change is reported to get lost
    /// now and then. An answer that is lost, or does not show the change, is still followed by a look.
    pub fn trusting_answers(self) -> Self {
        Self { answers_count: true, ..self }
    }

    fn route(&self, resource: &ProtectedResource) -> Route {
        let route = self.project.route().path("_apis/pipelines/pipelinepermissions");
        route.segment(resource.kind()).segment(resource.id()).preview()
    }

    /// Who may use a resource.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn get(&self, resource: &ProtectedResource) -> Result<ResourcePermissions> {
        self.route(resource).get()?.json().await
    }

    /// Lets pipelines use a resource, these and no others than were allowed before.
    ///
    /// # Errors
    /// Kind `NotFound` if there is no such resource or pipeline, `Conflict` if the service takes it and does not show
    /// it; otherwise what any call fails with.
    pub async fn allow(&self, resource: &ProtectedResource, pipelines: &[PipelineId]) -> Result<ResourcePermissions> {
        self.set(resource, pipelines, true).await
    }

    /// Takes the permission away from pipelines.
    ///
    /// # Errors
    /// Kind `NotFound` if there is no such resource or pipeline, `Conflict` if the service takes it and does not show
    /// it; otherwise what any call fails with.
    pub async fn revoke(&self, resource: &ProtectedResource, pipelines: &[PipelineId]) -> Result<ResourcePermissions> {
        self.set(resource, pipelines, false).await
    }

    /// Lets exactly these pipelines use a resource: others lose the permission, and so does everybody if the resource
    /// is open to all.
    ///
    /// # Errors
    /// Kind `NotFound` if there is no such resource or pipeline, `Conflict` if the service takes it and does not show
    /// it; otherwise what any call fails with.
    pub async fn only(&self, resource: &ProtectedResource, pipelines: &[PipelineId]) -> Result<ResourcePermissions> {
        let pipeline = self.project.client.pipeline();
        let mut known: Option<ResourcePermissions> = None;
        for attempt in 1..=pipeline.options().max_attempts {
            let call = self.route(resource).patch(&exactly(pipelines, known.as_ref()))?.repeatable();
            let (shown, outcome) = self.change(call).await?;
            let now = match shown {
                Some(shown) => shown,
                None => self.get(resource).await?,
            };
            if now.allows_only(pipelines) {
                return Ok(now);
            }
            outcome.map_err(Error::without_effect)?;
            // The first look shows who else is allowed, which is no reason to wait.
            if known.replace(now).is_some() {
                pipeline.sleep(pipeline.options().backoff(attempt)).await;
            }
        }
        let message = format!("the service accepted the permissions of {resource} but does not show them");
        Err(Error::without_call(ErrorKind::Conflict, message, Effect::Unknown))
    }

    /// Makes a change: what its answer shows, where answers count, and how it ended.
    ///
    /// # Errors
    /// Only where nothing was done.
    async fn change(&self, call: Call) -> Result<(Option<ResourcePermissions>, Result<()>)> {
        let ended = match self.answers_count {
            true => call.read(|answer| if answer.is_blank() { Ok(None) } else { answer.decode() }).await,
            false => call.unit().await.map(|()| None),
        };
        match ended {
            Ok(shown) => Ok((shown, Ok(()))),
            Err(error) if error.effect() == Effect::None => Err(error),
            Err(error) => Ok((None, Err(error))),
        }
    }

    /// Sets, and reads back: the service is reported to lose a change now and then. Setting twice is as good as once.
    async fn set(
        &self,
        resource: &ProtectedResource,
        pipelines: &[PipelineId],
        authorized: bool,
    ) -> Result<ResourcePermissions> {
        let permissions: Vec<_> =
            pipelines.iter().map(|id| serde_json::json!({ "id": id, "authorized": authorized })).collect();
        let call = self.route(resource).patch(&serde_json::json!({ "pipelines": permissions }))?.repeatable();
        let pipeline = self.project.client.pipeline();
        for attempt in 1..=pipeline.options().max_attempts {
            let is_set = |now: &ResourcePermissions| pipelines.iter().all(|id| now.allows(*id) == authorized);
            let (answered, outcome) = self.change(call.clone()).await?;
            if let Some(now) = answered.filter(is_set) {
                return Ok(now);
            }
            let shown = || async { Ok(Some(self.get(resource).await?).filter(is_set)) };
            match (settle(pipeline, &shown).await, outcome) {
                (Ok(Some(now)), _) => return Ok(now),
                (Ok(None), outcome) => outcome.map_err(Error::without_effect)?,
                (Err(reading), Ok(())) => return Err(reading.after(&format!("the permissions of {resource} were set"))),
                (Err(reading), Err(error)) => return Err(error.or_unsettled(reading)),
            }
            pipeline.sleep(pipeline.options().backoff(attempt)).await;
        }
        let message = format!("the service accepted the permissions of {resource} but does not show them");
        Err(Error::without_call(ErrorKind::Conflict, message, Effect::Unknown))
    }
}
