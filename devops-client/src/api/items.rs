//! Files of a repository. (Document: git.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! use devops_client::api::items::Version;
//!
//! # async fn example(project: Project) -> Result<()> {
//! let repository = project.repositories().repository("mlops");
//! let text = repository.file("/pipelines/build.yml", &Version::branch("main")).await?;
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use super::repositories::Repository;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Call;
use crate::id::ObjectId;
use crate::open_enum::open_enum;
use crate::page::Pages;

open_enum! {
    /// Which version of the files is meant.
    VersionType {
        /// A branch by short name.
        Branch = "branch",
        /// A tag by short name.
        Tag = "tag",
        /// A commit.
        Commit = "commit",
    }
}

/// A version of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    kind: VersionType,
    name: String,
}

impl Version {
    /// The head of a branch, by its short name.
    pub fn branch(name: impl Into<String>) -> Self {
        Self { kind: VersionType::Branch, name: name.into() }
    }

    /// A tag, by its short name.
    pub fn tag(name: impl Into<String>) -> Self {
        Self { kind: VersionType::Tag, name: name.into() }
    }

    /// A commit.
    pub fn commit(id: &ObjectId) -> Self {
        Self { kind: VersionType::Commit, name: id.to_string() }
    }
}

open_enum! {
    /// What an item is.
    GitObjectType {
        /// A file.
        Blob = "blob",
        /// A folder.
        Tree = "tree",
        /// A submodule.
        Commit = "commit",
        /// A tag.
        Tag = "tag",
    }
}

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GitItem {
    /// Its path, from `/`.
    pub path: String,
    /// Its git object id, to compare without reading.
    pub object_id: ObjectId,
    /// What it is.
    pub git_object_type: GitObjectType,
    /// The commit looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_id: Option<ObjectId>,
    /// The text, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Repository {
    fn items_of(&self, version: &Version) -> crate::http::route::Route {
        self.route()
            .path("items")
            .query("versionDescriptor.version", &version.name)
            .query("versionDescriptor.versionType", &version.kind)
    }

    /// All files and folders below a path, with their object ids.
    pub fn items(&self, scope_path: &str, version: &Version) -> Pages<GitItem> {
        Pages::new(self.items_of(version).query("scopePath", scope_path).query("recursionLevel", "full").get())
    }

    /// The text of one file, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn file(&self, path: &str, version: &Version) -> Result<Option<String>> {
        let call: Call =
            self.items_of(version).query("path", path).query("includeContent", true).query("$format", "json").get()?;
        let item: Option<GitItem> = call.optional().await?;
        Ok(item.and_then(|item| item.content))
    }
}
