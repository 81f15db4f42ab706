//! A sandbox in the background: its folder, the process that it is, and what is known of it from outside.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use azure_sandbox::processes::{Kept, is_alive, kept, started};
use azure_sandbox::services::look;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::EdgeError;

/// What a sandbox that is up says of itself, for this user alone: it has the tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Up {
    /// Its process.
    pub process: u32,
    /// When that began, by which a later process of the same number is told from it.
    pub started: String,
    /// The page of pipelines and runs.
    pub page: String,
    /// The variables that point other commands at it.
    pub variables: BTreeMap<String, String>,
}

/// A run of a sandbox, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeenRun {
    /// Its id.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// `inProgress`, `completed`, …
    pub status: String,
    /// `succeeded`, `failed`, …; empty while it goes.
    pub result: String,
    /// Stages that wait for people.
    pub waits: Vec<String>,
}

/// The file in a sandbox's folder that says that it is up.
fn place(folder: &Path) -> PathBuf {
    folder.join("up.json")
}

/// Where the doubles' state is kept in a sandbox's folder.
pub fn state_of(folder: &Path) -> PathBuf {
    folder.join("state.json")
}

/// A folder for a sandbox. A state file of before that has its name is taken over into it.
///
/// # Errors
/// If it cannot be made.
pub fn prepare(folder: &Path) -> Result<bool, EdgeError> {
    let wrong = |error: std::io::Error| EdgeError::new("make the sandbox's folder", folder, error);
    let taken = folder.is_file();
    if taken {
        let beside = folder.with_extension("taken-over");
        fs::rename(folder, &beside).map_err(wrong)?;
        fs::create_dir_all(folder).map_err(wrong)?;
        fs::rename(&beside, state_of(folder)).map_err(wrong)?;
    }
    fs::create_dir_all(folder).map_err(wrong)?;
    // Git and renders leave it alone
    fs::write(folder.join(".gitignore"), "*\n").map_err(wrong)?;
    Ok(taken)
}

impl Up {
    /// This process, as the sandbox of a folder.
    pub fn here(page: String, variables: &BTreeMap<String, String>) -> Self {
        let process = std::process::id();
        Self { process, started: started(process), page, variables: variables.clone() }
    }

    /// Says so in the folder.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn announce(&self, folder: &Path) -> Result<(), EdgeError> {
        let path = place(folder);
        let wrong = |error: std::io::Error| EdgeError::new("write", &path, error);
        let beside = path.with_extension("new");
        let _ = fs::remove_file(&beside);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let text = serde_json::to_string(self).map_err(|error| EdgeError::new("write", &path, error))?;
        options.open(&beside).and_then(|mut file| file.write_all(text.as_bytes())).map_err(wrong)?;
        fs::rename(&beside, &path).map_err(wrong)
    }

    /// What a folder says, whether that process still lives or not.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, EdgeError> {
        let path = place(folder);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| EdgeError::new("read", &path, error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EdgeError::new("read", &path, error)),
        }
    }

    /// Forgets what a folder says.
    pub fn forget(folder: &Path) {
        let _ = fs::remove_file(place(folder));
    }

    /// Whether its process lives.
    pub fn is_alive(&self) -> bool {
        is_alive(self.process, &self.started)
    }

    /// Asks its process to end.
    pub fn ask_to_end(&self) {
        azure_sandbox::processes::ask_to_end(self.process, &self.started);
    }

    /// The runs that it has, the newest first.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn runs(&self) -> Result<Vec<SeenRun>, EdgeError> {
        let wrong = |why: String| EdgeError::new("ask the sandbox at", Path::new(&self.page), why);
        let origin = self.page.split("/_emulator").next().unwrap_or_default();
        let state = look(origin, "/_emulator/state").map_err(wrong)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let approvals: Vec<&Value> = state["approvals"].as_object().into_iter().flatten().map(|(_, one)| one).collect();
        let waits = |id: i64| {
            let own = approvals.iter().filter(|one| one["status"] == "pending" && one["build"].as_i64() == Some(id));
            own.map(|one| text(&one["stage"])).collect()
        };
        let one = |(id, build): (&String, &Value)| {
            let id: i64 = id.parse().unwrap_or_default();
            SeenRun {
                id,
                number: text(&build["number"]),
                status: text(&build["status"]),
                result: text(&build["result"]),
                waits: waits(id),
            }
        };
        let mut all: Vec<SeenRun> = state["builds"].as_object().into_iter().flatten().map(one).collect();
        all.sort_by_key(|run| std::cmp::Reverse(run.id));
        Ok(all)
    }
}

/// The processes that a sandbox has left running on purpose.
///
/// # Errors
/// If the folder cannot be read.
pub fn processes(folder: &Path) -> Result<Vec<Kept>, EdgeError> {
    kept(folder).map_err(|why| EdgeError::new("read", folder, why))
}

/// The log of what is called that in a sandbox: a container, a pod, a job of Azure ML; of the sandbox itself without a name.
/// Several that bear the name in theirs come one after the other.
///
/// # Errors
/// If there is none, with the names that there are.
pub fn log(folder: &Path, name: Option<&str>) -> Result<String, EdgeError> {
    let Some(name) = name else {
        let path = folder.join("sandbox.log");
        return fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => EdgeError::new(
                "find a log in",
                folder,
                "no sandbox was started here; `mlops-gen sandbox up` starts one",
            ),
            _ => EdgeError::new("read", &path, error),
        });
    };
    let mut known: Vec<(String, PathBuf)> = Vec::new();
    for (below, file) in [("azure/containers", "log"), ("azure/jobs", "job.log")] {
        for entry in fs::read_dir(folder.join(below)).into_iter().flatten().flatten() {
            known.push((entry.file_name().to_string_lossy().into_owned(), entry.path().join(file)));
        }
    }
    known.sort();
    let found: Vec<&(String, PathBuf)> = known.iter().filter(|(own, _)| own.contains(name)).collect();
    if found.is_empty() {
        let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
        let why = format!(
            "nothing is called {name}; there is {}",
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        );
        return Err(EdgeError::new("find a log in", folder, why));
    }
    let mut text = String::new();
    for (name, path) in &found {
        if found.len() > 1 {
            text.push_str(&format!("== {name}\n"));
        }
        text.push_str(&fs::read_to_string(path).unwrap_or_default());
    }
    Ok(text)
}
