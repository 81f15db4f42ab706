//! The project itself: README, settings of the repository, and the model code for the chosen runtime.

mod cargo_lock;
mod model_source;
mod python;
mod readme;
mod repository;
pub(super) mod rust;

use super::Artifact;
use crate::project::Project;
use crate::project::model::Runtime;

/// The diabetes data set of scikit-learn (442 rows), for projects that start from the worked example.
const DIABETES: &[u8] = include_bytes!("../../../../model/data/diabetes.csv");

/// The files of the project itself.
pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let code = match project.model.runtime {
        Runtime::Rust => rust::artifacts(project),
        Runtime::Python => python::artifacts(project),
    };
    repository::artifacts(project).into_iter().chain([readme::artifact(project)]).chain(code).chain(data(project)).chain([example_request(project)]).collect()
}

/// The data of the worked example, where the spec is about it.
fn data(project: &Project) -> Option<Artifact> {
    let crate::project::data::DataSource::Repository(path) = &project.data.source else { return None };
    let header = DIABETES.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let columns: Vec<&str> = project.data.columns.iter().map(|column| column.name.as_str()).collect();
    let same = columns.join(",").as_bytes() == header.trim_ascii_end();
    let artifact = || Artifact::verbatim(path, "model/data/diabetes.csv", DIABETES).seed().because(&["data.path"]);
    (same && path.ends_with(".csv")).then(artifact)
}

/// The contract's example as callers send it.
fn example_request(project: &Project) -> Artifact {
    let mut text = serde_json::json!({ "data": project.scoring.contract.request }).to_string();
    text.push('\n');
    Artifact::verbatim("data/example-request.json", "scoring.contract", text.into_bytes()).because(&["scoring.contract"])
}
