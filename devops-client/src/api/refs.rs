//! Branches and tags. (Document: git.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! use devops_client::api::refs::RefUpdate;
//!
//! # async fn example(project: Project) -> Result<()> {
//! let repository = project.repositories().repository("mlops");
//! if let Some(main) = repository.branch("main").await? {
//!     repository.update_ref(&RefUpdate::create("refs/heads/candidate", main.object_id)).await?;
//! }
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::repositories::Repository;
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::id::ObjectId;
use crate::open_enum::open_enum;
use crate::page::{List, Pages};

/// A branch or tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GitRef {
    /// The full name, such as `refs/heads/main`.
    pub name: String,
    /// What it points at.
    pub object_id: ObjectId,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A change of a ref, as a compare-and-swap.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefUpdate {
    name: String,
    old_object_id: ObjectId,
    new_object_id: ObjectId,
}

impl RefUpdate {
    /// A new ref at `target`.
    pub fn create(name: impl Into<String>, target: ObjectId) -> Self {
        Self::change(name, ObjectId::zero(), target)
    }

    /// A ref that is moved from `old` to `new`.
    pub fn change(name: impl Into<String>, old: ObjectId, new: ObjectId) -> Self {
        Self { name: name.into(), old_object_id: old, new_object_id: new }
    }

    /// A ref at `old` that is deleted.
    pub fn delete(name: impl Into<String>, old: ObjectId) -> Self {
        Self::change(name, old, ObjectId::zero())
    }
}

open_enum! {
    /// What came of one change of a ref.
    RefUpdateStatus {
        /// Done.
        Succeeded = "succeeded",
        /// Somebody has moved it meanwhile.
        StaleOldObjectId = "staleOldObjectId",
        /// It would lose commits.
        ForcePushRequired = "forcePushRequired",
        /// The name cannot be.
        InvalidRefName = "invalidRefName",
        /// Another change of the same request was refused.
        Unprocessed = "unprocessed",
        /// The target is no commit.
        UnresolvableToCommit = "unresolvableToCommit",
        /// The permission to write is missing.
        WritePermissionRequired = "writePermissionRequired",
        /// The permission to create branches is missing.
        CreateBranchPermissionRequired = "createBranchPermissionRequired",
        /// The permission to create tags is missing.
        CreateTagPermissionRequired = "createTagPermissionRequired",
        /// Locked.
        Locked = "locked",
        /// Another ref's name is in the way.
        RefNameConflict = "refNameConflict",
        /// A branch policy refuses it.
        RejectedByPolicy = "rejectedByPolicy",
        /// A plugin refuses it.
        RejectedByPlugin = "rejectedByPlugin",
        /// A ref that was not there is not there.
        SucceededNonExistentRef = "succeededNonExistentRef",
        /// A broken ref was removed.
        SucceededCorruptRef = "succeededCorruptRef",
    }
}

/// What came of one change of a ref.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RefUpdateResult {
    /// The ref.
    pub name: String,
    /// Whether it was done.
    pub success: bool,
    /// Why not.
    pub update_status: RefUpdateStatus,
    /// What it points at now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_object_id: Option<ObjectId>,
    /// The service's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_message: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Repository {
    /// The refs whose name after `refs/` starts with `filter`, such as `heads/`.
    pub fn refs(&self, filter: &str) -> Pages<GitRef> {
        let filter = (!filter.is_empty()).then_some(filter);
        Pages::new(self.route().path("refs").query_opt("filter", filter).get())
    }

    /// A branch by its short name, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn branch(&self, name: &str) -> Result<Option<GitRef>> {
        let short = name.strip_prefix("refs/heads/").unwrap_or(name);
        let full = ["refs/heads/", short].concat();
        self.refs(&["heads/", short].concat()).find(|found| found.name == full).await
    }

    /// Changes a ref. The service answers 200 even when it refuses; here that is an error of kind `Conflict`,
    /// `Forbidden` or `Invalid`, after the refusal's status.
    ///
    /// # Errors
    /// Kind `Conflict`, `Forbidden` or `Invalid` for what the service refuses; otherwise what any call fails with.
    pub async fn update_ref(&self, update: &RefUpdate) -> Result<RefUpdateResult> {
        let changed = || async {
            let now =
                self.refs(update.name.trim_start_matches("refs/")).find(|found| found.name == update.name).await?;
            let now = now.map_or_else(ObjectId::zero, |found| found.object_id);
            Ok((now == update.new_object_id).then(|| List { value: vec![RefUpdateResult::done(update)] }))
        };
        let call = self.route().path("refs").post(&[update])?;
        let results: List<RefUpdateResult> = call
            .once_with(
                Unique::Yes,
                |answer| {
                    let list: List<RefUpdateResult> = answer.decode()?;
                    match list.value.iter().find(|result| !result.success) {
                        Some(refused) => Err(refused.as_error()),
                        None => Ok(list),
                    }
                },
                changed,
            )
            .await?;
        Ok(results.value.into_iter().next().unwrap_or_else(|| RefUpdateResult::done(update)))
    }
}

impl RefUpdateResult {
    fn done(update: &RefUpdate) -> Self {
        Self {
            name: update.name.clone(),
            success: true,
            update_status: RefUpdateStatus::Succeeded,
            new_object_id: Some(update.new_object_id.clone()),
            custom_message: None,
            extra: Extra::new(),
        }
    }

    fn as_error(&self) -> Error {
        let kind = match &self.update_status {
            RefUpdateStatus::StaleOldObjectId | RefUpdateStatus::Locked | RefUpdateStatus::RefNameConflict => {
                ErrorKind::Conflict
            }
            RefUpdateStatus::WritePermissionRequired => {
                ErrorKind::Forbidden { missing: "the permission GenericContribute".into() }
            }
            RefUpdateStatus::CreateBranchPermissionRequired => {
                ErrorKind::Forbidden { missing: "the permission CreateBranch".into() }
            }
            RefUpdateStatus::CreateTagPermissionRequired => {
                ErrorKind::Forbidden { missing: "the permission CreateTag".into() }
            }
            RefUpdateStatus::RejectedByPolicy => {
                ErrorKind::Forbidden { missing: "the permission PolicyExempt, or a pull request instead".into() }
            }
            _ => ErrorKind::Invalid { problems: Vec::new() },
        };
        let words = self.custom_message.as_deref().unwrap_or(self.update_status.as_str());
        Error::without_call(kind, format!("{} was not changed: {words}", self.name), Effect::None)
    }
}
