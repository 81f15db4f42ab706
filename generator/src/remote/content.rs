//! The files that the repository shall hold, as values: what a push is made of.

use std::collections::{BTreeMap, BTreeSet};

use sha1::{Digest, Sha1};

use crate::artifacts::Ownership;
use crate::render::{Overrides, TEMPLATES};
use crate::tree::RenderedTree;
use crate::tree::changes::{Disk, Policy, decide};
use crate::tree::edit;
use crate::tree::line_ends::stored;
use crate::tree::lock::{LOCK_PATH, Lock};
use crate::tree::path::RelPath;

/// Where the spec lies in a repository.
pub const SPEC_PATH: &str = "mlops.yaml";

/// Every file that a push may bring, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    files: BTreeMap<RelPath, PushedFile>,
    /// Object ids that files of the team's have had in the history of the local branch, by path.
    history: BTreeMap<String, BTreeSet<String>>,
    /// Files that the local branch had and has no longer.
    deleted: BTreeSet<String>,
}

/// One file of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedFile {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Its git object id: forty hexadecimal digits.
    pub blob: String,
    /// The tool's (brought up to date) or the team's (brought once).
    pub ownership: Ownership,
}

/// What people write and the tool reads.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The text of the spec.
    pub spec: &'a str,
    /// The templates of the project's own.
    pub overrides: &'a Overrides,
    /// The files on disk: a seed that the team has changed there is pushed as it is there.
    pub disk: &'a Disk,
    /// The lock on disk: a seed that it names and that is not on disk was deleted by a person, and is not pushed.
    pub lock: &'a Lock,
}

/// What the local branch has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commits {
    /// Files of its last commit.
    pub files: BTreeMap<RelPath, Vec<u8>>,
    /// Object ids of files in its history, by path.
    pub history: BTreeMap<String, BTreeSet<String>>,
    /// Files of its history that its last commit lacks.
    pub deleted: BTreeSet<String>,
}

impl Content {
    /// The rendered files, the lock that goes with them, the spec and the templates of the project's own.
    pub fn new(tree: &RenderedTree, sources: &Sources<'_>) -> Self {
        let mut content = Self::default();
        for (path, file) in tree.iter() {
            let seed = file.ownership == Ownership::Seed;
            let bytes = match sources.disk.get(path) {
                Some(own) if seed => own.clone(),
                None if seed && sources.lock.files.contains_key(path.as_str()) => continue,
                _ => tree.rendered(path, file).to_vec(),
            };
            content.put(path.clone(), bytes, file.ownership);
        }
        let own = |path: &str, text: &str, content: &mut Self| {
            if let Ok(path) = RelPath::parse(path) {
                content.put(path, text.as_bytes().to_vec(), Ownership::Managed);
            }
        };
        // As a render would leave it: a push is made of files that are as rendered, so that this is the one on disk.
        let changes = decide(tree, sources.lock, sources.disk, Policy::default(), &|_, _| None);
        own(LOCK_PATH, &sources.lock.after(tree, sources.spec, &changes).to_text(), &mut content);
        for (path, patch) in edit::patches(tree) {
            own(&path, &patch, &mut content);
        }
        own(SPEC_PATH, sources.spec, &mut content);
        for (name, text) in sources.overrides {
            own(&[TEMPLATES, name].join("/"), text, &mut content);
        }
        content
    }

    /// The same with what the team has committed beside the rendered files, and with the history of the local branch.
    #[must_use]
    pub fn with_commits(mut self, commits: Commits) -> Self {
        for (path, bytes) in commits.files {
            match self.files.get(&path) {
                None => self.put(path, bytes, Ownership::Seed),
                // What git has made of line ends is what is pushed, or a clone would show the file as changed.
                Some(file)
                    if file.ownership == Ownership::Seed && file.bytes != bytes && same_lines(&file.bytes, &bytes) =>
                {
                    self.put(path, bytes, Ownership::Seed);
                }
                Some(_) => {}
            }
        }
        self.history = commits.history;
        let there = |path: &String| RelPath::parse(path).is_ok_and(|path| self.files.contains_key(&path));
        self.deleted = commits.deleted.into_iter().filter(|path| !there(path)).collect();
        self
    }

    /// Whether the team has deleted this file in a commit after it was `blob`: what is here came after it.
    pub fn is_deleted(&self, path: &str, blob: &str) -> bool {
        self.deleted.contains(path) && self.was(path, blob)
    }

    /// Whether a file of the team's was `blob` once in the history of the local branch: what is here came after it.
    pub fn was(&self, path: &str, blob: &str) -> bool {
        self.history.get(path).is_some_and(|blobs| blobs.contains(blob))
    }

