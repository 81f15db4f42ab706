//! Directories: tree objects, and the flat list of files that edits are made on.

use std::collections::BTreeMap;

use super::object::ObjectId;

/// A file's mode in a tree.
pub const FILE: &str = "100644";
/// An executable file's mode.
pub const EXECUTABLE: &str = "100755";
/// A directory's mode.
pub const DIRECTORY: &str = "40000";

/// One entry of a tree object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The mode as it stands in the object, without leading zeros.
    pub mode: String,
    /// The name.
    pub name: String,
    /// The object.
    pub id: ObjectId,
}

/// Encodes entries in git's order, in which a directory sorts as if its name ended in a slash.
pub fn encode(mut entries: Vec<Entry>) -> Vec<u8> {
    entries.sort_by_key(|entry| {
        let mut key = entry.name.clone().into_bytes();
        if entry.mode == DIRECTORY {
            key.push(b'/');
        }
        key
    });
    let mut data = Vec::new();
    for entry in entries {
        data.extend_from_slice(entry.mode.as_bytes());
        data.push(b' ');
        data.extend_from_slice(entry.name.as_bytes());
        data.push(0);
        data.extend_from_slice(&entry.id.0);
    }
    data
}

/// The entries of a tree object's data; what is malformed ends the list.
pub fn decode(mut data: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some(space) = data.iter().position(|byte| *byte == b' ') {
        let Some(nul) = data.iter().position(|byte| *byte == 0) else { break };
        let (Some(name), Some(id)) = (data.get(space + 1..nul), data.get(nul + 1..nul + 21)) else { break };
        let Ok(id) = <[u8; 20]>::try_from(id) else { break };
        entries.push(Entry {
            mode: String::from_utf8_lossy(&data[..space]).into_owned(),
            name: String::from_utf8_lossy(name).into_owned(),
            id: ObjectId(id),
        });
        data = &data[nul + 21..];
    }
    entries
}

/// A file in the flat list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The mode.
    pub mode: String,
    /// The blob.
    pub id: ObjectId,
}

/// Every file of a commit by its path, without a leading slash.
pub type Files = BTreeMap<String, File>;

/// What a change to the files was refused for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// An added path is there already.
    Exists(String),
    /// An edited, renamed or deleted path is not there.
    Missing(String),
    /// A path is none: empty, absolute twice, or with `.` or `..` in it.
    Invalid(String),
}

/// A change of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new file.
    Add(String, ObjectId),
    /// New content for a file.
    Edit(String, ObjectId),
    /// A file, or a directory with all in it, gone.
    Delete(String),
    /// Another path, from the first to the second, perhaps with new content.
    Rename(String, String, Option<ObjectId>),
}

/// Normalises a path: no leading slash. Errors with [`Refused::Invalid`].
pub fn path(text: &str) -> Result<String, Refused> {
    let path = text.strip_prefix('/').unwrap_or(text);
    let good = !path.is_empty()
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != ".." && !part.eq_ignore_ascii_case(".git"));
    if good { Ok(path.to_owned()) } else { Err(Refused::Invalid(text.to_owned())) }
}

/// Carries out a change.
pub fn apply(files: &mut Files, change: Change) -> Result<(), Refused> {
    match change {
        Change::Add(path, id) => {
            let blocked = files.contains_key(&path)
                || files
                    .keys()
                    .any(|known| known.starts_with(&format!("{path}/")) || path.starts_with(&format!("{known}/")));
            if blocked {
                return Err(Refused::Exists(path));
            }
            files.insert(path, File { mode: FILE.to_owned(), id });
        }
        Change::Edit(path, id) => match files.get_mut(&path) {
            Some(file) => file.id = id,
            None => return Err(Refused::Missing(path)),
        },
        Change::Delete(path) => {
            let before = files.len();
            files.retain(|known, _| *known != path && !known.starts_with(&format!("{path}/")));
            if files.len() == before {
                return Err(Refused::Missing(path));
            }
        }
        Change::Rename(from, to, content) => {
            let Some(mut file) = files.remove(&from) else { return Err(Refused::Missing(from)) };
            if files.contains_key(&to) {
                return Err(Refused::Exists(to));
            }
            file.id = content.unwrap_or(file.id);
            files.insert(to, file);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::object::{Kind, hash};
    use super::*;

    #[test]
    fn trees_sort_directories_as_git_does() {
        let id = ObjectId([1; 20]);
        let entry = |mode: &str, name: &str| Entry { mode: mode.into(), name: name.into(), id };
        let data = encode(vec![entry(DIRECTORY, "a"), entry(FILE, "a.txt"), entry(FILE, "a0")]);
        let names: Vec<String> = decode(&data).into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["a.txt", "a", "a0"]);
    }

    #[test]
    fn a_tree_of_one_file_has_the_id_that_git_gives_it() {
        let blob = hash(Kind::Blob, b"hello\n");
        let tree = encode(vec![Entry { mode: FILE.into(), name: "hello.txt".into(), id: blob }]);
        assert_eq!(hash(Kind::Tree, &tree).to_string(), "aaa96ced2d9a1c8e72c56b253a0e2fe78393feb7");
    }

    #[test]
    fn changes_are_refused_where_they_cannot_be_made() {
        let id = ObjectId([1; 20]);
        let mut files = Files::new();
        assert_eq!(apply(&mut files, Change::Add("d/a".into(), id)), Ok(()));
        assert_eq!(apply(&mut files, Change::Add("d/a".into(), id)), Err(Refused::Exists("d/a".into())));
        assert_eq!(apply(&mut files, Change::Add("d".into(), id)), Err(Refused::Exists("d".into())));
        assert_eq!(apply(&mut files, Change::Add("d/a/b".into(), id)), Err(Refused::Exists("d/a/b".into())));
        assert_eq!(apply(&mut files, Change::Edit("x".into(), id)), Err(Refused::Missing("x".into())));
        assert_eq!(apply(&mut files, Change::Rename("d/a".into(), "e".into(), None)), Ok(()));
        assert_eq!(apply(&mut files, Change::Delete("d".into())), Err(Refused::Missing("d".into())));
        assert_eq!(files.keys().collect::<Vec<_>>(), ["e"]);
        for bad in ["", "/", "a//b", "../a", "a/./b", ".git/config"] {
            assert_eq!(path(bad), Err(Refused::Invalid(bad.into())));
        }
    }
}
