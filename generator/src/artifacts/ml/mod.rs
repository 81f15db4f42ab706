//! Azure Machine Learning: components, pipelines, jobs, environments, compute, data, schedules and endpoints.

mod assets;
mod components;
mod contract;
mod drift;
mod endpoints;
mod lineage;
pub mod names;
mod pipelines;
mod schedules;
#[cfg(test)]
mod tests;

use super::Artifact;
use super::fragment::Fragment;
use crate::project::Project;
use crate::project::data::{DataFile, DataSource};

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

/// A number that every YAML reader takes for one: no exponent.
fn number(value: f64) -> Fragment {
    Fragment::new(format!("{value}"))
}

/// `uri_folder` or `uri_file`: what the data asset is.
fn data_type(project: &Project) -> &'static str {
    let (DataSource::Repository(path) | DataSource::Remote(path)) = &project.data.source;
    if DataFile::of(path).is_some() { "uri_file" } else { "uri_folder" }
}

/// `uri_folder` or `uri_file`: what the steps read, which is a folder where more than the asset was gathered.
fn step_data_type(project: &Project) -> &'static str {
    if gathered(project) { "uri_folder" } else { data_type(project) }
}

/// Whether there is more to learn from than the data asset.
fn gathered(project: &Project) -> bool {
    project.training.scoring_logs.is_some() || incoming(project).is_some()
}

/// Address of the folder in which new data arrives, unless the data asset is that folder already.
fn incoming(project: &Project) -> Option<String> {
    let new_data = project.training.on_new_data.as_ref()?;
    let folder = new_data.folder();
    let datastore = names::datastore(&new_data.container);
    let watched = [
        format!("/datastores/{datastore}/paths/{folder}"),
        format!("{}.blob.core.windows.net/{}/{folder}", project.platform.storage, new_data.container),
    ];
    let is_watched =
        |asset: &str| watched.iter().any(|end| asset.trim_end_matches('/').ends_with(end.trim_end_matches('/')));
    match &project.data.source {
        DataSource::Remote(asset) if is_watched(asset) => None,
        _ => Some(format!("azureml://datastores/{datastore}/paths/{folder}")),
    }
}
