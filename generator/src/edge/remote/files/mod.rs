//! The project's files on the default branch: one commit, checked by the server before the branch moves to it.
//!
//! The commit goes to a candidate branch first. The server expands every pipeline from there; only when it accepts them
//! does the default branch move to that very commit, by compare-and-swap, and the candidate goes. A branch that takes no
//! pushes gets a pull request from the candidate instead.

mod candidate;
mod preview;
mod request;
mod work;

use std::collections::BTreeMap;

use async_trait::async_trait;
use devops_client::api::items::Version;
use devops_client::api::pushes::Change;
use devops_client::api::refs::RefUpdate;
use devops_client::api::repositories::RepositoryUpdate;
use devops_client::{ErrorKind, ObjectId};
use futures::future::try_join_all;

use super::branches::{Heads, candidate, heads, listing, repository, short};
use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::{all_typed, typed};
use super::repository::{lock_text, whose};
use super::site::Site;
use crate::remote::files::{FileChange, Listing, OWN_BRANCHES, changes, differing_seeds, found, left_behind};
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::files::{self as kind, File, Open};
use crate::remote::kinds::repository::Repository;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Fields, Key, Kind, Resource};
use crate::tree::lock::{Lock, sha256};
use work::{Work, seen};

/// The files of a branch.
pub(super) struct Files;

#[async_trait]
impl Handler for Files {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let mut state = State::new();
        for (resource, want) in all_typed::<kind::Files>(wanted)? {
            let failed = RemoteError::call("read", &resource.key);
            let Some(heads) = heads(at).await.map_err(&failed)? else { continue };
            if let Some(head) = heads.get(&resource.key.name) {
                let branch = Branch { key: &resource.key, want: &want };
                state.insert(resource.key.clone(), observe(at, branch, head, &heads).await.map_err(&failed)?);
            }
        }
        Ok(state)
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let failed = RemoteError::call("create", &wanted.key);
        let want: kind::Files = typed("create", wanted)?;
        let branch = Branch { key: &wanted.key, want: &want };
        let repository_key = Key::new(Kind::Repository, at.project.devops.repository.as_str());
        let heads = match at.is_first(&wanted.key, &repository_key) {
            // Nothing but the lock is there. Should somebody push meanwhile, the branch is not made over his.
            true => Heads::new(),
            false => heads(at).await.map_err(&failed)?.unwrap_or_default(),
        };
        if let Some(head) = heads.get(&wanted.key.name) {
            // An apply that was interrupted, or a person, was quicker.
            let found = observe(at, branch, head, &heads).await.map_err(&failed)?;
            if found.owner == Owner::Ours {
                return self.update(at, wanted, &found).await;
            }
            let why = "somebody else has made this branch meanwhile";
            return Err(RemoteError::new(
                "create",
                &wanted.key,
                why,
                "plan again, and adopt the repository if it is yours",
            ));
        }
        let base = default_head(at).await.map_err(&failed)?;
        let found = match &base {
            Some(base) => observe(at, branch, base, &Heads::new()).await.map_err(&failed)?,
            None => Observed::new(wanted.key.name.as_str(), Owner::Ours, Fields::new()),
        };
        let work = Work {
            at,
            wanted,
            repository: repository(at),
            head: None,
            base,
            changes: changes(&want, &seen("create", &wanted.key, &found)?),
            found,
            want,
            candidate: heads.get(&candidate(at)).cloned(),
        };
        work.carry_out().await
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let failed = RemoteError::call("update", &wanted.key);
        let heads = heads(at).await.map_err(&failed)?.unwrap_or_default();
        let head = heads.get(&wanted.key.name);
        if head.map(ObjectId::as_str) != found.version.as_deref() {
            let why = format!("somebody has pushed to {} meanwhile", wanted.key.name);
            return Err(RemoteError::new(
                "update",
                &wanted.key,
                why,
                "plan again: what is to be done may be another thing",
            ));
        }
        let want: kind::Files = typed("update", wanted)?;
        let work = Work {
            at,
            wanted,
            repository: repository(at),
            head: head.cloned(),
            base: head.cloned(),
            changes: changes(&want, &seen("update", &wanted.key, found)?),
            found: found.clone(),
            want,
            candidate: heads.get(&candidate(at)).cloned(),
        };
        if work.changes.is_empty() {
            work.clean_up().await.map_err(&failed)?;
            let fields = wanted.fields.clone();
            return Ok(Observed { fields, owner: Owner::Ours, ..found.clone() });
        }
        work.carry_out().await
    }

    /// No plan asks for it: the files go with their repository or stay with it (`RemotePlan::destroy`).
    async fn delete(&self, _: &Site, key: &Key, _: &Observed) -> Result<(), RemoteError> {
        let why = "files are not taken out of a branch: they go with their repository, or stay with it";
        Err(RemoteError::new("delete", key, why, "delete the repository, or the files by a commit of your own"))
    }
}

