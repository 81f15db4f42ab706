//! Walks along parents: log, ancestry, merge base, and the three-way merge of two commits.

use std::collections::{BTreeSet, BinaryHeap};

use super::object::ObjectId;
use super::store::Store;
use super::tree::Files;

/// Commits from a start, the newest first.
pub fn log(store: &Store, start: ObjectId) -> Vec<ObjectId> {
    let mut heap = BinaryHeap::new();
    let mut seen = BTreeSet::new();
    let mut order = Vec::new();
    // the counter keeps a child before its parent when both were made in the same second
    let mut counter = i64::MAX;
    let mut push = |heap: &mut BinaryHeap<(i64, i64, ObjectId)>, id: ObjectId| {
        if let Some(commit) = store.commit(id)
            && seen.insert(id)
        {
            counter -= 1;
            heap.push((commit.committer.seconds, counter, id));
        }
    };
    push(&mut heap, start);
    while let Some((_, _, id)) = heap.pop() {
        order.push(id);
        for parent in store.commit(id).map(|commit| commit.parents).unwrap_or_default() {
            push(&mut heap, parent);
        }
    }
    order
}

/// Whether `ancestor` is `commit` itself or among its ancestors.
pub fn is_ancestor(store: &Store, ancestor: ObjectId, commit: ObjectId) -> bool {
    log(store, commit).contains(&ancestor)
}

/// The newest common ancestor.
pub fn merge_base(store: &Store, left: ObjectId, right: ObjectId) -> Option<ObjectId> {
    let right: BTreeSet<ObjectId> = log(store, right).into_iter().collect();
    log(store, left).into_iter().find(|id| right.contains(id))
}

/// Merges file by file; `Err` with the paths that both sides changed differently.
pub fn merge(base: &Files, ours: &Files, theirs: &Files) -> Result<Files, Vec<String>> {
    let paths: BTreeSet<&String> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    let mut merged = Files::new();
    let mut conflicts = Vec::new();
    for path in paths {
        let (base, ours, theirs) = (base.get(path), ours.get(path), theirs.get(path));
        let taken = if ours == theirs || theirs == base {
            ours
        } else if ours == base {
            theirs
        } else {
            conflicts.push(path.clone());
            continue;
        };
        if let Some(file) = taken {
            merged.insert(path.clone(), file.clone());
        }
    }
    if conflicts.is_empty() { Ok(merged) } else { Err(conflicts) }
}

/// The paths that differ between two lists of files: path and `add`, `edit` or `delete`.
pub fn changes(before: &Files, after: &Files) -> Vec<(String, &'static str)> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let kind = |path: &String| match (before.get(path), after.get(path)) {
        (None, Some(_)) => Some("add"),
        (Some(_), None) => Some("delete"),
        (Some(old), Some(new)) if old != new => Some("edit"),
        _ => None,
    };
    paths.into_iter().filter_map(|path| Some((path.clone(), kind(path)?))).collect()
}
