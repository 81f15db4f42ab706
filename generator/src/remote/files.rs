//! The files of a branch, and the difference between two such states as changes of files.

use std::collections::BTreeMap;

use super::kinds::files::{File, Files};
use crate::artifacts::Ownership;
use crate::project::devops::Directory;
use crate::tree::lock::Lock;

/// The branch that a push is checked on before the default branch moves to it. Nobody else's: a project in a folder of its
/// repository has one of its own, since it may wait in a pull request.
pub fn candidate(directory: &Directory) -> String {
    match directory.is_top() {
        true => format!("{OWN_BRANCHES}candidate"),
        false => format!("{OWN_BRANCHES}in/{}/candidate", directory.as_str()),
    }
}

/// What the names of the tool's own branches begin with.
pub const OWN_BRANCHES: &str = "mlops-gen/";

/// The files of a commit: path without leading slash, and git object id.
pub type Listing = BTreeMap<String, String>;

/// What is to be done to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// It is not there.
    Add(String),
    /// It is other than it should be.
    Edit(String),
    /// Nothing renders it any more.
    Delete(String),
}

/// The files of a commit with these files, as far as `wanted` names them, and of what is to go.
pub fn found(wanted: &Files, files: &Listing, stale: &[String]) -> Files {
    let named = wanted.files.iter().filter_map(|(path, file)| {
        let blob = files.get(path)?;
        Some((path.clone(), if *file == File::Seed { File::Seed } else { File::Blob(blob.clone()) }))
    });
    let stale = stale.iter().filter_map(|path| Some((path.clone(), File::Blob(files.get(path)?.clone()))));
    Files { files: named.chain(stale).collect(), open: None }
}

/// Files that an earlier render left behind: in the lock of the repository as the tool's, there, and not wanted any more.
/// Each with the SHA-256 that it has if nobody edited it.
pub fn left_behind<'a>(wanted: &Files, lock: &'a Lock, files: &Listing) -> Vec<(&'a str, &'a str)> {
    let locked = lock.files.iter().filter(|(path, file)| {
        file.ownership == Ownership::Managed && !wanted.files.contains_key(*path) && files.contains_key(*path)
    });
    locked.map(|(path, file)| (path.as_str(), file.written())).collect()
}

/// Files of the team's that are there and not as `ours` has them, with the object ids that they have there.
pub fn differing_seeds<'a>(
    wanted: &'a Files,
    files: &'a Listing,
    ours: impl Fn(&str) -> Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let seeds = wanted.files.iter().filter(|(_, file)| **file == File::Seed);
    let differs = |(path, _): (&'a String, _)| {
        let there = files.get(path)?.as_str();
        (ours(path)? != there).then_some((path.as_str(), there))
    };
    seeds.filter_map(differs).collect()
}

/// What leads from `found` to `wanted`, by path in order.
pub fn changes(wanted: &Files, found: &Files) -> Vec<FileChange> {
    let needed = wanted.files.iter().filter_map(|(path, file)| match found.files.get(path) {
        None => Some(FileChange::Add(path.clone())),
        Some(now) if now != file => Some(FileChange::Edit(path.clone())),
        Some(_) => None,
    });
    let extra = found.files.keys().filter(|path| !wanted.files.contains_key(*path));
    needed.chain(extra.map(|path| FileChange::Delete(path.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::{FileChange, Listing, changes, found, left_behind};
    use crate::artifacts::Ownership;
    use crate::remote::kinds::files::{File, Files, Open};
    use crate::tree::lock::{Lock, LockedFile};

    fn listing(files: &[(&str, &str)]) -> Listing {
        files.iter().map(|(path, blob)| ((*path).to_owned(), (*blob).to_owned())).collect()
    }

    fn wanted() -> Files {
        let blob = |id: &str| File::Blob(id.to_owned());
        let files = [("a", blob("1")), ("b", blob("2")), ("data", File::Seed)];
        Files { files: files.map(|(path, file)| (path.to_owned(), file)).into(), open: None }
    }

    fn lock(files: &[(&str, Ownership)]) -> Lock {
        let locked = |ownership| LockedFile {
            sha256: "s".into(),
            ownership,
            origin: "o".into(),
            edited: None,
            ejected: false,
            team: false,
            conflicts: false,
        };
        let files = files.iter().map(|(path, ownership)| ((*path).to_owned(), locked(*ownership))).collect();
        Lock { version: 2, generator: "0".into(), project: "diabetes".into(), files, ..Lock::default() }
    }

    #[test]
    fn a_seed_that_is_there_in_any_form_is_no_difference() {
        let found = found(&wanted(), &listing(&[("a", "1"), ("b", "2"), ("data", "edited"), ("theirs", "9")]), &[]);
        assert_eq!(found, wanted());
        assert!(changes(&wanted(), &found).is_empty());
    }

    #[test]
    fn each_file_that_differs_is_one_change() {
        let found = found(&wanted(), &listing(&[("b", "by hand"), ("old", "3")]), &["old".to_owned()]);
        let add = |path: &str| FileChange::Add(path.to_owned());
        let wanted_changes = [add("a"), FileChange::Edit("b".into()), add("data"), FileChange::Delete("old".into())];
        assert_eq!(changes(&wanted(), &found), wanted_changes);
    }

    #[test]
    fn what_is_said_of_a_push_is_no_file() {
        for open in [Open::Request("7".into()), Open::Leftover("c".into())] {
            let found = Files { open: Some(open), ..wanted() };
            assert!(changes(&wanted(), &found).is_empty());
        }
    }

    #[test]
    fn only_files_of_the_tool_that_are_there_are_left_behind() {
        let lock = lock(&[
            ("a", Ownership::Managed),
            ("old", Ownership::Managed),
            ("gone", Ownership::Managed),
            ("mine", Ownership::Seed),
        ]);
        let files = listing(&[("a", "1"), ("old", "3"), ("mine", "4")]);
        assert_eq!(left_behind(&wanted(), &lock, &files), [("old", "s")]);
    }
}
