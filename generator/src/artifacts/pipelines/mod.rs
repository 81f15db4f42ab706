//! Azure Pipelines: six pipelines, the templates and scripts that they share, and the smoke test.

pub mod agents;
#[cfg(test)]
pub(crate) mod cases;
mod checks;
mod cleanup;
mod common;
mod drift;
mod file;
mod infrastructure;
mod release;
mod retrain;
mod scripts;
pub mod tasks;
#[cfg(test)]
mod tests;

use super::Artifact;
use crate::project::Project;

/// Every file under `pipelines/`, and `tests/smoke/`.
pub fn artifacts(project: &Project) -> Vec<Artifact> {
    let mut files = checks::artifacts(project);
    files.extend(retrain::artifacts(project));
    files.extend(release::artifacts(project));
    files.extend(infrastructure::artifacts(project));
    files.extend(cleanup::artifacts(project));
    files.extend(drift::artifacts(project));
    files.extend(common::artifacts(project));
    files.extend(scripts::artifacts(project));
    files
}
