//! What the steps read: one file or a folder, the data asset alone or what is gathered besides.

use super::names;
use crate::project::Project;
use crate::project::data::{DataFile, DataSource};

/// `uri_folder` or `uri_file`: what the data asset is.
pub(super) fn data_type(project: &Project) -> &'static str {
    let (DataSource::Repository(path) | DataSource::Remote(path)) = &project.data.source;
    if DataFile::of(path).is_some() { "uri_file" } else { "uri_folder" }
}

/// `uri_folder` or `uri_file`: what the steps read, which is a folder where more than the asset was gathered.
pub(super) fn step_data_type(project: &Project) -> &'static str {
    if gathered(project) { "uri_folder" } else { data_type(project) }
}

/// Whether there is more to learn from than the data asset.
pub(super) fn gathered(project: &Project) -> bool {
    project.training.scoring_logs.is_some() || incoming(project).is_some()
}

/// Address of the folder in which new data arrives, unless the data asset is that folder already.
pub(super) fn incoming(project: &Project) -> Option<String> {
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