/// A branch and what it shall hold.
#[derive(Clone, Copy)]
struct Branch<'a> {
    key: &'a Key,
    want: &'a kind::Files,
}

/// The files of the branch at `head`.
async fn observe(at: &Site, branch: Branch<'_>, head: &ObjectId, heads: &Heads) -> devops_client::Result<Observed> {
    let Branch { key, want } = branch;
    let repository = repository(at);
    let files = listing(at, head).await?;
    let lock = lock_text(at, head, &files).await?;
    let owner = whose(at, &files, lock.as_deref());
    let lock = lock.and_then(|text| Lock::parse(&text).ok()).unwrap_or_default();
    let mut stale = unedited(at, head, left_behind(want, &lock, &files)).await?;
    if owner == Owner::Ours {
        stale.extend(gone(at, &files));
    }
    let mut seen = found(want, &files, &stale);
    if owner == Owner::Ours {
        seen.files.extend(behind(at, head, want, &files, &lock).await?);
    }
    let name = candidate(at);
    if let Some(candidate) = heads.get(&name) {
        if changes(want, &seen).is_empty() {
            seen.open = Some(Open::Leftover(candidate.to_string()));
        } else if let Some(open) = repository.active_pull_request(&name, &key.name).await? {
            // A request for what the spec wanted before is no answer to what it wants now: it grows with the next push.
            let asked = listing(at, candidate).await?;
            stale.extend(gone(at, &asked));
            let rest = changes(want, &found(want, &asked, &stale));
            let address = request::address(at, open.pull_request_id);
            seen.open = Some(if rest.is_empty() { Open::Request(address) } else { Open::OldRequest(address) });
        }
    }
    Ok(Observed::new(key.name.as_str(), owner, seen.to_fields()).version(head))
}

/// Files that the team has deleted in a commit since they were as they are there. What somebody else has made of one stays.
fn gone(at: &Site, files: &Listing) -> Vec<String> {
    files.iter().filter(|(path, blob)| at.content.is_deleted(path, blob)).map(|(path, _)| path.clone()).collect()
}

/// Files of the team's that the repository has in an older form, with the object ids that they have there: a render that
/// nobody has touched there, or what the local branch has had. What somebody else has pushed stays.
async fn behind(
    at: &Site,
    head: &ObjectId,
    want: &kind::Files,
    files: &Listing,
    lock: &Lock,
) -> devops_client::Result<BTreeMap<String, File>> {
    let differing = differing_seeds(want, files, |path| at.content.get(path).map(|file| file.blob.as_str()));
    let (older, open): (Vec<_>, Vec<_>) = differing.into_iter().partition(|(path, blob)| at.content.was(path, blob));
    let rendered = open.iter().filter_map(|(path, _)| Some((*path, lock.files.get(*path)?.written())));
    let untouched = unedited(at, head, rendered.collect()).await?;
    let open = open.into_iter().filter(|(path, _)| untouched.iter().any(|one| one == path));
    Ok(older.into_iter().chain(open).map(|(path, blob)| (path.to_owned(), File::Blob(blob.to_owned()))).collect())
}

