//! The candidate branch: the commit that is to become the head of the default branch, made once.

use devops_client::ObjectId;
use devops_client::api::pushes::NewPush;
use devops_client::api::refs::RefUpdate;

use super::work::Work;
use crate::edge::remote::branches::{listing, short};
use crate::edge::remote::error::RemoteError;
use crate::remote::files::{FileChange, Listing};
use crate::tree::lock::sha256;

impl Work<'_> {
    /// The candidate's commit: found where an earlier apply has made it, else made.
    ///
    /// `open` says that a pull request waits. What people have added to it stays: it grows by one commit.
    pub(super) async fn candidate(&self, open: bool) -> Result<ObjectId, RemoteError> {
        let failed = RemoteError::call("push", &self.wanted.key);
        let Some(base) = &self.base else {
            return match &self.candidate {
                Some(candidate) => self.grow(candidate).await,
                None => self.push(&ObjectId::zero(), &self.changes).await,
            };
        };
        match &self.candidate {
            Some(candidate) if open => return self.grow(candidate).await,
            Some(candidate) if candidate == base => {}
            Some(candidate) if self.is_ours(candidate, base).await.map_err(&failed)? => return Ok(candidate.clone()),
            Some(candidate) => {
                let back = RefUpdate::change(self.full(), candidate.clone(), base.clone());
                self.repository.update_ref(&back).await.map_err(failed)?;
            }
            None => {
                let create = RefUpdate::create(self.full(), base.clone());
                self.repository.update_ref(&create).await.map_err(failed)?;
            }
        }
        self.push(base, &self.changes).await
    }

    /// The candidate with what it still lacks on top.
    async fn grow(&self, candidate: &ObjectId) -> Result<ObjectId, RemoteError> {
        let files = listing(self.at, candidate).await;
        let rest = self.rest(&files.map_err(RemoteError::call("push", &self.wanted.key))?);
        self.push(candidate, &rest).await
    }

    /// Whether `candidate` is `base` with exactly our changes on it.
    async fn is_ours(&self, candidate: &ObjectId, base: &ObjectId) -> devops_client::Result<bool> {
        let onto_base = |push: &devops_client::api::pushes::Push| {
            push.ref_updates.iter().any(|moved| moved.old_object_id == *base && moved.new_object_id == *candidate)
        };
        if self.repository.pushes(&self.full()).find(onto_base).await?.is_none() {
            return Ok(false);
        }
        let (below, found) = futures::try_join!(listing(self.at, base), listing(self.at, candidate))?;
        Ok(self.applied(below) == found)
    }

    /// `files` with the changes.
    fn applied(&self, mut files: Listing) -> Listing {
        for change in &self.changes {
            match change {
                FileChange::Add(path) | FileChange::Edit(path) => {
                    let blob = self.at.content.get(path).map(|file| file.blob.clone()).unwrap_or_default();
                    files.insert(path.clone(), blob);
                }
                FileChange::Delete(path) => drop(files.remove(path)),
            }
        }
        files
    }

    /// One commit on the candidate, which is at `old`; nothing where nothing is to be changed.
    async fn push(&self, old: &ObjectId, changes: &[FileChange]) -> Result<ObjectId, RemoteError> {
        if changes.is_empty() && !old.is_zero() {
            return Ok(old.clone());
        }
        let push = NewPush::onto(&self.own_branch(), old.clone(), self.title()).changes(self.pushed(changes)?);
        let failed = RemoteError::call("push", &self.wanted.key);
        // Everything is one commit unless it is larger than the service takes at once.
        let pushed = self.repository.push_in_parts(&push).await.map_err(&failed)?;
        let moved = pushed
            .last()
            .and_then(|push| push.ref_updates.iter().find(|moved| short(&moved.name) == self.own_branch()));
        match moved {
            Some(moved) => Ok(moved.new_object_id.clone()),
            None => match self.repository.branch(&self.own_branch()).await.map_err(failed)? {
                Some(branch) => Ok(branch.object_id),
                None => {
                    Err(RemoteError::new("push", &self.wanted.key, "the pushed branch is gone again", "apply again"))
                }
            },
        }
    }

    /// Title of the commit and of the pull request. It holds a digest of what is wanted, so that a push whose answer was
    /// lost is told from one of another spec.
    pub(super) fn title(&self) -> String {
        let wanted = serde_json::to_string(&self.wanted.fields).expect("fields serialise");
        let digest = sha256(wanted.as_bytes());
        format!("mlops-gen {} renders {} ({})", env!("CARGO_PKG_VERSION"), self.at.project.name, &digest[..12])
    }

    fn full(&self) -> String {
        ["refs/heads/", &self.own_branch()].concat()
    }
}
