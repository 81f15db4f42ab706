//! What a run is given: where it works, on whose behalf, from which source.

use std::path::PathBuf;
use std::time::Duration;

use crate::agents::Agents;
use crate::variables::Value;

/// Where and with what runs are carried out.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder that everything is kept in: workspaces of agents, artifacts, caches.
    pub folder: PathBuf,
    /// How many jobs go at once.
    pub agents: usize,
    /// Agents that several runs have in common, in one folder; without them a run has `agents` of its own.
    pub shared: Option<Agents>,
    /// The environment that steps start from.
    pub environment: Vec<(String, String)>,
    /// Folders that come first on the steps' `PATH`.
    pub tools: Vec<PathBuf>,
    /// Folders that caches begin with where they are missed, by the last name of their path: what is downloaded for one is there
    /// for all.
    pub seeds: Vec<(String, PathBuf)>,
    /// How long a minute of timeouts and delays lasts.
    pub minute: Duration,
    /// How long a step that is to end has for it.
    pub patience: Patience,
}

/// How long a step that is to end has for it (azure-pipelines-agent, `ProcessInvoker`).
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From SIGINT to SIGTERM.
    pub interrupt: Duration,
    /// From SIGTERM to SIGKILL.
    pub terminate: Duration,
    /// From a process's end to that of its output, which children may hold open.
    pub output: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            interrupt: Duration::from_millis(7_500),
            terminate: Duration::from_millis(2_500),
            output: Duration::from_secs(5),
        }
    }
}

impl Settings {
    /// Two agents in a folder, and nothing of the machine but what is given later.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            agents: 2,
            shared: None,
            environment: Vec::new(),
            tools: Vec::new(),
            seeds: Vec::new(),
            minute: Duration::from_secs(60),
            patience: Patience::default(),
        }
    }
}

/// What `checkout: self` brings.
#[derive(Clone, Debug)]
pub struct Source {
    /// What git fetches from: an address or a folder.
    pub url: String,
    /// The full name of the branch.
    pub branch: String,
    /// The commit.
    pub commit: String,
    /// A header for git, such as `Authorization: Bearer …`, where one is asked for.
    pub header: Option<String>,
}

/// What a run is called, and what its predefined variables say.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its id, unique in the organization.
    pub id: i64,
    /// Its number, `20261130.1`.
    pub number: String,
    /// Why it goes: `Manual`, `IndividualCI`, `PullRequest`, `Schedule`, `ResourceTrigger`.
    pub reason: String,
    /// Id and name of the pipeline.
    pub definition: (i64, String),
    /// Address of the organization, with a slash at the end.
    pub collection: String,
    /// Id and name of the project.
    pub project: (String, String),
    /// Id and name of the repository.
    pub repository: (String, String),
    /// Who asked for it: name and mail.
    pub requested_for: (String, String),
    /// The job's token of the service; a secret.
    pub token: Option<String>,
    /// Variables given when it was queued.
    pub variables: Vec<(String, Value)>,
    /// Which try of each stage this is, from 1.
    pub attempt: u32,
    /// What is checked out.
    pub source: Source,
}

impl Facts {
    /// The pipeline as the name of a folder: by its name, which stays the same where services count their pipelines anew.
    pub(crate) fn folder(&self) -> String {
        let safe = |c: char| if c.is_alphanumeric() || ".-".contains(c) { c } else { '_' };
        format!("{} {}", self.project.1, self.definition.1).chars().map(safe).collect()
    }
}