/// Those of the files whose content is still what the lock says.
async fn unedited(at: &Site, head: &ObjectId, files: Vec<(&str, &str)>) -> devops_client::Result<Vec<String>> {
    let (version, repository) = (Version::commit(head), &repository(at));
    let read = files.into_iter().map(|(path, locked)| {
        let (full, version) = (format!("/{}", at.project.devops.directory.within(path)), &version);
        async move {
            let text = repository.file(&full, version).await?;
            Ok(text.filter(|text| sha256(text.as_bytes()) == locked).map(|_| path.to_owned()))
        }
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}

/// The head of the default branch that somebody else has filled; none in a repository that holds nothing but ours.
async fn default_head(at: &Site) -> devops_client::Result<Option<ObjectId>> {
    let key = Key::new(Kind::Repository, at.project.devops.repository.as_str());
    let default = match at.known(&key) {
        Some(known) => Repository::from_fields(&known.fields).ok().and_then(|known| known.default_branch),
        None => at.devops.repositories().get(key.name.as_str()).await?.default_branch,
    };
    match default.as_deref().map(short) {
        Some(default) if !default.starts_with(OWN_BRANCHES) => {
            Ok(repository(at).branch(default).await?.map(|head| head.object_id))
        }
        _ => Ok(None),
    }
}

impl Work<'_> {
    /// Brings the files to the candidate, has the server check them, and moves the branch or asks for it.
    async fn carry_out(&self) -> Result<Observed, RemoteError> {
        let failed = RemoteError::call("push", &self.wanted.key);
        let protected = self.is_protected().await.map_err(&failed)?;
        let open = match (&self.candidate, protected) {
            (Some(_), true) => {
                self.repository.active_pull_request(&self.own_branch(), self.branch()).await.map_err(&failed)?
            }
            _ => None,
        };
        let commit = self.candidate(open.is_some()).await?;
        preview::check(self.at, self.wanted).await?;
        if protected {
            return self.request(open).await;
        }
        match self.move_branch(&commit).await {
            Ok(()) => {}
            Err(error) if is_policy(&error) => return self.request(open).await,
            Err(error) => return Err(failed(error)),
        }
        self.drop_candidate(&commit).await.map_err(failed)?;
        Ok(Observed::new(self.branch(), Owner::Ours, self.wanted.fields.clone()).version(commit))
    }

    fn branch(&self) -> &str {
        &self.wanted.key.name
    }

    /// The branch that the push is checked on.
    fn own_branch(&self) -> String {
        candidate(self.at)
    }

    // Invariant: no policy is got around: a protected branch gets a pull request
    // (test: a_branch_under_a_policy_gets_a_pull_request_once).
    /// Whether pushes to the branch are refused: no rights of whoever applies are used to get around a policy.
    async fn is_protected(&self) -> devops_client::Result<bool> {
        if self.head.is_none() {
            return Ok(false);
        }
        let id = super::repository::id(self.at).await?;
        let branch = ["refs/heads/", self.branch()].concat();
        let policies = self.at.devops.policies().for_branch(id, &branch, None);
        Ok(policies.find(|policy| policy.is_enabled && policy.is_blocking).await?.is_some())
    }

    // Invariant: no push writes over one that came between
    // (test: a_push_that_came_between_plan_and_apply_is_not_written_over).
    /// Moves the branch from where it was seen to `commit`. A branch that is made by that becomes the default one.
    async fn move_branch(&self, commit: &ObjectId) -> devops_client::Result<()> {
        let branch = ["refs/heads/", self.branch()].concat();
        let old = self.head.clone().unwrap_or_else(ObjectId::zero);
        self.repository.update_ref(&RefUpdate::change(branch.as_str(), old, commit.clone())).await?;
        if self.head.is_none() {
            // A branch that was not there could not be the default one until now: that was the candidate or the apply lock,
            // the first branch of the repository, or the branch that the spec named before.
            let id = super::repository::id(self.at).await?;
            let update = RepositoryUpdate::new().default_branch(branch);
            self.at.devops.repositories().update(id, &update).await?;
        }
        Ok(())
    }

    /// Removes the candidate, unless somebody has moved it on.
    async fn drop_candidate(&self, commit: &ObjectId) -> devops_client::Result<()> {
        let name = ["refs/heads/", &self.own_branch()].concat();
        match self.repository.update_ref(&RefUpdate::delete(name, commit.clone())).await {
            Err(error) if error.is_conflict() => Ok(()),
            deleted => deleted.map(drop),
        }
    }

    /// Removes what an interrupted apply left behind, with the pull request that nothing is left of.
    async fn clean_up(&self) -> devops_client::Result<()> {
        let Some(candidate) = &self.candidate else { return Ok(()) };
        if let Some(open) = self.repository.active_pull_request(&self.own_branch(), self.branch()).await? {
            self.repository.abandon_pull_request(open.pull_request_id).await?;
        }
        self.drop_candidate(candidate).await
    }

    /// `changes` as the service takes them.
    fn pushed(&self, changes: &[FileChange]) -> Result<Vec<Change>, RemoteError> {
        let bytes = |path: &str| {
            self.at.content.get(path).map(|file| file.bytes.as_slice()).ok_or_else(|| {
                let why = format!("{path} is in the plan and not among the rendered files");
                RemoteError::new("push", &self.wanted.key, why, "plan again: the plan is of another spec")
            })
        };
        let full = |path: &str| self.at.project.devops.directory.within(path);
        let change = |change: &FileChange| {
            Ok(match change {
                FileChange::Add(path) => Change::add(&full(path), bytes(path)?),
                FileChange::Edit(path) => Change::edit(&full(path), bytes(path)?),
                FileChange::Delete(path) => Change::delete(&full(path)),
            })
        };
        changes.iter().map(change).collect()
    }

    /// What differs from the wanted state in a commit with these files.
    fn rest(&self, files: &Listing) -> Vec<FileChange> {
        let going = self.changes.iter().filter_map(|change| match change {
            FileChange::Delete(path) => Some(path.clone()),
            _ => None,
        });
        let mut found = found(&self.want, files, &going.chain(gone(self.at, files)).collect::<Vec<_>>());
        let ours = |path: &str| self.at.content.get(path).map(|file| file.blob.as_str());
        for (path, blob) in differing_seeds(&self.want, files, ours) {
            if self.changes.contains(&FileChange::Edit(path.to_owned())) {
                found.files.insert(path.to_owned(), File::Blob(blob.to_owned()));
            }
        }
        changes(&self.want, &found)
    }
}

/// Whether a policy keeps the branch from being moved.
fn is_policy(error: &devops_client::Error) -> bool {
    matches!(error.kind(), ErrorKind::Forbidden { missing } if missing.contains("PolicyExempt"))
}