    fn put(&mut self, path: RelPath, bytes: Vec<u8>, ownership: Ownership) {
        let blob = blob_id(&bytes);
        self.files.insert(path, PushedFile { bytes, blob, ownership });
    }

    /// All files, by path in order.
    pub fn iter(&self) -> impl Iterator<Item = (&RelPath, &PushedFile)> {
        self.files.iter()
    }

    /// The file at `path`.
    pub fn get(&self, path: &str) -> Option<&PushedFile> {
        RelPath::parse(path).ok().and_then(|path| self.files.get(&path))
    }
}

/// Whether two files differ in their line ends alone.
fn same_lines(one: &[u8], other: &[u8]) -> bool {
    stored(one.to_vec()) == stored(other.to_vec())
}

/// The id under which git stores a file: SHA-1 of `blob <length>`, a zero byte and the content, in hexadecimal. (Pro
/// Git, chapter "Git Objects".)
pub fn blob_id(bytes: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", bytes.len()));
    hash.update(bytes);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Commits, Content, LOCK_PATH, SPEC_PATH, Sources, blob_id};
    use crate::artifacts::Ownership;
    use crate::render::Overrides;
    use crate::tree::changes::Disk;
    use crate::tree::lock::Lock;
    use crate::tree::path::RelPath;
    use crate::tree::{RenderedFile, RenderedTree};

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    fn tree() -> RenderedTree {
        let mut tree = RenderedTree::default();
        tree.project = "diabetes".into();
        for (name, ownership) in [("a.yml", Ownership::Managed), ("data.csv", Ownership::Seed)] {
            let file =
                RenderedFile { bytes: b"rendered".to_vec(), ownership, origin: name.into(), because: Vec::new() };
            tree.insert(path(name), file).unwrap();
        }
        tree
    }

    fn content(disk: &Disk, lock: &Lock) -> Content {
        let overrides = Overrides::from([("pipelines/build.yml".to_owned(), "mine".to_owned())]);
        Content::new(&tree(), &Sources { spec: "version: 1\n", overrides: &overrides, disk, lock })
    }

    #[test]
    fn blob_ids_are_those_of_git() {
        assert_eq!(blob_id(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(blob_id(b"what is up, doc?"), "bd9dbf5aae1a3862dd1526723246b20206e5fc37");
    }

    #[test]
    fn data_are_pushed_with_the_line_ends_that_git_has_stored() {
        let disk = Disk::from([(path("data.csv"), b"a;b\r\n1;2\r\n".to_vec())]);
        let cases: [(&[u8], &[u8]); 3] = [
            (b"a;b\n1;2\n", b"a;b\n1;2\n"),
            // A repository whose own attributes keep them.
            (b"a;b\r\n1;2\r\n", b"a;b\r\n1;2\r\n"),
            // What is on disk is newer than the commit.
            (b"a;b\n1;3\n", b"a;b\r\n1;2\r\n"),
        ];
        for (committed, pushed) in cases {
            let files =
                [("data.csv", committed), ("a.yml", &b"edited"[..])].map(|(name, bytes)| (path(name), bytes.to_vec()));
            let commits = Commits { files: files.into(), ..Commits::default() };
            let content = content(&disk, &Lock::default()).with_commits(commits);
            assert_eq!(content.get("data.csv").unwrap().bytes, pushed);
            assert_eq!(content.get("data.csv").unwrap().blob, blob_id(pushed));
            assert_eq!(content.get("a.yml").unwrap().bytes, b"rendered", "a file of the tool's is as rendered");
        }
    }

    #[test]
    fn a_push_has_the_rendered_files_the_lock_the_spec_and_the_projects_own_templates() {
        let content = content(&Disk::new(), &Lock::default());
        let paths: Vec<&str> = content.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, [LOCK_PATH, ".mlops-gen/templates/pipelines/build.yml", "a.yml", "data.csv", SPEC_PATH]);
        let lock = content.get(LOCK_PATH).unwrap();
        assert_eq!(Lock::parse(std::str::from_utf8(&lock.bytes).unwrap()).unwrap().project, "diabetes");
    }

    #[test]
    fn a_seed_goes_as_the_team_has_it_and_a_managed_file_as_it_is_rendered() {
        let disk = Disk::from([(path("a.yml"), b"edited".to_vec()), (path("data.csv"), b"edited".to_vec())]);
        let content = content(&disk, &Lock::default());
        assert_eq!(content.get("data.csv").unwrap().bytes, b"edited");
        assert_eq!(content.get("a.yml").unwrap().bytes, b"rendered");
    }

    #[test]
    fn a_seed_that_a_person_deleted_is_not_pushed() {
        let content = content(&Disk::new(), &Lock::of(&tree()));
        assert!(content.get("data.csv").is_none());
        assert!(content.get("a.yml").is_some(), "a managed file belongs to the tool");
    }
}
