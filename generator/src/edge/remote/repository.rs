//! The git repository: ours when it is empty, or when the lock file in it names the project.

use async_trait::async_trait;
use devops_client::api::repositories::{GitRepository, NewRepository, Repository, RepositoryUpdate};
use devops_client::{ObjectId, RepositoryId};

use super::branches::{Heads, candidate, heads, listing, own_text, repository, short};
use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::typed;
use super::site::Site;
use crate::remote::content::SPEC_PATH;
use crate::remote::files::{Listing, OWN_BRANCHES};
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::repository as kind;
use crate::remote::observed::{HOLDER, Observed, Owner, State};
use crate::remote::resource::{Key, Kind, Resource};
use crate::tree::lock::{LOCK_PATH, Lock};

/// Git repositories.
pub(super) struct Repositories;

#[async_trait]
impl Handler for Repositories {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let mut state = State::new();
        for resource in wanted {
            let key = &resource.key;
            let found = at.devops.repositories().find(key.name.as_str()).await;
            if let Some(found) = found.map_err(RemoteError::call("read", key))? {
                let owner = owner(at, &found).await.map_err(RemoteError::call("read", key))?;
                state.insert(key.clone(), seen(&found, owner));
            }
        }
        Ok(state)
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let failed = RemoteError::call("create", &wanted.key);
        let repositories = at.devops.repositories();
        let made = match repositories.create(&NewRepository::new(&wanted.key.name)).await {
            Err(error) if error.is_already_exists() => {
                repositories.get(wanted.key.name.as_str()).await.map_err(&failed)?
            }
            made => {
                let made = made.map_err(&failed)?;
                at.note_fresh(&wanted.key);
                made
            }
        };
        let (owner, _) = owner(at, &made).await.map_err(&failed)?;
        if owner == Owner::Foreign {
            let why = "somebody else has made it and filled it meanwhile";
            return Err(RemoteError::new("create", &wanted.key, why, "plan again, and adopt it if it is yours"));
        }
        Ok(observed(&made, owner))
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let failed = RemoteError::call("update", &wanted.key);
        let kind::Repository { default_branch: Some(branch) } = typed("update", wanted)? else {
            return Ok(found.clone());
        };
        // A branch that is not there yet becomes the default one with its first files.
        if repository(at).branch(&branch).await.map_err(&failed)?.is_none() {
            return Ok(found.clone());
        }
        Ok(observed(&set_default_branch(at, wanted, &branch).await.map_err(failed)?, Owner::Ours))
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

/// A branch of the tool's own is the default one only as long as there is no other: it counts as none.
fn observed(repository: &GitRepository, owner: Owner) -> Observed {
    let default = repository.default_branch.as_deref().filter(|branch| !short(branch).starts_with(OWN_BRANCHES));
    let found = kind::Repository { default_branch: default.map(str::to_owned) };
    Observed::new(repository.id.to_string(), owner, found.to_fields())
}

fn seen(repository: &GitRepository, (owner, holder): Whose) -> Observed {
    let seen = observed(repository, owner);
    match holder {
        Some(project) => seen.with_fact(HOLDER, project),
        None => seen,
    }
}

/// The repository's id: known, or asked for.
pub(super) async fn id(at: &Site) -> devops_client::Result<RepositoryId> {
    let name = at.project.devops.repository.as_str();
    match at.known(&Key::new(Kind::Repository, name)) {
        Some(known) => RepositoryId::parse(&known.id),
        None => Ok(at.devops.repositories().get(name).await?.id),
    }
}

/// Whose a repository is, and the project whose lock is in it where that is another one.
type Whose = (Owner, Option<String>);

/// Ours: empty, or with a lock that names the project on the spec's branch, in the pull request that leads there, or on
/// the default branch.
async fn owner(at: &Site, found: &GitRepository) -> devops_client::Result<Whose> {
    let Some(default) = found.default_branch.as_deref().map(short) else { return Ok((Owner::Ours, None)) };
    let repository = repository(at);
    let heads = heads(at).await?.unwrap_or_default();
    let mut other = None;
    if let Some(head) = heads.get(at.project.devops.branch.as_str()) {
        let (owner, holder) = by_lock(at, head).await?;
        if owner == Owner::Ours || is_asked_for(at, &repository, &heads).await? {
            return Ok((Owner::Ours, None));
        }
        other = holder;
    }
    // An apply that was interrupted before the first files were there leaves such a branch as the only one.
    if default.starts_with(OWN_BRANCHES) {
        let others = repository.refs("heads/").find(|found| !short(&found.name).starts_with(OWN_BRANCHES)).await?;
        return Ok((if others.is_none() { Owner::Ours } else { Owner::Foreign }, other));
    }
    if default == at.project.devops.branch.as_str() {
        return Ok((Owner::Foreign, other));
    }
    match repository.branch(default).await? {
        Some(head) => by_lock(at, &head.object_id).await,
        None => Ok((Owner::Foreign, other)),
    }
}

/// Whether our files wait in a pull request: somebody has agreed that the repository is ours, and a reviewer has yet to.
async fn is_asked_for(at: &Site, repository: &Repository, heads: &Heads) -> devops_client::Result<bool> {
    let name = candidate(at);
    let Some(head) = heads.get(&name) else { return Ok(false) };
    Ok(by_lock(at, head).await?.0 == Owner::Ours
        && repository.active_pull_request(&name, at.project.devops.branch.as_str()).await?.is_some())
}

async fn by_lock(at: &Site, head: &ObjectId) -> devops_client::Result<Whose> {
    let files = listing(at, head).await?;
    let lock = lock_text(at, head, &files).await?;
    let owner = whose(at, &files, lock.as_deref());
    let holder = lock.filter(|_| owner == Owner::Foreign).and_then(|text| Lock::parse(&text).ok());
    Ok((owner, holder.map(|lock| lock.project).filter(|project| !project.is_empty())))
}

/// The text of the lock at a commit, read only where it is not our own.
pub(super) async fn lock_text(at: &Site, head: &ObjectId, files: &Listing) -> devops_client::Result<Option<String>> {
    let Some(blob) = files.get(LOCK_PATH) else { return Ok(None) };
    match at.content.get(LOCK_PATH) {
        Some(own) if own.blob == *blob => Ok(Some(String::from_utf8_lossy(&own.bytes).into_owned())),
        _ => own_text(at, LOCK_PATH, head).await.map(Some),
    }
}

/// Whose files are: the lock among them says so; where there is none that could, a spec that is the same as ours does. A
/// folder of a repository that nobody has put anything into is free for us.
pub(super) fn whose(at: &Site, files: &Listing, lock: Option<&str>) -> Owner {
    let same_spec = || at.content.get(SPEC_PATH).is_some_and(|spec| files.get(SPEC_PATH) == Some(&spec.blob));
    let ours = match lock.map(Lock::parse) {
        Some(Ok(lock)) if lock.project == at.project.name.as_str() => true,
        Some(Ok(lock)) if !lock.project.is_empty() => is_former(at, &lock.project),
        _ if files.is_empty() => !at.project.devops.directory.is_top(),
        _ => same_spec(),
    };
    if ours { Owner::Ours } else { Owner::Foreign }
}

/// Whether the project was called so before, by the lock that goes with its files.
fn is_former(at: &Site, name: &str) -> bool {
    let own = at.content.get(LOCK_PATH).map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    own.and_then(|text| Lock::parse(&text).ok()).is_some_and(|lock| lock.former.contains_key(name))
}
