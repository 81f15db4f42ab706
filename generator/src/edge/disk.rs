//! Reads the files that matter, and carries out what was decided about them.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::EdgeError;
use super::folders::Folders;
use crate::tree::RenderedTree;
use crate::tree::changes::{Action, Change, Disk};
use crate::tree::lock::{LOCK_PATH, Lock};
use crate::tree::path::RelPath;

/// Reads the lock file of the project at `root`; a project without one has an empty lock.
///
/// # Errors
/// If the file cannot be read, or is not a lock file.
pub fn read_lock(root: &Path) -> Result<Lock, EdgeError> {
    let path = root.join(LOCK_PATH);
    match fs::read_to_string(&path) {
        Ok(text) => Lock::parse(&text).map_err(|why| EdgeError::new("use", &path, why)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Lock::default()),
        Err(error) => Err(EdgeError::new("read", &path, error)),
    }
}

/// Reads the files of `tree` and `lock` that are on disk under `root`.
///
/// # Errors
/// If one of them cannot be read, is a folder, or lies behind a symbolic link.
pub fn read_files(root: &Path, tree: &RenderedTree, lock: &Lock) -> Result<Disk, EdgeError> {
    let locked = lock.files.keys().filter_map(|path| RelPath::parse(path).ok());
    let mut disk = Disk::new();
    let mut folders = Folders::new(root);
    for path in tree.iter().map(|(path, _)| path.clone()).chain(locked) {
        let Some(full) = folders.existing(&path)? else {
            continue;
        };
        match fs::read(&full) {
            Ok(bytes) => drop(disk.insert(path, bytes)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(EdgeError::new("read", &full, error)),
        }
    }
    Ok(disk)
}

/// Writes and removes what `changes` says, then the lock file.
///
/// Each file is written beside its place and moved there, so that no reader ever sees half of one.
///
/// # Errors
/// The first operation that failed. What was done before it stays done; the same call again finishes the rest.
pub fn apply(root: &Path, tree: &RenderedTree, changes: &[Change]) -> Result<(), EdgeError> {
    let mut folders = Folders::new(root);
    for change in changes.iter().filter(|change| change.action == Action::Delete) {
        if let Some(full) = folders.existing(&change.path)? {
            remove(root, &full)?;
        }
    }
    // Folders may have gone with their last file.
    let mut folders = Folders::new(root);
    let mut writes = Vec::new();
    for change in changes {
        let file = tree.get(change.path.as_str());
        let bytes = match (&change.action, file) {
            (Action::Create | Action::Update, Some(file)) => &file.bytes,
            (Action::Merge(bytes), Some(_)) => bytes,
            _ => continue,
        };
        writes.push((folders.made(&change.path)?, bytes, file.is_some_and(|file| file.executable)));
    }
    in_parallel(&writes, |(path, bytes, executable)| place(path, bytes, *executable))?;
    let lock = root.join(LOCK_PATH);
    let text = Lock::of(tree).to_text();
    if fs::read_to_string(&lock).is_ok_and(|old| old == text) {
        return Ok(());
    }
    write(&lock, text.as_bytes(), false)
}

/// Writes `bytes` to `path`, whole or not at all.
///
/// # Errors
/// If the folder cannot be made or the file not be written.
pub fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<(), EdgeError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| EdgeError::new("create the folder", folder, error))?;
    place(path, bytes, executable)
}

/// Writes a file into a folder that is there.
fn place(path: &Path, bytes: &[u8], executable: bool) -> Result<(), EdgeError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.part", std::process::id()));
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        set_mode(&file, executable)
    });
    written.and_then(|()| fs::rename(&beside, path)).map_err(|error| {
        let _ = fs::remove_file(&beside);
        EdgeError::new("write", path, error)
    })
}

#[cfg(unix)]
fn set_mode(file: &fs::File, executable: bool) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if executable { file.set_permissions(fs::Permissions::from_mode(0o755)) } else { Ok(()) }
}

#[cfg(not(unix))]
fn set_mode(_: &fs::File, _: bool) -> std::io::Result<()> {
    Ok(())
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
