//! What a render would do to the files on disk: decided as a value, before anything is written.

use std::collections::BTreeMap;

use super::lock::{Lock, LockedFile, sha256};
use super::merge::{Merged, conflict_line, merge};
use super::path::RelPath;
use super::{RenderedFile, RenderedTree};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write a file that is not there.
    Create,
    /// Replace what the tool wrote earlier.
    Update,
    /// Write the edit and the new render, joined.
    Merge(Merged),
    /// Write a file of the team's in its new place, with what the render has changed in it, and remove it at its old one.
    Move {
        /// Where it was.
        from: RelPath,
        /// What it holds in its new place.
        merged: Merged,
    },
    /// Remove what the tool wrote earlier and the spec no longer asks for.
    Delete,
    /// Leave it: already as rendered.
    Unchanged,
    /// Leave it: a person's file or edit.
    Keep(Kept),
    /// Do not write: a person's work would be lost.
    Refuse(Refused),
}

/// Why a file that is not as rendered is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is the team's, and the render has nothing new for it.
    Own,
    /// It is the team's, and the render has something new for it.
    OwnWithNews,
    /// It has conflict marks that nobody has resolved.
    Unresolved,
    /// A person deleted it.
    Deleted,
    /// A person edited it, and the render has nothing new for it.
    Edited,
    /// The spec no longer needs it, and it is the team's or was edited.
    Unneeded,
}

/// Why a file is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Somebody else's file is where the tool's goes.
    InTheWay,
    /// Edited by a person, and the render has changes too.
    Edited,
    /// It has conflict marks that nobody has resolved.
    Unresolved,
    /// Edited by a person, and not text: there is nothing to join.
    NotText,
    /// The project has another name, and the render has changes in the lines that the team changed.
    Moved,
    /// The render has changes in the lines of an edit that was accepted.
    Outgrown,
}

impl Kept {
    /// The reason in words.
    pub fn why(self) -> &'static str {
        match self {
            Self::Own => "the team's own file",
            Self::OwnWithNews => "the team's own file; the render has news for it, --merge brings them in",
            Self::Unresolved => "the team's own file; it has conflict marks that nobody has resolved",
            Self::Deleted => "deleted by a person",
            Self::Edited => "edited by a person; the render has nothing new for it",
            Self::Unneeded => "the team's work; the spec no longer needs it",
        }
    }
}

impl Refused {
    /// The reason in words.
    pub fn why(self) -> &'static str {
        match self {
            Self::InTheWay => "a file that mlops-gen did not write is in the way",
            Self::Edited => "edited by a person, and the render has changes too",
            Self::Unresolved => "it has conflict marks that nobody has resolved",
            Self::NotText => "edited by a person, and not text that could be joined",
            Self::Moved => {
                "it moves with the project's name, and the render has changes in the lines that the team changed"
            }
            Self::Outgrown => "the render has changes in the lines of the accepted edit",
        }
    }
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
        matches!(self.action, Action::Create | Action::Update | Action::Merge(_) | Action::Move { .. } | Action::Delete)
    }
}

/// The files on disk that matter: those rendered and those in the lock; absent ones are left out.
pub type Disk = BTreeMap<RelPath, Vec<u8>>;

/// Earlier output of the tool, found by the hash in the lock; needed only for merges.
pub type Base<'a> = &'a dyn Fn(&RelPath, &str) -> Option<Vec<u8>>;

// Invariant: an edit, a deletion and a file that was there before are never lost
// (test: an_edit_is_not_overwritten_unless_forced).
// Invariant: a second render writes nothing (test: a_second_render_writes_nothing).
/// Decides about every file of `tree` and every file that an earlier render left behind.
pub fn decide(tree: &RenderedTree, lock: &Lock, disk: &Disk, policy: Policy, base: Base<'_>) -> Vec<Change> {
    let at = At { tree, lock, disk, policy, base };
    let moved = moves(tree, lock, disk);
    let rendered = tree.iter().map(|(path, file)| {
        let action = match moved.get(path) {
            Some(from) => at.moved(from, tree.rendered(path, file)),
            None => at.file(path, file),
        };
        Change { path: path.clone(), action }
    });
    let gone: Vec<&RelPath> = moved.values().collect();
    let left = lock.files.iter().filter(|(path, _)| tree.get(path).is_none()).filter_map(|(path, locked)| {
        let path = RelPath::parse(path).ok()?;
        let bytes = disk.get(&path)?;
        let untouched = !locked.team && sha256(bytes) == locked.sha256;
        let force = policy.force && locked.ownership == Ownership::Managed;
        // What moves is removed where it was by its own change.
        let action = if untouched || force { Action::Delete } else { Action::Keep(Kept::Unneeded) };
        (!gone.contains(&&path)).then_some(Change { path, action })
    });
    let mut changes: Vec<Change> = rendered.chain(left).collect();
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

/// Seeds that the render has in another place now: the new place and the old one. A place changes with the project's name.
fn moves(tree: &RenderedTree, lock: &Lock, disk: &Disk) -> BTreeMap<RelPath, RelPath> {
    let mut homeless: BTreeMap<&str, Vec<RelPath>> = BTreeMap::new();
    for (path, locked) in lock.files.iter().filter(|(_, locked)| locked.ownership == Ownership::Seed) {
        if let Ok(path) = RelPath::parse(path)
            && tree.get(path.as_str()).is_none()
            && let Some(bytes) = disk.get(&path)
            // What nobody has touched goes in one place and comes in the other.
            && (locked.team || sha256(bytes) != locked.written())
        {
            homeless.entry(&locked.origin).or_default().push(path);
        }
    }
    let mut moves = BTreeMap::new();
    for (path, file) in tree.iter().filter(|(path, file)| {
        file.ownership == Ownership::Seed && !disk.contains_key(*path) && !lock.files.contains_key(path.as_str())
    }) {
        if let Some([from]) = homeless.get(file.origin.as_str()).map(Vec::as_slice) {
            moves.insert(path.clone(), from.clone());
        }
    }
    moves
}

/// What a decision about one file needs to know.
struct At<'a> {
    tree: &'a RenderedTree,
    lock: &'a Lock,
    disk: &'a Disk,
    policy: Policy,
    base: Base<'a>,
}

