//! Commits made by the service. (Document: git.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! use devops_client::ObjectId;
//! use devops_client::api::pushes::{Change, NewPush};
//!
//! # async fn example(project: Project) -> Result<()> {
//! let repository = project.repositories().repository("mlops");
//! let head = repository.branch("main").await?.map_or_else(ObjectId::zero, |branch| branch.object_id);
//! let push = NewPush::onto("main", head, "A first file").change(Change::add("/README.md", "# mlops\n"));
//! repository.push(&push).await?;
//! # Ok(())
//! # }
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::repositories::Repository;
use crate::error::{Error, Result};
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::id::{ObjectId, PushId};
use crate::page::Pages;

/// Bytes that a push request may have at most.
pub const MAX_PUSH_BYTES: usize = 26_214_400;

/// One change of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    change_type: &'static str,
    item: ItemPath,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_server_item: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_content: Option<Content>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct ItemPath {
    path: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    content: String,
    content_type: &'static str,
}

impl Change {
    /// A new file. Content that is not UTF-8 is sent as Base64.
    pub fn add(path: &str, content: impl AsRef<[u8]>) -> Self {
        Self::with("add", path, None, Some(content.as_ref()))
    }

    /// New content for a file that is there.
    pub fn edit(path: &str, content: impl AsRef<[u8]>) -> Self {
        Self::with("edit", path, None, Some(content.as_ref()))
    }

    /// A file that goes.
    pub fn delete(path: &str) -> Self {
        Self::with("delete", path, None, None)
    }

    /// A file that gets another path.
    pub fn rename(from: &str, to: &str) -> Self {
        Self::with("rename", to, Some(rooted(from)), None)
    }

    fn with(change_type: &'static str, path: &str, source: Option<String>, content: Option<&[u8]>) -> Self {
        let new_content = content.map(|bytes| match std::str::from_utf8(bytes) {
            Ok(text) => Content { content: text.to_owned(), content_type: "rawtext" },
            Err(_) => Content { content: STANDARD.encode(bytes), content_type: "base64encoded" },
        });
        Self { change_type, item: ItemPath { path: rooted(path) }, source_server_item: source, new_content }
    }

    /// Bytes that this change takes in a request.
    fn size(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |json| json.len() + 1)
    }

    /// Bytes that it takes at most: JSON writes no byte of a text in more than six.
    fn most(&self) -> usize {
        let old = self.source_server_item.as_ref().map_or(0, String::len);
        let new = self.new_content.as_ref().map_or(0, |new| new.content.len());
        512 + 6 * (self.item.path.len() + old + new)
    }
}

/// Paths start with `/` on the wire.
fn rooted(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { ["/", path].concat() }
}

