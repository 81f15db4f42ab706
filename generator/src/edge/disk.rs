//! Reads the files that matter, and carries out what was decided about them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::EdgeError;
use super::folders::Folders;
use crate::artifacts::project::STAND_INS;
use crate::tree::RenderedTree;
use crate::tree::changes::{Action, Change, Disk};
use crate::tree::edit::{self, EDITS, Edit, Edits, SUFFIX};
use crate::tree::line_ends::{stored, stored_text};
use crate::tree::lock::{LOCK_PATH, Lock, LockedFile, sha256};
use crate::tree::path::RelPath;

/// Reads the lock file of the project at `root`; a project without one has an empty lock.
///
/// # Errors
/// If the file cannot be read, is not a lock file, or was written by a newer version of the tool.
pub fn read_lock(root: &Path) -> Result<Lock, EdgeError> {
    let path = root.join(LOCK_PATH);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let lock = Lock::parse(&text).map_err(|why| EdgeError::new("use", &path, why))?;
            match lock.too_new() {
                Some(why) => Err(EdgeError::new("use", &path, why)),
                None => Ok(lock),
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Lock::default()),
        Err(error) => Err(EdgeError::new("read", &path, error)),
    }
}

/// Reads the files of `tree` and `lock` that are on disk under `root`: text with the line ends that git stores.
///
/// # Errors
/// If one of them cannot be read, is a folder, or lies behind a symbolic link.
pub fn read_files(root: &Path, tree: &RenderedTree, lock: &Lock) -> Result<Disk, EdgeError> {
    let locked = lock.files.keys().filter_map(|path| RelPath::parse(path).ok());
    let rendered_data =
        |path: &RelPath| tree.get(path.as_str()).is_some_and(|file| STAND_INS.contains(&file.origin.as_str()));
    let is_data =
        |path: &RelPath| rendered_data(path) || lock.files.get(path.as_str()).is_some_and(LockedFile::is_data);
    let mut disk = Disk::new();
    let mut folders = Folders::new(root);
    for path in tree.iter().map(|(path, _)| path.clone()).chain(locked) {
        let Some(full) = folders.existing(&path)? else {
            continue;
        };
        match fs::read(&full) {
            // Data are no text of ours: they stay as they are.
            Ok(bytes) if is_data(&path) => drop(disk.insert(path, bytes)),
            Ok(bytes) => drop(disk.insert(path, stored(bytes))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(EdgeError::new("read", &full, error)),
        }
    }
    Ok(disk)
}

/// Writes and removes what `changes` says, then the patches of accepted edits, then the lock file.
///
/// Each file is written beside its place and moved there, so that no reader ever sees half of one.
///
/// # Errors
/// The first operation that failed. What was done before it stays done; the same call again finishes the rest.
pub fn apply(root: &Path, tree: &RenderedTree, changes: &[Change], lock: &Lock) -> Result<(), EdgeError> {
    let mut folders = Folders::new(root);
    let mut writes = Vec::new();
    for change in changes {
        let Some(file) = tree.get(change.path.as_str()) else { continue };
        let bytes = match &change.action {
            Action::Create | Action::Update => tree.rendered(&change.path, file),
            Action::Merge(merged) | Action::Move { merged, .. } => merged.text.as_bytes(),
            _ => continue,
        };
        writes.push((folders.made(&change.path)?, bytes));
    }
    in_parallel(&writes, |(path, bytes)| place(path, bytes))?;
    // What goes, goes last: a text that moves is never nowhere.
    let mut folders = Folders::new(root);
    for change in changes {
        let gone = match &change.action {
            Action::Delete => &change.path,
            Action::Move { from, .. } => from,
            _ => continue,
        };
        if let Some(full) = folders.existing(gone)? {
            remove(root, &full)?;
        }
    }
    write_patches(root, &edit::patches(tree))?;
    write_lock(root, lock)
}

/// Writes the lock file, unless it is as it should be.
///
/// # Errors
/// If it cannot be written.
pub fn write_lock(root: &Path, lock: &Lock) -> Result<(), EdgeError> {
    let path = root.join(LOCK_PATH);
    let text = lock.to_text();
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    write(&path, text.as_bytes())
}

/// Brings the folder of accepted edits to what it should hold.
fn write_patches(root: &Path, patches: &BTreeMap<String, String>) -> Result<(), EdgeError> {
    let found = read_patches(root)?;
    for (path, text) in patches.iter().filter(|(path, text)| found.get(*path) != Some(*text)) {
        write(&root.join(path), text.as_bytes())?;
    }
    for path in found.keys().filter(|path| !patches.contains_key(*path)) {
        remove(root, &root.join(path))?;
    }
    Ok(())
}

/// The accepted edits of the project at `root`: the path of each patch, and what is in it.
///
/// # Errors
/// If the folder or a file in it cannot be read.
pub fn read_patches(root: &Path) -> Result<BTreeMap<String, String>, EdgeError> {
    let (mut found, mut rest) = (BTreeMap::new(), vec![EDITS.to_owned()]);
    while let Some(folder) = rest.pop() {
        let full = root.join(&folder);
        let entries = match fs::read_dir(&full) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(EdgeError::new("read", &full, error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| EdgeError::new("read", &full, error))?;
            let kind = entry.file_type().map_err(|error| EdgeError::new("read", &entry.path(), error))?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if kind.is_dir() {
                rest.push(path);
            } else if path.ends_with(SUFFIX) && kind.is_file() {
                let text = fs::read_to_string(entry.path());
                found.insert(path, text.map_err(|error| EdgeError::new("read", &entry.path(), error))?);
            }
        }
    }
    Ok(found)
}

/// The accepted edits of the project at `root`, with the files on disk that they are made in.
///
/// # Errors
/// If one of them cannot be read.
pub fn read_edits(root: &Path, lock: &Lock) -> Result<Edits, EdgeError> {
    let mut edits = Edits::new();
    let mut folders = Folders::new(root);
    for (name, patch) in read_patches(root)? {
        let inside = name.strip_prefix(EDITS).and_then(|rest| rest.trim_start_matches('/').strip_suffix(SUFFIX));
        let Some(path) = inside.and_then(|inside| RelPath::parse(inside).ok()) else { continue };
        let disk = match folders.existing(&path)? {
            Some(full) => fs::read_to_string(full).ok().map(stored_text),
            None => None,
        };
        let locked = lock.files.get(path.as_str()).and_then(|locked| locked.edited.as_deref());
        let written = disk.as_deref().is_some_and(|text| locked == Some(sha256(text.as_bytes()).as_str()));
        edits.insert(path, Edit { patch: stored_text(patch), disk, written });
    }
    Ok(edits)
}

/// Writes `bytes` to `path`, whole or not at all.
///
/// # Errors
/// If the folder cannot be made or the file not be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), EdgeError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| EdgeError::new("create the folder", folder, error))?;
    place(path, bytes)
}

