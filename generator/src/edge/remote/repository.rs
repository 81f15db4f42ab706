//! The git repository: ours when it is empty, or when the lock file in it names the project.

use async_trait::async_trait;
use devops_client::api::items::Version;
use devops_client::api::repositories::{GitRepository, NewRepository, Repository, RepositoryUpdate};

use super::error::RemoteError;
use super::site::Site;
use super::things::Things;
use crate::remote::content::SPEC_PATH;
use crate::remote::desired::repository::DEFAULT_BRANCH;
use crate::remote::files::{OWN_BRANCHES, names_project};
use crate::remote::observed::{Observed, Owner, World};
use crate::remote::resource::{Fields, Key, Resource};
use crate::tree::lock::LOCK_PATH;

/// Git repositories.
pub(super) struct Repositories;

#[async_trait]
impl Things for Repositories {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<World, RemoteError> {
        let mut world = World::new();
        for resource in wanted {
            let key = &resource.key;
            let found = at.devops.repositories().find(key.name.as_str()).await;
            if let Some(found) = found.map_err(RemoteError::call("read", key))? {
                let owner = owner(at, &found).await.map_err(RemoteError::call("read", key))?;
                world.insert(key.clone(), observed(&found, owner));
            }
        }
        Ok(world)
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let failed = RemoteError::call("create", &wanted.key);
        let repositories = at.devops.repositories();
        let made = match repositories.create(&NewRepository::new(&wanted.key.name)).await {
            Err(error) if error.is_already_exists() => repositories.get(wanted.key.name.as_str()).await,
            made => made,
        };
        let made = made.map_err(&failed)?;
        let owner = owner(at, &made).await.map_err(&failed)?;
        if owner == Owner::Foreign {
            let why = "somebody else has made it and filled it meanwhile";
            return Err(RemoteError::new("create", &wanted.key, why, "plan again, and adopt it if it is yours"));
        }
        Ok(observed(&made, owner))
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let failed = RemoteError::call("update", &wanted.key);
        let Some(branch) = wanted.fields.get(DEFAULT_BRANCH).and_then(|branch| branch.as_str()) else {
            return Ok(found.clone());
        };
        let repository = at.devops.repositories().repository(wanted.key.name.as_str());
        // A branch that is not there yet becomes the default one with its first files.
        if repository.branch(branch).await.map_err(&failed)?.is_none() {
            return Ok(found.clone());
        }
        Ok(observed(&set_default_branch(at, wanted, branch).await.map_err(failed)?, Owner::Ours))
    }

    async fn delete(&self, at: &Site, key: &Key, _: &Observed) -> Result<(), RemoteError> {
        let failed = RemoteError::call("delete", key);
        let repositories = at.devops.repositories();
        let Some(found) = repositories.find(key.name.as_str()).await.map_err(&failed)? else { return Ok(()) };
        match repositories.delete(found.id).await {
            Err(error) if error.is_not_found() => Ok(()),
            deleted => deleted.map_err(failed),
        }
    }
}

async fn set_default_branch(at: &Site, wanted: &Resource, branch: &str) -> devops_client::Result<GitRepository> {
    let repositories = at.devops.repositories();
    let found = repositories.get(wanted.key.name.as_str()).await?;
    repositories.update(found.id, &RepositoryUpdate::new().default_branch(branch)).await
}

fn observed(repository: &GitRepository, owner: Owner) -> Observed {
    let default = repository.default_branch.as_deref().map(|branch| (DEFAULT_BRANCH.to_owned(), branch.into()));
    Observed::new(repository.id.to_string(), owner, Fields::from_iter(default))
}

/// The branch's name without `refs/heads/`.
fn short(branch: &str) -> &str {
    branch.strip_prefix("refs/heads/").unwrap_or(branch)
}

async fn owner(at: &Site, found: &GitRepository) -> devops_client::Result<Owner> {
    let Some(default) = found.default_branch.as_deref().map(short) else { return Ok(Owner::Ours) };
    let repository = at.devops.repositories().repository(found.id);
    let wanted = at.project.devops.branch.as_str();
    if default.starts_with(OWN_BRANCHES) {
        // An apply that was interrupted before the first files were there leaves such a branch as the only one.
        let others = repository.refs("heads/").find(|found| !short(&found.name).starts_with(OWN_BRANCHES)).await?;
        return match others {
            None => Ok(Owner::Ours),
            Some(_) => by_lock(at, &repository, wanted).await,
        };
    }
    match by_lock(at, &repository, wanted).await? {
        Owner::Foreign if default != wanted => by_lock(at, &repository, default).await,
        owner => Ok(owner),
    }
}

/// Whose the files of a branch are: its lock says so; where it has none, a spec that is the same as ours does.
async fn by_lock(at: &Site, repository: &Repository, branch: &str) -> devops_client::Result<Owner> {
    let version = Version::branch(branch);
    let folder = ["/", LOCK_PATH.rsplit_once('/').map_or("", |(folder, _)| folder)].concat();
    let path = ["/", LOCK_PATH].concat();
    let lock = match repository.items(&folder, &version).find(|item| item.path == path).await {
        Err(error) if error.is_not_found() => None,
        lock => lock?,
    };
    let Some(lock) = lock else {
        let spec = repository.file(&["/", SPEC_PATH].concat(), &version).await?;
        let same = at.content.get(SPEC_PATH).zip(spec).is_some_and(|(ours, found)| ours.bytes == found.as_bytes());
        return Ok(if same { Owner::Ours } else { Owner::Foreign });
    };
    if at.content.get(LOCK_PATH).is_some_and(|ours| ours.blob == lock.object_id.as_str()) {
        return Ok(Owner::Ours);
    }
    let text = repository.file(&path, &version).await?.unwrap_or_default();
    Ok(if names_project(&text, &at.project.name) { Owner::Ours } else { Owner::Foreign })
}