/// A commit to be pushed onto a branch that is at a known commit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewPush {
    ref_updates: [PushedRef; 1],
    commits: [NewCommit; 1],
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PushedRef {
    name: String,
    old_object_id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct NewCommit {
    comment: String,
    changes: Vec<Change>,
}

impl NewPush {
    /// A commit onto `branch` (short or full name), which must be at `old`. [`ObjectId::zero`] makes the branch.
    pub fn onto(branch: &str, old: ObjectId, comment: impl Into<String>) -> Self {
        let name = if branch.starts_with("refs/") { branch.to_owned() } else { ["refs/heads/", branch].concat() };
        Self {
            ref_updates: [PushedRef { name, old_object_id: old }],
            commits: [NewCommit { comment: comment.into(), changes: Vec::new() }],
        }
    }

    /// With one more change.
    pub fn change(mut self, change: Change) -> Self {
        self.commits[0].changes.push(change);
        self
    }

    /// With more changes.
    pub fn changes(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.commits[0].changes.extend(changes);
        self
    }

    /// The changes in groups whose requests stay below `max` bytes.
    fn parts(&self, max: usize) -> Result<Vec<Vec<Change>>> {
        let room = max.saturating_sub(4096 + self.commits[0].comment.len());
        let changes = &self.commits[0].changes;
        // what is certain to fit is not written down just to be measured
        if changes.iter().map(Change::most).sum::<usize>() <= room {
            return Ok(vec![changes.clone()]);
        }
        let (mut parts, mut size) = (vec![Vec::new()], 0);
        for change in changes {
            let more = change.size();
            if more > room {
                return Err(Error::argument("file", &change.item.path, "a content that fits into one push of 25 MiB"));
            }
            if size + more > room {
                parts.push(Vec::new());
                size = 0;
            }
            size += more;
            if let Some(part) = parts.last_mut() {
                part.push(change.clone());
            }
        }
        Ok(parts)
    }
}

/// A commit, where another thing refers to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CommitRef {
    /// Its id.
    pub commit_id: ObjectId,
    /// Its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A ref that a push has moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PushedRefUpdate {
    /// The full name.
    pub name: String,
    /// Where it was.
    pub old_object_id: ObjectId,
    /// Where it is.
    pub new_object_id: ObjectId,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A push that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Push {
    /// Its id.
    pub push_id: PushId,
    /// Its commits, the newest first.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub commits: Vec<CommitRef>,
    /// The refs that it moved.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub ref_updates: Vec<PushedRefUpdate>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Repository {
    /// Pushes one commit, once: the branch's old commit is compared by the service, and a lost answer is settled by
    /// reading. A branch that has moved meanwhile is an error of kind `Conflict`: read it, rebuild, push again.
    ///
    /// # Errors
    /// Kind `Conflict` if the branch has moved, `Forbidden` if a policy protects it, `Invalid` for changes that do
    /// not fit what is there; otherwise what any call fails with.
    pub async fn push(&self, push: &NewPush) -> Result<Push> {
        let call = self.route().path("pushes").post(push)?;
        call.once(Unique::Yes, || self.made_push(push)).await
    }

    /// Pushes as many commits as the limit of 25 MiB per request needs. Each is an own push: when one fails, those
    /// before it stay.
    ///
    /// # Errors
    /// As [`push`](Self::push). `effect()` is `Done` if parts before the one that failed stay.
    pub async fn push_in_parts(&self, push: &NewPush) -> Result<Vec<Push>> {
        let parts = push.parts(MAX_PUSH_BYTES)?;
        let count = parts.len();
        let mut pushed: Vec<Push> = Vec::new();
        for (index, changes) in parts.into_iter().enumerate() {
            let mut part = push.clone();
            if count > 1 {
                part.commits[0].comment = format!("{} ({} of {count})", push.commits[0].comment, index + 1);
            }
            part.commits[0].changes = changes;
            if let Some(head) = pushed.last().and_then(|before| before.ref_updates.first()) {
                part.ref_updates[0].old_object_id = head.new_object_id.clone();
            }
            pushed.push(self.push(&part).await.map_err(|error| match index {
                0 => error,
                _ => error.after(&format!("{index} of {count} parts were pushed")),
            })?);
        }
        Ok(pushed)
    }

    /// The pushes that moved a ref, the newest first, 50 at most.
    pub fn pushes(&self, ref_name: &str) -> Pages<Push> {
        Pages::new(
            self.route()
                .path("pushes")
                .query("searchCriteria.refName", ref_name)
                .query("searchCriteria.includeRefUpdates", true)
                .query("$top", 50)
                .get(),
        )
    }

    /// One push with its commits.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there or may not be seen; otherwise what any call fails with.
    pub async fn get_push(&self, id: PushId) -> Result<Push> {
        self.route()
            .path("pushes")
            .segment(id)
            .query("includeCommits", 100)
            .query("includeRefUpdates", true)
            .get()?
            .json()
            .await
    }

    /// The push that `wanted` would have made, if it is there.
    async fn made_push(&self, wanted: &NewPush) -> Result<Option<Push>> {
        let (branch, commit) = (&wanted.ref_updates[0], &wanted.commits[0]);
        let moved = |push: &Push| {
            push.ref_updates
                .iter()
                .any(|update| update.name == branch.name && update.old_object_id == branch.old_object_id)
        };
        let Some(push) = self.pushes(&branch.name).find(moved).await? else { return Ok(None) };
        let push = self.get_push(push.push_id).await?;
        let ours = push.commits.first().is_some_and(|made| made.comment.as_deref() == Some(commit.comment.as_str()));
        Ok(ours.then_some(push))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_has_the_shape_of_the_wire() {
        let push = NewPush::onto("main", ObjectId::zero(), "first")
            .change(Change::add("a.txt", "text"))
            .change(Change::add("/b.bin", [0xff, 0x00]))
            .change(Change::rename("c", "d"))
            .change(Change::delete("e"));
        let json = serde_json::to_value(&push).unwrap();
        assert_eq!(json["refUpdates"][0]["name"], "refs/heads/main");
        let changes = &json["commits"][0]["changes"];
        assert_eq!(changes[0]["item"]["path"], "/a.txt");
        assert_eq!(changes[0]["newContent"]["contentType"], "rawtext");
        assert_eq!(changes[1]["newContent"]["contentType"], "base64encoded");
        assert_eq!(changes[2]["sourceServerItem"], "/c");
        assert!(changes[3].get("newContent").is_none());
    }

    #[test]
    fn changes_are_split_so_that_each_request_fits() {
        let push = (0..10).fold(NewPush::onto("main", ObjectId::zero(), "m"), |push, n| {
            push.change(Change::add(&n.to_string(), "x".repeat(3000)))
        });
        let parts = push.parts(4096 + 10_000).unwrap();
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 1]);
        assert!(push.parts(4096).is_err(), "a file larger than a request cannot be pushed");
        assert_eq!(push.parts(MAX_PUSH_BYTES).unwrap(), [push.commits[0].changes.clone()]);
    }

    #[test]
    fn no_change_takes_more_than_it_takes_at_most() {
        for text in ["", "\u{1}", "\u{0}\u{1f}\u{7f}\"\\\n\r\t/", "ä€😀\u{2028}"].map(|text| text.repeat(2_000)) {
            for change in [Change::add(&text, &text), Change::rename(&text, &text), Change::delete(&text)] {
                assert!(change.size() <= change.most(), "{change:?}");
            }
            let binary = Change::edit("a", [text.as_bytes(), &[0xff]].concat());
            assert!(binary.size() <= binary.most(), "{binary:?}");
        }
    }
}
