//! Jobs of a workspace as processes of this machine.

mod access;
mod bind;
mod command;
mod log;
mod online;
pub(crate) mod places;
mod registry;
mod run;
mod sweep;
mod work;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

pub(crate) use online::{place as online_place, serve as serve_endpoint};
pub(crate) use run::run;

use crate::program::Program;
use crate::store::{Store, at};

/// Starts a job in a process of its own, which goes on when the caller has ended.
pub(crate) fn start(store: &Store, workspace: &str, job: &str) -> Result<(), String> {
    let program = Program::of(store)?;
    let folder = places::job(store, job);
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let log = folder.join("job.log");
    let wrong = |error: std::io::Error| format!("cannot start job {job}: {error}");
    let file = fs::File::options().create(true).append(true).open(&log).map_err(wrong)?;
    let mut command: Command = program.command(&["ml-job", workspace, job]);
    // the agent ends what bears its mark; a job is not the agent's
    command.env_remove(crate::services::CLIENT);
    command.env_remove("VSTS_PROCESS_LOOKUP_ID").process_group(0).current_dir(&folder);
    command.stdin(Stdio::null()).stdout(file.try_clone().map_err(wrong)?).stderr(file);
    let child = command.spawn().map_err(wrong)?;
    crate::processes::note(store, child.id())
}

/// Serves the tracking server of a workspace until the process ends; gives back its address.
///
/// # Errors
/// If the sandbox's folder cannot be made, or no port can be listened on.
pub fn tracking(folder: &Path, workspace: &str) -> Result<String, String> {
    let store = Store::open(folder)?;
    Ok(registry::Registry::start(store, workspace.to_owned(), None)?.address())
}

/// A job as it is now.
pub(crate) fn job(store: &Store, workspace: &str, name: &str) -> Result<Value, String> {
    let found = store.read(|state| at(state, &["ml", workspace, "jobs", name]).cloned())?;
    found.ok_or_else(|| format!("there is no job {name}"))
}
