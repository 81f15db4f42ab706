//! The object store: objects by id, shared between copies of the state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::object::{Commit, Kind, ObjectId, hash};
use super::tree::{self, DIRECTORY, Entry, File, Files};

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// Its data, without the header.
    pub data: Arc<[u8]>,
}

/// Objects by id. Data is immutable and shared, so that a copy of the state is cheap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Store {
    objects: BTreeMap<ObjectId, Object>,
}

impl Store {
    /// Puts an object in; gives back its id.
    pub fn put(&mut self, kind: Kind, data: Vec<u8>) -> ObjectId {
        let id = hash(kind, &data);
        self.objects.entry(id).or_insert_with(|| Object { kind, data: data.into() });
        id
    }

    /// An object.
    pub fn get(&self, id: ObjectId) -> Option<&Object> {
        self.objects.get(&id)
    }

    /// How many bytes the objects have.
    pub fn size(&self) -> usize {
        self.objects.values().map(|object| object.data.len()).sum()
    }

    /// A commit.
    pub fn commit(&self, id: ObjectId) -> Option<Commit> {
        self.get(id).filter(|object| object.kind == Kind::Commit).and_then(|object| Commit::decode(&object.data))
    }

    /// A tree's entries.
    pub fn tree(&self, id: ObjectId) -> Option<Vec<Entry>> {
        self.get(id).filter(|object| object.kind == Kind::Tree).map(|object| tree::decode(&object.data))
    }

    /// A blob's bytes.
    pub fn blob(&self, id: ObjectId) -> Option<&[u8]> {
        self.get(id).filter(|object| object.kind == Kind::Blob).map(|object| &*object.data)
    }

    /// Every file below a tree.
    pub fn files(&self, root: ObjectId) -> Files {
        let mut files = Files::new();
        self.collect(root, "", &mut files);
        files
    }

    fn collect(&self, id: ObjectId, prefix: &str, files: &mut Files) {
        for entry in self.tree(id).unwrap_or_default() {
            let path = format!("{prefix}{}", entry.name);
            if entry.mode == DIRECTORY {
                self.collect(entry.id, &format!("{path}/"), files);
            } else {
                files.insert(path, File { mode: entry.mode, id: entry.id });
            }
        }
    }

    /// Every file of a commit; none of the zero id.
    pub fn files_at(&self, commit: ObjectId) -> Files {
        self.commit(commit).map(|commit| self.files(commit.tree)).unwrap_or_default()
    }

    /// Writes the trees of a list of files; gives back the root.
    pub fn put_files(&mut self, files: &Files) -> ObjectId {
        let paths: Vec<(&str, &File)> = files.iter().map(|(path, file)| (path.as_str(), file)).collect();
        self.put_directory(&paths)
    }

    fn put_directory(&mut self, files: &[(&str, &File)]) -> ObjectId {
        let mut entries = Vec::new();
        let mut directories: BTreeMap<&str, Vec<(&str, &File)>> = BTreeMap::new();
        for (path, file) in files {
            match path.split_once('/') {
                Some((directory, rest)) => directories.entry(directory).or_default().push((rest, file)),
                None => entries.push(Entry { mode: file.mode.clone(), name: (*path).to_owned(), id: file.id }),
            }
        }
        for (name, inner) in directories {
            let id = self.put_directory(&inner);
            entries.push(Entry { mode: DIRECTORY.to_owned(), name: name.to_owned(), id });
        }
        self.put(Kind::Tree, tree::encode(entries))
    }

    /// All objects that are reachable from `wanted` commits but not from `had` ones, commits first. Parents of the commits
    /// in `ends` do not count for what is wanted, nor those of the commits in `had_ends` for what is there.
    pub fn reachable(
        &self,
        wanted: &[ObjectId],
        had: &BTreeSet<ObjectId>,
        ends: &BTreeSet<ObjectId>,
        had_ends: &BTreeSet<ObjectId>,
    ) -> Vec<ObjectId> {
        let mut known: BTreeSet<ObjectId> = BTreeSet::new();
        for id in had {
            self.walk(*id, &mut known, &mut Vec::new(), had_ends);
        }
        // a commit at which the other's history ends has parents that may be wanted now
        let cut: Vec<ObjectId> =
            had_ends.iter().filter(|id| known.contains(id) && !ends.contains(id)).copied().collect();
        let parents = cut.into_iter().filter_map(|id| self.commit(id)).flat_map(|commit| commit.parents);
        let mut found = Vec::new();
        for id in wanted.iter().copied().chain(parents) {
            self.walk(id, &mut known, &mut found, ends);
        }
        found
    }

    /// The commits at which a history of that many commits from each of `wanted` ends and goes on behind.
    pub fn ends(&self, wanted: &[ObjectId], depth: usize) -> BTreeSet<ObjectId> {
        let mut level: BTreeSet<ObjectId> = wanted.iter().copied().collect();
        let mut seen = level.clone();
        for _ in 1..depth {
            let parents = level.iter().filter_map(|id| self.commit(*id)).flat_map(|commit| commit.parents);
            level = parents.filter(|id| seen.insert(*id)).collect();
            if level.is_empty() {
                break;
            }
        }
        level.retain(|id| self.commit(*id).is_some_and(|commit| !commit.parents.is_empty()));
        level
    }

    fn walk(
        &self,
        start: ObjectId,
        known: &mut BTreeSet<ObjectId>,
        found: &mut Vec<ObjectId>,
        ends: &BTreeSet<ObjectId>,
    ) {
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            let Some(object) = self.get(id) else { continue };
            if !known.insert(id) {
                continue;
            }
            found.push(id);
            match object.kind {
                Kind::Commit => {
                    if let Some(commit) = self.commit(id) {
                        if !ends.contains(&id) {
                            open.extend(commit.parents);
                        }
                        open.push(commit.tree);
                    }
                }
                Kind::Tree => open.extend(tree::decode(&object.data).into_iter().map(|entry| entry.id)),
                Kind::Blob => {}
            }
        }
    }
}

/// In a saved state, an object is `[id, kind, data in base64]`.
impl Serialize for Store {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.objects.iter().map(|(id, object)| (id, object.kind, BASE64_STANDARD.encode(&object.data))),
        )
    }
}

impl<'de> Deserialize<'de> for Store {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Store, D::Error> {
        let rows = Vec::<(ObjectId, Kind, String)>::deserialize(deserializer)?;
        let mut store = Store::default();
        for (id, kind, data) in rows {
            let data = BASE64_STANDARD.decode(data).map_err(serde::de::Error::custom)?;
            if store.put(kind, data) != id {
                return Err(serde::de::Error::custom(format!("object {id} has other content than its id says")));
            }
        }
        Ok(store)
    }
}
