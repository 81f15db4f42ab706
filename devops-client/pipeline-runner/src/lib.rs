#![doc = include_str!("../README.md")]

#[cfg(not(unix))]
compile_error!(
    "pipeline-runner works on Unix alone: it needs process groups, signals and sockets of files; build for Linux"
);

mod agents;
mod cancel;
mod commands;
mod conditions;
mod files;
mod host;
mod job;
mod mask;
mod moments;
mod number;
mod outcome;
mod plan;
mod predefined;
mod process;
mod python;
mod results;
mod schedule;
mod settings;
mod tasks;
mod variables;

pub use agents::Agents;
pub use cancel::Cancel;
pub use files::matches as path_matches;
pub use host::{Artifact, Connection, Event, Gate, Host, Secret, Validation, Verdict, Where};
pub use number::build_number;
pub use outcome::Outcome;
pub use plan::{Hook, Job, Matrix, Plan, Stage, Step, Variable, Work};
pub use python::{Python, python};
pub use results::{Coverage, Tests};
pub use schedule::{Ended, run};
pub use settings::{Facts, Patience, Settings, Source};
pub use tasks::{canary_pods, known as known_tasks};
pub use variables::{Value, Variables};
