//! The only place that touches disk, clock, environment and network.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

// Invariant: nothing else touches disk, environment, clock and network (test: only_the_edge_touches_the_world).

pub mod azure;
pub mod bicep_compiler;
pub mod bicep_files;
pub mod clock;
pub mod connect;
pub mod disk;
pub mod doctor;
mod folders;
pub mod git;
pub mod local_history;
pub mod lock_history;
pub mod own_data;
pub mod pipeline_files;
pub mod prices;
pub mod project_dir;
pub mod remote;
pub mod runs;
pub mod sandbox;
pub mod sandbox_demo;
mod sandbox_ids;
mod sandbox_page;
pub mod sandbox_run;
pub mod sandbox_times;
pub mod sandbox_up;

use std::path::{Path, PathBuf};

/// The target of events that say why a command waits: the program shows those warnings to the person.
pub const PAUSES: &str = devops_client::PAUSES;

/// An operation on the machine that failed: what, where, why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}: {why}", path.display())]
pub struct EdgeError {
    /// What was tried, as a verb.
    pub operation: &'static str,
    /// On what.
    pub path: PathBuf,
    /// Why it failed.
    pub why: String,
}

impl EdgeError {
    /// An error with its cause in words.
    pub fn new(operation: &'static str, path: &Path, why: impl ToString) -> Self {
        Self { operation, path: path.to_owned(), why: why.to_string() }
    }
}
