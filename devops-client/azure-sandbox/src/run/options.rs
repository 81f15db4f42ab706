//! What is carried out, and with what.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use azure_pipelines::Node;
use pipeline_runner::{Patience, Value};

/// What is carried out, and with what.
///
/// | name | default | purpose |
/// |---|---|---|
/// | `root` | | the folder that the pipeline's repository is |
/// | `path` | | the pipeline's file, from the root |
/// | `folder` | | what the sandbox keeps: workspaces, artifacts, caches |
/// | `environment` | nothing | what steps start from: `PATH`, `HOME` |
/// | `parameters` | none | parameters of the pipeline by name |
/// | `variables` | none | variables given at the start |
/// | `groups` | none | variable groups by name |
/// | `connections` | none | environments of service connections by name |
/// | `agents` | 2 | how many jobs go at once |
/// | `minute` | 60 s | how long a minute of delays and time limits lasts |
/// | `reason` | `Manual` | `Build.Reason` |
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that the pipeline's repository is.
    pub root: PathBuf,
    /// The pipeline's file, from the root.
    pub path: String,
    /// What the sandbox keeps.
    pub folder: PathBuf,
    /// What steps start from.
    pub environment: Vec<(String, String)>,
    /// Folders that come first on their `PATH`.
    pub tools: Vec<PathBuf>,
    /// Parameters of the pipeline by name.
    pub parameters: Vec<(Node, Node)>,
    /// Variables given at the start.
    pub variables: Vec<(String, Value)>,
    /// Variable groups by name.
    pub groups: BTreeMap<String, Vec<(String, Value)>>,
    /// Environments of service connections by name.
    pub connections: BTreeMap<String, Vec<(String, String)>>,
    /// How many jobs go at once.
    pub agents: usize,
    /// How long a minute lasts.
    pub minute: Duration,
    /// How long a step that is to end has for it.
    pub patience: Patience,
    /// `Build.Reason`.
    pub reason: String,
}

impl Options {
    /// A pipeline of a folder, and nothing else.
    pub fn new(root: &Path, path: &str, folder: &Path) -> Self {
        Self {
            root: root.to_owned(),
            path: path.to_owned(),
            folder: folder.to_owned(),
            environment: Vec::new(),
            tools: Vec::new(),
            parameters: Vec::new(),
            variables: Vec::new(),
            groups: BTreeMap::new(),
            connections: BTreeMap::new(),
            agents: 2,
            minute: Duration::from_secs(60),
            patience: Patience::default(),
            reason: "Manual".to_owned(),
        }
    }
}
