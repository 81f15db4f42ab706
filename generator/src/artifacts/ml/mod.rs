//! Azure Machine Learning: components, pipelines, jobs, environments, compute, data, schedules and endpoints.

mod assets;
mod components;
mod contract;
mod drift;
mod endpoints;
mod input;
mod lineage;
pub mod names;
mod number;
mod pipelines;
mod schedules;
mod sweep;
#[cfg(test)]
mod tests;

use super::Artifact;
use crate::project::Project;

pub(crate) use contract::{cell, document as data_contract, rows};
pub(crate) use drift::DRIFT_MINUTES;

/// Every file under `ml/`, and the data contract.
pub fn artifacts(project: &Project) -> Vec<Artifact> {
    let mut files = vec![contract::artifact(project)];
    files.extend(assets::artifacts(project));
    files.extend(components::artifacts(project));
    files.extend(pipelines::artifacts(project));
    files.extend(drift::artifacts(project));
    files.extend(schedules::artifacts(project));
    files.extend(endpoints::artifacts(project));
    files
}
