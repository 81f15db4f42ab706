//! The team project: made where it is missing, used as it is where it is there, never removed.

use std::time::Duration;

use async_trait::async_trait;
use devops_client::WaitOptions;
use devops_client::api::projects::{NewProject, ProjectState, TeamProject};

use super::error::RemoteError;
use super::handler::Handler;
use super::site::Site;
use crate::remote::mark;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Fields, Key, Resource};

/// How long a new project may take, in looks of [`PAUSE`].
const LOOKS: u32 = 600;

/// Pause between two looks at a project that is being made.
const PAUSE: Duration = Duration::from_millis(500);

/// Team projects.
pub(super) struct Projects;

#[async_trait]
impl Handler for Projects {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let mut state = State::new();
        for resource in wanted {
            if let Some(project) = find(at, &resource.key, "read").await?.filter(is_ready) {
                state.insert(resource.key.clone(), observed(&project));
            }
        }
        Ok(state)
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let key = &wanted.key;
        let failed = RemoteError::call("create", key);
        let description = mark::put(at.project.description.as_str(), &at.project.name);
        match at.client.projects().create(&NewProject::new(&key.name).description(description)).await {
            Ok(operation) => {
                let options = WaitOptions::timeout(PAUSE * LOOKS).every(PAUSE);
                at.client.operations().wait(&operation, &options).await.map_err(failed)?;
            }
            Err(error) if error.is_already_exists() => {}
            Err(error) => return Err(failed(error)),
        }
        // A project that an earlier apply began to make may still be on its way.
        for _ in 0..LOOKS {
            if let Some(project) = find(at, key, "create").await?.filter(is_ready) {
                return Ok(observed(&project));
            }
            tokio::time::sleep(PAUSE).await;
        }
        let next = "look at it on the organization's page; when it is there, apply again";
        Err(RemoteError::new("create", key, "the service has not finished it after five minutes", next))
    }

    async fn update(&self, _: &Site, _: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        Ok(found.clone())
    }

    async fn delete(&self, _: &Site, key: &Key, _: &Observed) -> Result<(), RemoteError> {
        Err(RemoteError::new(
            "delete",
            key,
            "a project holds more than what mlops-gen made",
            "delete it on the organization's settings page if nobody else uses it",
        ))
    }
}

async fn find(at: &Site, key: &Key, operation: &'static str) -> Result<Option<TeamProject>, RemoteError> {
    at.client.projects().find(key.name.as_str()).await.map_err(RemoteError::call(operation, key))
}

fn is_ready(project: &TeamProject) -> bool {
    project.state.as_ref().is_none_or(|state| *state == ProjectState::WellFormed)
}

/// Whoever made it: there is nothing to adopt in a project.
fn observed(project: &TeamProject) -> Observed {
    Observed::new(project.id.to_string(), Owner::Ours, Fields::new())
}
