//! Processes that outlive the command that started them: noted, so that all of them can be ended.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, getpid, kill_process, kill_process_group};

use crate::folders::discard;
use crate::program::FOLDER;
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

/// A process that goes on, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: u32,
    /// What it was called with, as far as it says what it is.
    pub what: String,
}

/// The processes that a sandbox has noted and that live.
///
/// # Errors
/// If the folder is none.
pub fn kept(folder_of_sandbox: &Path) -> Result<Vec<Kept>, String> {
    let store = Store::open(folder_of_sandbox)?;
    let mut all = Vec::new();
    for entry in fs::read_dir(folder(&store)).into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if !is_alive(id, &fs::read_to_string(entry.path()).unwrap_or_default()) {
            continue;
        }
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let words: Vec<String> =
            line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        let from = words.iter().position(|word| word == "tool").map_or(0, |at| at + 1);
        all.push(Kept { id, what: words[from..].join(" ").trim().to_owned() });
    }
    all.sort_by_key(|process| process.id);
    Ok(all)
}

/// Whether the process lives that began then.
pub fn is_alive(id: u32, began: &str) -> bool {
    !began.is_empty() && began == started(id)
}

/// Asks a process to end, unless it is another by now.
pub fn ask_to_end(id: u32, began: &str) {
    if is_alive(id, began)
        && let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw)
    {
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// When a process began, by which one that got its number later is told from it; empty if there is none.
pub fn started(id: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let mut words = behind.split_whitespace();
    match words.next() {
        // one that has ended and that nobody has asked about
        None | Some("Z" | "X") => String::new(),
        Some(_) => words.nth(18).unwrap_or_default().to_owned(),
    }
}

/// The socket that brings connections into the container of a process.
pub(crate) fn socket(id: u32) -> PathBuf {
    std::env::temp_dir().join(format!("mg-{id}.sock"))
}

/// Ends a process that was noted, and everything in its group.
pub(crate) fn end(store: &Store, id: u32) {
    let file = folder(store).join(id.to_string());
    let noted = fs::read_to_string(&file).unwrap_or_default();
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw)
        && is_alive(id, &noted)
    {
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let _ = fs::remove_file(file);
    let _ = fs::remove_file(socket(id));
}

/// Ends every process of a sandbox: those that were noted, and whatever else bears its folder in its environment. Gives back
/// how many lived.
///
/// # Errors
/// If the folder is none.
pub fn end_all(folder_of_sandbox: &Path) -> Result<usize, String> {
    let store = Store::open(folder_of_sandbox)?;
    let mut ended = 0;
    for entry in fs::read_dir(folder(&store)).into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let noted = fs::read_to_string(entry.path()).unwrap_or_default();
        ended += usize::from(is_alive(id, &noted));
        end(&store, id);
    }
    // a process may start others until it is gone itself: once more until none is found
    for _ in 0..20 {
        let left = bearers(folder_of_sandbox);
        if left.is_empty() {
            break;
        }
        ended += left.len();
        for pid in left {
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    sweep(&store);
    Ok(ended)
}

/// Takes away what was under way when its process ended: nobody is there who goes on with it.
fn sweep(store: &Store) {
    let list = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let azure = store.folder();
    let sandbox = azure.parent().unwrap_or(azure);
    let partial = [azure.join("layers"), azure.join("images"), azure.join("contexts"), azure.to_owned()]
        .into_iter()
        .chain(list(&sandbox.join("caches")).map(|entry| entry.path()))
        .flat_map(|folder| list(&folder).collect::<Vec<_>>())
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.contains(".partial") || name.starts_with("build-") || name.starts_with("overlay-")
        });
    for entry in partial.chain(list(&sandbox.join("tmp"))) {
        if entry.path().is_dir() {
            discard(&entry.path());
        } else {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Starts afresh: ends what runs, and forgets what the sandbox's Azure holds and what runs have kept. Images, caches and homes
/// of tools stay.
///
/// # Errors
/// If something cannot be removed.
pub fn reset(folder_of_sandbox: &Path) -> Result<(), String> {
    end_all(folder_of_sandbox)?;
    for name in ["agents", "artifacts", "runs", "services.json"] {
        remove(&folder_of_sandbox.join(name))?;
    }
    let store = Store::open(folder_of_sandbox)?;
    for name in ["state.json", "artifacts", "blobs", "containers", "contexts", "jobs", "processes", "volumes"] {
        remove(&store.folder().join(name))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), String> {
    let done = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match done {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Processes that were started for a sandbox, by what their environment says; whoever asks is none of them.
fn bearers(folder_of_sandbox: &Path) -> Vec<Pid> {
    let whole = folder_of_sandbox.canonicalize().unwrap_or_else(|_| folder_of_sandbox.to_owned());
    let mark = format!("{FOLDER}={}", whole.display());
    let bears = |id: i32| {
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|pair| pair == mark.as_bytes())
    };
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| *id != getpid().as_raw_nonzero().get() && bears(*id)).filter_map(Pid::from_raw).collect()
}
