//! Repositories with their pushes and pull requests.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::git::object::ObjectId;
use crate::git::store::Store;

/// A repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    /// Its id.
    pub id: Uuid,
    /// Its project.
    pub project: Uuid,
    /// Its name, unique in the project without regard to case.
    pub name: String,
    /// The default branch, once there is one.
    pub default_branch: Option<String>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// When it was deleted, if it was: it is in the recycle bin then.
    pub deleted: Option<Timestamp>,
    /// The objects.
    pub objects: Store,
    /// Refs by full name.
    pub refs: BTreeMap<String, ObjectId>,
    /// Pushes, the oldest first.
    pub pushes: Vec<Push>,
    /// Pull requests, the oldest first.
    pub pull_requests: Vec<PullRequest>,
}

impl Repository {
    /// An empty repository.
    pub fn new(id: Uuid, project: Uuid, name: &str) -> Repository {
        Repository {
            id,
            project,
            name: name.to_owned(),
            default_branch: None,
            disabled: false,
            deleted: None,
            objects: Store::default(),
            refs: BTreeMap::new(),
            pushes: Vec::new(),
            pull_requests: Vec::new(),
        }
    }
}

/// One push.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Push {
    /// Its id, unique in the organization.
    pub id: i64,
    /// The ref that moved.
    pub reference: String,
    /// Where it was.
    pub old: ObjectId,
    /// Where it is now.
    pub new: ObjectId,
    /// The commits that were new, the newest first.
    pub commits: Vec<ObjectId>,
    /// Who pushed.
    pub by: Uuid,
    /// When.
    pub on: Timestamp,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullRequest {
    /// Its id, unique in the organization.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// The full name of the branch with the changes.
    pub source: String,
    /// The full name of the branch that takes them.
    pub target: String,
    /// `active`, `completed` or `abandoned`.
    pub status: String,
    /// Whether it is a draft.
    pub draft: bool,
    /// Who made it.
    pub author: Uuid,
    /// When.
    pub created: Timestamp,
    /// Who closed it, and when.
    pub closed: Option<(Uuid, Timestamp)>,
    /// Who asked for completion as soon as policies allow it.
    pub auto_complete: Option<Uuid>,
    /// `completionOptions`, as given.
    pub options: Value,
    /// Reviewers and their votes: 10 approved, 5 with suggestions, 0 none, -5 waiting, -10 rejected.
    pub reviewers: Vec<(Uuid, i64)>,
    /// Source, target and merge commit of the completed pull request.
    pub merged: Option<(ObjectId, ObjectId, ObjectId)>,
}

impl PullRequest {
    /// Where its branches are: source, target.
    pub fn tips(&self, repository: &Repository) -> (ObjectId, ObjectId) {
        let tip = |name: &str| repository.refs.get(name).copied().unwrap_or_default();
        (tip(&self.source), tip(&self.target))
    }
}
