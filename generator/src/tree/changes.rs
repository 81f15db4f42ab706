//! What a render would do to the files on disk: decided as a value, before anything is written.

use std::collections::BTreeMap;

use serde::Serialize;

use super::RenderedTree;
use super::lock::{Lock, sha256};
use super::path::RelPath;
use crate::artifacts::Ownership;

/// What a person may have asked for beyond the careful default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Overwrite edits and restore deleted files.
    pub force: bool,
    /// Merge a person's edits with the new render where both changed a file.
    pub merge: bool,
}

/// The decision about one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Write a file that is not there.
    Create,
    /// Replace what the tool wrote earlier.
    Update,
    /// Write the merge of the edit and the new render.
    Merge(#[serde(skip)] Vec<u8>),
    /// Remove what the tool wrote earlier and the spec no longer asks for.
    Delete,
    /// Leave it: already as rendered.
    Unchanged,
    /// Leave it: a person's file or edit that the new render does not touch.
    Keep(&'static str),
    /// Do not write: a person's work would be lost.
    Refuse(&'static str),
}

/// One file and what is to happen to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: RelPath,
    /// What is to happen to it.
    pub action: Action,
}

impl Change {
    /// Whether the file on disk will be another one afterwards.
    pub fn writes(&self) -> bool {
        matches!(self.action, Action::Create | Action::Update | Action::Merge(_) | Action::Delete)
    }
}

/// The files on disk that matter: those rendered and those in the lock; absent ones are left out.
pub type Disk = BTreeMap<RelPath, Vec<u8>>;

/// Earlier output of the tool, found by the hash in the lock; needed only for merges.
pub type Base<'a> = &'a dyn Fn(&RelPath, &str) -> Option<Vec<u8>>;

/// Decides about every file of `tree` and every file that an earlier render left behind.
pub fn decide(tree: &RenderedTree, lock: &Lock, disk: &Disk, policy: Policy, base: Base<'_>) -> Vec<Change> {
    let rendered = tree.iter().map(|(path, file)| {
        let locked = lock.files.get(path.as_str());
        let action = match (disk.get(path), locked) {
            (Some(bytes), _) if *bytes == file.bytes => Action::Unchanged,
            (None, None) => Action::Create,
            _ if policy.force && file.ownership == Ownership::Managed => match disk.get(path) {
                Some(_) => Action::Update,
                None => Action::Create,
            },
            (None, Some(_)) => Action::Keep("deleted by a person; --force brings managed files back"),
            (Some(_), _) if file.ownership == Ownership::Seed => Action::Keep("the team's own file"),
            (Some(_), None) => Action::Refuse("a file that mlops-gen did not write is in the way"),
            (Some(bytes), Some(locked)) => edited(path, bytes, &file.bytes, &locked.sha256, policy, base),
        };
        Change { path: path.clone(), action }
    });
    let left = lock.files.iter().filter(|(path, _)| tree.get(path).is_none()).filter_map(|(path, locked)| {
        let path = RelPath::parse(path).ok()?;
        let bytes = disk.get(&path)?;
        let action = if locked.ownership == Ownership::Seed {
            Action::Keep("the team's own file; the spec no longer needs it")
        } else if policy.force || sha256(bytes) == locked.sha256 {
            Action::Delete
        } else {
            Action::Keep("edited by a person; the spec no longer needs it")
        };
        Some(Change { path, action })
    });
    let mut changes: Vec<Change> = rendered.chain(left).collect();
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

fn edited(path: &RelPath, disk: &[u8], new: &[u8], locked: &str, policy: Policy, base: Base<'_>) -> Action {
    if sha256(disk) == locked {
        return Action::Update;
    }
    if sha256(new) == locked {
        return Action::Keep("edited by a person; the render has nothing new for it");
    }
    if !policy.merge {
        return Action::Refuse(
            "edited by a person, and the render has changes too: --merge joins both, --force overwrites",
        );
    }
    let Some(base) = base(path, locked) else {
        return Action::Refuse(
            "edited by a person; its earlier render is not in git, so there is nothing to merge from",
        );
    };
    match (std::str::from_utf8(&base), std::str::from_utf8(disk), std::str::from_utf8(new)) {
        (Ok(base), Ok(ours), Ok(theirs)) => match diffy::merge(base, ours, theirs) {
            Ok(merged) => Action::Merge(merged.into_bytes()),
            Err(_) => Action::Refuse("edited by a person in the same lines that the render changes"),
        },
        _ => Action::Refuse("edited by a person, and not text"),
    }
}

/// A unified diff from `old` to `new`, with `path` in its header.
pub fn unified(path: &RelPath, old: Option<&[u8]>, new: Option<&[u8]>) -> String {
    let side = |bytes: Option<&[u8]>, prefix: &str| match bytes {
        Some(_) => format!("{prefix}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let text = |bytes: Option<&[u8]>| std::str::from_utf8(bytes.unwrap_or_default()).map(str::to_owned);
    let (Ok(before), Ok(after)) = (text(old), text(new)) else {
        return format!("binary files {} and {} differ\n", side(old, "a"), side(new, "b"));
    };
    let mut options = diffy::DiffOptions::new();
    options.set_original_filename(side(old, "a")).set_modified_filename(side(new, "b"));
    options.create_patch(&before, &after).to_string()
}
