//! What Cargo has built, kept for the same job's next run as an agent of one's own has it: with the times of the sources that it
//! was built from, because Cargo builds again what is younger than its result.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::files::{below, make, wrong};

/// The folder that Cargo builds in.
const BUILT: &str = "target";

/// What lies in it beside Cargo's: each source with its digest and its time.
const NOTE: &str = ".sources.json";

/// And which agent it was built at.
const AGENT: &str = ".agent";

/// The agent whose folder the kept one was built in: in another one Cargo would build all of it again.
pub(crate) fn agent(kept: &Path) -> Option<usize> {
    fs::read_to_string(kept.join(AGENT)).ok()?.trim().parse().ok()
}

/// The agents that the jobs of all kept folders beside this one want back.
pub(crate) fn agents_of_others(kept: &Path) -> Vec<usize> {
    let all = fs::read_dir(kept.parent().unwrap_or(kept)).into_iter().flatten().flatten();
    all.map(|entry| entry.path()).filter(|path| path != kept).filter_map(|path| agent(&path)).collect()
}

// Invariant: a file whose content has changed since is younger than everything that was built
// (test: what_was_built_counts_until_a_source_changes).
/// Puts what was built the last time into a folder of sources, and gives those that have not changed since their times of then.
/// Whether there was something.
pub(crate) fn bring(kept: &Path, sources: &Path) -> bool {
    let here = sources.join(BUILT);
    if !kept.is_dir() || here.exists() || fs::rename(kept, &here).is_err() {
        return false;
    }
    let text = fs::read_to_string(here.join(NOTE)).unwrap_or_default();
    let note: Value = serde_json::from_str(&text).unwrap_or_default();
    for (path, digest) in digests(sources) {
        let known = &note[&path];
        let nanoseconds = known[1].as_str().and_then(|text| text.parse().ok());
        if let Some(nanoseconds) = nanoseconds.filter(|_| known[0] == digest) {
            let file = File::options().append(true).open(sources.join(&path));
            // one that keeps its new time is built again
            let _ = file.and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds)));
        }
    }
    true
}

/// Keeps what was built from a folder of sources; reports of tests are not kept.
///
/// # Errors
/// If it cannot be kept. Then it is built again the next time.
pub(crate) fn keep(kept: &Path, sources: &Path, agent: usize) -> Result<(), String> {
    let here = sources.join(BUILT);
    if !here.join("CACHEDIR.TAG").is_file() {
        return Ok(());
    }
    for folder in [here.join("nextest"), here.join("llvm-cov-target/nextest"), kept.to_owned()] {
        let _ = fs::remove_dir_all(folder);
    }
    let time = |path: &str| {
        let time = fs::metadata(sources.join(path)).and_then(|data| data.modified()).ok()?;
        Some(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos().to_string())
    };
    let sources = digests(sources);
    let all: serde_json::Map<String, Value> =
        sources.into_iter().filter_map(|(path, digest)| Some((path.clone(), json!([digest, time(&path)?])))).collect();
    for (name, text) in [(NOTE, Value::Object(all).to_string()), (AGENT, agent.to_string())] {
        let note = here.join(name);
        fs::write(&note, text).map_err(wrong("write", &note))?;
    }
    make(kept.parent().unwrap_or(kept))?;
    fs::rename(&here, kept).map_err(wrong("keep", &here))
}

/// The files of a folder of sources, with what is in them.
fn digests(sources: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(sources).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name == BUILT || name == ".git" {
            continue;
        }
        let inner = if entry.path().is_dir() { below(&entry.path()) } else { vec![PathBuf::new()] };
        for path in inner {
            let path = if path.as_os_str().is_empty() { PathBuf::from(&name) } else { Path::new(&name).join(path) };
            if let (Some(text), Ok(content)) = (path.to_str(), fs::read(sources.join(&path))) {
                let digest = Sha256::digest(content);
                all.insert(text.to_owned(), digest.iter().map(|byte| format!("{byte:02x}")).collect());
            }
        }
    }
    all
}