/// Writes a file into a folder that is there.
///
/// No rendered file is a program: a push through the service's API cannot make it one (document git, `GitChange`), so that
/// git would find every script changed after an apply. What was there keeps its mode: it is in the history that way.
fn place(path: &Path, bytes: &[u8]) -> Result<(), EdgeError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.part", std::process::id()));
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        match fs::symlink_metadata(path) {
            Ok(old) if old.is_file() => file.set_permissions(old.permissions()),
            _ => Ok(()),
        }
    });
    written.and_then(|()| fs::rename(&beside, path)).map_err(|error| {
        let _ = fs::remove_file(&beside);
        EdgeError::new("write", path, error)
    })
}

/// Does `work` on every item, on a few threads: most of the time goes into waiting for the file system.
fn in_parallel<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<(), EdgeError> + Sync) -> Result<(), EdgeError> {
    const THREADS: usize = 4;
    let share = items.len().div_ceil(THREADS).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = items.chunks(share).map(|part| scope.spawn(|| part.iter().try_for_each(&work))).collect();
        let done = parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        done.collect::<Vec<_>>().into_iter().collect()
    })
}

/// Removes a file and the folders that it leaves empty.
fn remove(root: &Path, path: &Path) -> Result<(), EdgeError> {
    fs::remove_file(path).map_err(|error| EdgeError::new("remove", path, error))?;
    let parents = path.ancestors().skip(1).take_while(|folder| *folder != root);
    for folder in parents {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}