impl At<'_> {
    fn file(&self, path: &RelPath, file: &RenderedFile) -> Action {
        let seed = file.ownership == Ownership::Seed;
        let locked = self.lock.files.get(path.as_str());
        let new = self.tree.rendered(path, file);
        match (self.disk.get(path), locked) {
            (Some(bytes), _) if *bytes == new => Action::Unchanged,
            (None, None) => Action::Create,
            (None, _) if self.policy.force && !seed => Action::Create,
            (None, Some(_)) => Action::Keep(Kept::Deleted),
            (Some(bytes), Some(locked)) if !self.policy.force && unresolved(locked, bytes) => {
                if seed {
                    Action::Keep(Kept::Unresolved)
                } else {
                    Action::Refuse(Refused::Unresolved)
                }
            }
            (Some(_), None) if seed => Action::Keep(Kept::Own),
            (Some(bytes), Some(locked)) if seed => self.seed(path, locked, bytes, new),
            (Some(_), _) if self.policy.force => Action::Update,
            (Some(_), None) => Action::Refuse(Refused::InTheWay),
            (Some(bytes), Some(locked)) => self.managed(path, locked, bytes, file),
        }
    }

    /// A file of the team's: it follows the render as long as nobody has touched it.
    fn seed(&self, path: &RelPath, locked: &LockedFile, disk: &[u8], new: &[u8]) -> Action {
        if locked.team {
            return Action::Keep(Kept::Own);
        }
        if sha256(disk) == locked.written() {
            return Action::Update;
        }
        if sha256(new) == locked.sha256 || locked.is_data() {
            return Action::Keep(Kept::Own);
        }
        let readable = std::str::from_utf8(disk).is_ok() && std::str::from_utf8(new).is_ok();
        if !self.policy.merge || !readable {
            return Action::Keep(Kept::OwnWithNews);
        }
        self.joined(path, locked, disk, new).map_or(Action::Keep(Kept::OwnWithNews), Action::Merge)
    }

    fn managed(&self, path: &RelPath, locked: &LockedFile, disk: &[u8], file: &RenderedFile) -> Action {
        let accepted = self.tree.accepted(path);
        if let Some(merged) = accepted.and_then(|accepted| accepted.outgrown.as_ref()) {
            return if self.policy.merge { Action::Merge(merged.clone()) } else { Action::Refuse(Refused::Outgrown) };
        }
        if sha256(disk) == locked.written() {
            return Action::Update;
        }
        if accepted.is_none() && sha256(&file.bytes) == locked.sha256 {
            return Action::Keep(Kept::Edited);
        }
        if !self.policy.merge {
            return Action::Refuse(Refused::Edited);
        }
        self.joined(path, locked, disk, &file.bytes).map_or(Action::Refuse(Refused::NotText), Action::Merge)
    }

    /// A file of the team's whose place is another one now. What the render changes in it with the project's name comes
    /// in by itself, as long as nobody has changed the same lines.
    fn moved(&self, from: &RelPath, new: &[u8]) -> Action {
        let (Some(disk), Some(locked)) = (self.disk.get(from), self.lock.files.get(from.as_str())) else {
            return Action::Create;
        };
        if unresolved(locked, disk) {
            return Action::Refuse(Refused::Unresolved);
        }
        if locked.is_data()
            && let Ok(text) = std::str::from_utf8(disk)
        {
            return Action::Move { from: from.clone(), merged: Merged { text: text.to_owned(), conflicts: 0 } };
        }
        let known = !locked.team && (self.base)(from, &locked.sha256).is_some();
        match self.joined(from, locked, disk, new) {
            Some(merged) if known && (merged.conflicts == 0 || self.policy.merge) => {
                Action::Move { from: from.clone(), merged }
            }
            Some(merged) if self.policy.merge => Action::Move { from: from.clone(), merged },
            Some(_) => Action::Refuse(Refused::Moved),
            None => Action::Refuse(Refused::NotText),
        }
    }

    /// What is on disk and what is new, joined; none where one of them is not text.
    fn joined(&self, path: &RelPath, locked: &LockedFile, disk: &[u8], new: &[u8]) -> Option<Merged> {
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let base = (self.base)(path, locked.written()).or_else(|| (self.base)(path, &locked.sha256));
        let base = base.and_then(|bytes| String::from_utf8(bytes).ok());
        Some(merge(base.as_deref(), text(disk)?, text(new)?))
    }
}

/// Whether a merge of ours left marks in a file that are still there.
fn unresolved(locked: &LockedFile, bytes: &[u8]) -> bool {
    locked.conflicts && std::str::from_utf8(bytes).is_ok_and(|text| conflict_line(text).is_some())
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
