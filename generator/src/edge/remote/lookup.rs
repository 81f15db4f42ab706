//! From names in fields to the ids that the service wants, and from fields to their values.

use std::str::FromStr;

use devops_client::api::ProjectReference;
use devops_client::{Error, PipelineId, ProjectId, QueueId, RepositoryId, ServiceEndpointId};

use super::error::RemoteError;
use super::site::Site;
use crate::remote::kinds::field::Typed;
use crate::remote::resource::{Key, Kind, Resource};
use crate::remote::shell::word;

/// Resources with the structs behind their fields, whatever of them is known only later.
pub(super) fn all_typed<'a, K: Typed>(wanted: &[&'a Resource]) -> Result<Vec<(&'a Resource, K)>, RemoteError> {
    wanted.iter().map(|resource| Ok((*resource, typed("read", resource)?))).collect()
}

/// The struct behind the fields of a resource.
pub(super) fn typed<K: Typed>(operation: &'static str, resource: &Resource) -> Result<K, RemoteError> {
    let mistake = "report this: it is a mistake of mlops-gen";
    K::read(&resource.fields).map_err(|error| RemoteError::new(operation, &resource.key, error, mistake))
}

/// What is being done to which resource: where errors come from.
#[derive(Clone, Copy)]
pub(super) struct Operation<'a> {
    pub(super) at: &'a Site,
    pub(super) verb: &'static str,
    pub(super) key: &'a Key,
}

impl<'a> Operation<'a> {
    pub(super) fn new(at: &'a Site, verb: &'static str, key: &'a Key) -> Self {
        Self { at, verb, key }
    }

    /// What a failed call becomes.
    pub(super) fn failed(self, error: Error) -> RemoteError {
        RemoteError::new(self.verb, self.key, &error, error.next_step())
    }

    /// An error of our own.
    pub(super) fn error(self, why: impl ToString, next: impl Into<String>) -> RemoteError {
        RemoteError::new(self.verb, self.key, why, next)
    }

    /// That somebody else has taken the name since the plan was made.
    pub(super) fn taken(self) -> RemoteError {
        let next = format!("`--adopt {}` makes it ours, another name in the spec leaves it alone", word(self.key));
        self.error("it is there, and this project did not make it", next)
    }

    /// That the resource has gone since the plan was made.
    pub(super) fn gone(self) -> RemoteError {
        self.error("it has gone since the plan was made", "run plan again")
    }

    /// The team project, as bodies name it.
    pub(super) async fn project(self) -> Result<ProjectReference, RemoteError> {
        let name = self.at.project.devops.project.as_str();
        if let Some(id) = self.known::<ProjectId>(Kind::Project, name) {
            return Ok(ProjectReference::new(id, name));
        }
        let project = self.at.client.projects().get(name).await.map_err(|error| self.failed(error))?;
        Ok(ProjectReference::from(&project))
    }

    /// The connection of a name.
    pub(super) async fn connection(self, name: &str) -> Result<ServiceEndpointId, RemoteError> {
        if let Some(id) = self.known(Kind::ServiceConnection, name) {
            return Ok(id);
        }
        let found = self.at.devops.service_endpoints().find(name).await.map_err(|error| self.failed(error))?;
        found.map(|found| found.id).ok_or_else(|| self.lacks("service connection", name))
    }

    /// The repository of a name.
    pub(super) async fn repository(self, name: &str) -> Result<RepositoryId, RemoteError> {
        if let Some(id) = self.known(Kind::Repository, name) {
            return Ok(id);
        }
        let found = self.at.devops.repositories().find(name).await.map_err(|error| self.failed(error))?;
        found.map(|found| found.id).ok_or_else(|| self.lacks("repository", name))
    }

    /// The agent queue of a name. A queue is made by whoever owns the pool.
    pub(super) async fn queue(self, name: &str) -> Result<QueueId, RemoteError> {
        let found = self.at.devops.queues().find(name).await.map_err(|error| self.failed(error))?;
        let next = format!("add the agent pool `{name}` to the project (project settings, agent pools)");
        found.map(|queue| queue.id).ok_or_else(|| self.error(format!("the project has no agent queue `{name}`"), next))
    }

    /// The pipeline of a name, which was observed or made before.
    pub(super) fn pipeline(self, name: &str) -> Result<PipelineId, RemoteError> {
        let known = self.at.known(&Key::new(Kind::Pipeline, name)).and_then(|pipeline| pipeline.id.parse().ok());
        known.map(PipelineId).ok_or_else(|| self.lacks("pipeline", name))
    }

    /// The id of a connection, group or environment, which was observed or made before.
    pub(super) fn id_of(self, kind: &str, name: &str) -> Result<String, RemoteError> {
        let known = kind.parse::<Kind>().ok().and_then(|kind| self.at.known(&Key::new(kind, name)));
        known.map(|found| found.id).ok_or_else(|| self.lacks(kind, name))
    }

    fn known<T: FromStr>(self, kind: Kind, name: &str) -> Option<T> {
        self.at.known(&Key::new(kind, name)).and_then(|found| found.id.parse().ok())
    }

    fn lacks(self, what: &str, name: &str) -> RemoteError {
        self.error(format!("the project has no {what} `{name}`"), "run apply again: it makes what is missing first")
    }

    /// The struct behind the fields that are wanted; all of them are known by now.
    pub(super) fn wanted<K: Typed>(self, wanted: &Resource) -> Result<K, RemoteError> {
        typed(self.verb, wanted)
    }
}
