//! What a lock file of the first form does not say, found in the history of git: which render a seed on disk stands on.

use std::collections::BTreeSet;
use std::path::Path;

use super::git;
use crate::artifacts::Ownership;
use crate::tree::changes::Disk;
use crate::tree::lock::{LOCK_PATH, Lock, sha256};
use crate::tree::path::RelPath;

/// Makes what is said of seeds true: the first form gave the hash of the last render even where a seed stood on an earlier
/// one. A text whose hash was in the lock once is a render that nobody has touched. Where no render of a file is found,
/// the hash is left empty: a merge then marks every difference.
pub fn complete(root: &Path, lock: &mut Lock, disk: &Disk) {
    if lock.version != 1 {
        return;
    }
    let open = |path: &RelPath, lock: &Lock| {
        let locked = lock.files.get(path.as_str())?;
        let bytes = disk.get(path)?;
        (locked.ownership == Ownership::Seed && sha256(bytes) != locked.sha256).then(|| sha256(bytes))
    };
    let paths: Vec<RelPath> = lock.files.keys().filter_map(|path| RelPath::parse(path).ok()).collect();
    let touched: Vec<(RelPath, String)> =
        paths.into_iter().filter_map(|path| open(&path, lock).map(|hash| (path, hash))).collect();
    if touched.is_empty() {
        return;
    }
    let before = git::versions(root, LOCK_PATH);
    let locks: Vec<Lock> = before.iter().filter_map(|text| Lock::parse(&String::from_utf8_lossy(text)).ok()).collect();
    for (path, hash) in touched {
        let renders: BTreeSet<&str> =
            locks.iter().filter_map(|lock| Some(lock.files.get(path.as_str())?.sha256.as_str())).collect();
        let base = if renders.contains(hash.as_str()) {
            hash
        } else {
            let found = git::versions(root, path.as_str());
            found.iter().map(|bytes| sha256(bytes)).find(|hash| renders.contains(hash.as_str())).unwrap_or_default()
        };
        if let Some(locked) = lock.files.get_mut(path.as_str()) {
            locked.sha256 = base;
        }
    }
}
