//! The lock file as it is when changes have been written.

use std::collections::BTreeMap;

use super::RenderedTree;
use super::changes::{Action, Change};
use super::lock::{Lock, LockedFile, VERSION};
use super::path::RelPath;

impl Lock {
    /// The lock of `tree` where every file is on disk as it is in the tree.
    pub fn of(tree: &RenderedTree) -> Self {
        Self::default().after(tree, "", &[])
    }

    /// The lock as it is when `changes` have been carried out; files that none of them names are as in the tree.
    pub fn after(&self, tree: &RenderedTree, spec: &str, changes: &[Change]) -> Self {
        let actions: BTreeMap<&RelPath, &Action> =
            changes.iter().map(|change| (&change.path, &change.action)).collect();
        let files = tree.iter().filter_map(|(path, file)| {
            let old = self.files.get(path.as_str());
            let now = LockedFile { ejected: old.is_some_and(|old| old.ejected), ..LockedFile::of(tree, path, file) };
            let entry = match (actions.get(path), old) {
                (Some(Action::Keep(_) | Action::Refuse(_)), Some(old)) => {
                    LockedFile { ownership: now.ownership, origin: now.origin, ..old.clone() }
                }
                (Some(Action::Keep(_)), None) => LockedFile { team: true, ..now },
                (Some(Action::Refuse(_)), None) => return None,
                (Some(Action::Merge(merged) | Action::Move { merged, .. }), _) => {
                    LockedFile { conflicts: merged.conflicts > 0, ..now }
                }
                _ => now,
            };
            Some((path.to_string(), entry))
        });
        let mut former = self.former.clone();
        former.remove(&tree.project);
        if !self.project.is_empty() && self.project != tree.project {
            former.insert(self.project.clone(), self.spec.clone());
        }
        Self {
            version: VERSION,
            generator: env!("CARGO_PKG_VERSION").to_owned(),
            project: tree.project.clone(),
            spec: spec.lines().map(str::to_owned).collect(),
            former,
            bicep: tree.outside.as_ref().map(|outside| outside.version.clone()),
            files: files.collect(),
        }
    }
}
