//! What an expanded pipeline says: stages, jobs, steps, and the resources that they use.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A pipeline, as it runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Variable groups of the whole pipeline.
    pub groups: Vec<String>,
    /// Variables with values.
    pub variables: Map<String, Value>,
    /// The stages, in the file's order.
    pub stages: Vec<Stage>,
}

/// A stage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// What it is shown as.
    pub display: String,
    /// Stages before it.
    pub depends_on: Vec<String>,
    /// Its condition.
    pub condition: Option<String>,
    /// Its variable groups.
    pub groups: Vec<String>,
    /// Its variables.
    pub variables: Map<String, Value>,
    /// `sequential` or `runLatest`.
    pub lock_behavior: Option<String>,
    /// Its jobs.
    pub jobs: Vec<Job>,
}

/// A job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// What it is shown as.
    pub display: String,
    /// Jobs of the stage before it.
    pub depends_on: Vec<String>,
    /// Its condition.
    pub condition: Option<String>,
    /// Its variable groups.
    pub groups: Vec<String>,
    /// The environment that it deploys to, and the resource within it.
    pub environment: Option<(String, Option<String>)>,
    /// The named pool, if it is none of Microsoft's images.
    pub pool: Option<String>,
    /// Whether no agent runs it.
    pub server: bool,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name, for outputs.
    pub name: Option<String>,
    /// What it is shown as.
    pub display: String,
    /// The task's reference; scripts are tasks too.
    pub task: String,
    /// Its condition.
    pub condition: Option<String>,
    /// Whether its failure is only a warning.
    pub continue_on_error: bool,
    /// Its script, or its inputs in a readable form: what its log shows.
    pub script: String,
    /// Service connections that it names: input and value.
    pub connections: Vec<(String, String)>,
    /// The artifact that it publishes.
    pub artifact: Option<String>,
}
