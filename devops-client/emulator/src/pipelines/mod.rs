//! Pipelines: definitions, their YAML (parsed, expanded, checked), and runs that move through states.

pub mod api;
pub mod artifacts;
pub mod authorization;
pub mod builds;
pub mod builds_api;
pub mod conditions;
pub mod definition_body;
pub mod definitions;
pub mod expand;
pub mod gates;
pub mod logs;
pub mod model;
pub mod progress;
pub mod queue;
pub mod read;
pub mod records;
pub mod runs;
pub mod scripts;
pub mod tasks;
pub mod test_runs;
pub mod timeline;
pub mod triggers;
