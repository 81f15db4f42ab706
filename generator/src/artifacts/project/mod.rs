//! The project itself: README, settings of the repository, and the model code for the chosen runtime.

mod cargo_lock;
mod example;
mod model_source;
mod python;
mod readme;
mod repository;
pub(super) mod rust;
mod sample_data;

use super::{Artifact, ml};
use crate::project::Project;
use crate::project::data::{DataFile, DataSource};
use crate::project::model::Runtime;
use example::{DIABETES, is_example};

/// Where rows come from that stand in for a team's own: whoever has put others into such a file has data of his own there.
pub const STAND_INS: [&str; 2] = ["model/data/diabetes.csv", "a made-up sample"];

/// The name of a made-up sample in a folder of data.
pub const SAMPLE: &str = "sample.csv";

/// The files of the project itself.
pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let code = match project.model.runtime {
        Runtime::Rust => rust::artifacts(project),
        Runtime::Python if project.scoring.native => {
            python::artifacts(project).into_iter().chain(rust::server()).collect()
        }
        Runtime::Python => python::artifacts(project),
    };
    repository::artifacts(project)
        .into_iter()
        .chain([readme::artifact(project)])
        .chain(code)
        .chain(data(project))
        .chain([example_request(project)])
        .collect()
}

/// The data that the spec names: the worked example's own, or a made-up sample for the team to replace.
fn data(project: &Project) -> Option<Artifact> {
    let DataSource::Repository(path) = &project.data.source else { return None };
    let because = &["data.path", "data.columns", "data.target", "data.csv"];
    if is_example(project) && path.ends_with(".csv") {
        return Some(Artifact::verbatim(path, STAND_INS[0], DIABETES).seed().because(because));
    }
    let csv = project.data.csv;
    let (file, delimiter) = match DataFile::of(path) {
        Some(DataFile::Csv) => (path.clone(), csv.delimiter),
        Some(DataFile::Tsv) => (path.clone(), '\t'),
        // Not a file that can be made up here.
        Some(DataFile::Parquet) => return None,
        None => (format!("{}/{SAMPLE}", path.trim_end_matches('/')), csv.delimiter),
    };
    let sample = sample_data::encode(&sample_data::text(&project.data, &project.model.task, delimiter), csv.encoding);
    Some(Artifact::verbatim(&file, STAND_INS[1], sample).seed().because(because))
}

/// The contract's example as callers send it.
fn example_request(project: &Project) -> Artifact {
    let mut text = serde_json::json!({ "data": ml::rows(&project.scoring.contract.request) }).to_string();
    text.push('\n');
    Artifact::verbatim("data/example-request.json", "scoring.contract", text.into_bytes())
        .because(&["scoring.contract"])
}
