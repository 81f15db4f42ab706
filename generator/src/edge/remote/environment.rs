//! Environments of Azure Pipelines.

use async_trait::async_trait;
use devops_client::EnvironmentId;
use devops_client::api::environments::{Environment, NewEnvironment};

use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::Operation;
use super::marked;
use super::site::Site;
use crate::remote::kinds::environment as kind;
use crate::remote::kinds::field::Typed as _;
use crate::remote::observed::{Observed, State};
use crate::remote::resource::{Key, Kind, Resource};

/// Environments.
pub struct Environments;

#[async_trait]
impl Handler for Environments {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let list = at.devops.environments().list().all().await;
        let list = list.map_err(|error| RemoteError::listing("environments", &error))?;
        let see = |environment: &Environment, _: Option<&Resource>| observed(at, environment);
        Ok(marked::sort(Kind::Environment, &list, wanted, |environment| environment.name.as_str(), see))
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "create", &wanted.key);
        let want: kind::Environment = operation.wanted(wanted)?;
        let new = NewEnvironment::new(&wanted.key.name).description(marked::put(at, &want.description));
        let environments = at.devops.environments();
        match environments.create(&new).await {
            Err(error) if error.is_already_exists() => {
                let found = environments.find(&wanted.key.name).await.map_err(|error| operation.failed(error))?;
                let ours = found.map(|found| observed(at, &found)).filter(Observed::is_ours);
                self.update(at, wanted, &ours.ok_or_else(|| operation.taken())?).await
            }
            made => {
                let made = made.map_err(|error| operation.failed(error))?;
                at.note_fresh(&wanted.key);
                Ok(observed(at, &made))
            }
        }
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "update", &wanted.key);
        let want: kind::Environment = operation.wanted(wanted)?;
        let changed = NewEnvironment::new(&wanted.key.name).description(marked::put(at, &want.description));
        let changed = at.devops.environments().update(id(operation, found)?, &changed).await;
        Ok(observed(at, &changed.map_err(|error| operation.failed(error))?))
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let operation = Operation::new(at, "delete", key);
        at.devops.environments().delete(id(operation, found)?).await.map_err(|error| operation.failed(error))
    }
}

fn id(operation: Operation<'_>, found: &Observed) -> Result<EnvironmentId, RemoteError> {
    let id = found.id.parse().map(EnvironmentId);
    id.map_err(|_| operation.error(format!("`{}` is no id of an environment", found.id), "run apply again"))
}

fn observed(at: &Site, environment: &Environment) -> Observed {
    let description = environment.description.as_deref();
    let found = kind::Environment { description: marked::plain(at, description).to_owned() };
    Observed::new(environment.id.to_string(), marked::owner(at, description), found.to_fields())
}
