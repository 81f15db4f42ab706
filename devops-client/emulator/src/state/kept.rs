//! What a run keeps: logs, artifacts, results of tests.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// Its id, from 1 in each run.
    pub id: i64,
    /// The record that it belongs to.
    pub record: Uuid,
    /// Its lines, each with its time.
    pub lines: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub changed: Timestamp,
}

/// An artifact that a step published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its id, from 1 in each run.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The record of the step.
    pub source: Uuid,
    /// The folder that has its files, where the run was really carried out.
    #[serde(default)]
    pub folder: Option<String>,
}

/// Results of tests that a step published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tests {
    /// The identifier of the job.
    pub job: String,
    /// What they are called.
    pub title: String,
    /// How many there are.
    pub total: usize,
    /// How many were left out.
    pub skipped: usize,
    /// Those that failed: name and message.
    pub failed: Vec<(String, String)>,
}

/// Lines that the tests of a job reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// The identifier of the job.
    pub job: String,
    /// Lines that are reached.
    pub covered: u64,
    /// Lines that could be.
    pub valid: u64,
}

impl Covered {
    /// The share that is reached, in percent.
    pub fn percent(&self) -> f64 {
        if self.valid == 0 { 0.0 } else { self.covered as f64 * 100.0 / self.valid as f64 }
    }
}
