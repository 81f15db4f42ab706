//! Processes that outlive the command that started them: noted, so that all of them can be ended.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process};

use crate::store::Store;

fn folder(store: &Store) -> PathBuf {
    store.folder().join("processes")
}

/// Notes a process that leads a group of its own.
pub(crate) fn note(store: &Store, id: u32) -> Result<(), String> {
    let folder = folder(store);
    let wrong = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(wrong)?;
    fs::write(folder.join(id.to_string()), started(id)).map_err(wrong)
}

/// When a process began, by which one that got its number later is told from it.
fn started(id: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    behind.split_whitespace().nth(19).unwrap_or_default().to_owned()
}

/// Ends a process that was noted, and everything in its group.
pub(crate) fn end(store: &Store, id: u32) {
    let file = folder(store).join(id.to_string());
    let noted = fs::read_to_string(&file).unwrap_or_default();
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw)
        && !noted.is_empty()
        && noted == started(id)
    {
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let _ = fs::remove_file(file);
}

/// Ends every process that was noted; gives back how many lived.
pub fn end_all(folder_of_sandbox: &Path) -> Result<usize, String> {
    let store = Store::open(folder_of_sandbox)?;
    let mut ended = 0;
    for entry in fs::read_dir(folder(&store)).into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let alive = i32::try_from(id).ok().and_then(Pid::from_raw).is_some_and(|pid| test_kill_process(pid).is_ok());
        ended += usize::from(alive);
        end(&store, id);
    }
    Ok(ended)
}
