//! Dockerfiles: the scoring image and the image of the training jobs, for either runtime.

mod images;
pub mod scoring;
pub mod settings;
#[cfg(test)]
mod tests;
mod training;

use serde::Serialize;

use super::fragment::Fragment;
use super::project::rust::crate_name;
use super::{Artifact, Language};
use crate::project::Project;
use crate::project::model::Runtime;

/// Every file under `docker/`, and the ignore files that go with them.
pub fn artifacts(project: &Project) -> Vec<Artifact> {
    let mut files = scoring::artifacts(project);
    files.extend(training::artifacts(project));
    files.extend(ignore_files(project));
    files
}

/// View of an ignore file that names what is kept.
#[derive(Debug, Serialize)]
struct IgnoreView {
    /// Patterns, in order: the last one that matches a path decides, and `!` keeps it.
    patterns: Vec<Fragment>,
}

/// `.dockerignore` and `.amlignore`: both build from the repository's root.
fn ignore_files(project: &Project) -> Vec<Artifact> {
    let folder = crate_name(project);
    let (sources, results): (&[&str], &[&str]) = match project.model.runtime {
        Runtime::Rust => (&["Cargo.toml", "Cargo.lock", "model", folder.as_str()], &["**/target"]),
        Runtime::Python => (&["pyproject.toml", "requirements*.txt", "src"], &["**/__pycache__", "**/*.egg-info"]),
    };
    let server: &[&str] = if project.scoring.native { &["Cargo.toml", "Cargo.lock", "model"] } else { &[] };
    let view = |kept: &[&str], dropped: &[&str]| {
        let kept = sources.iter().chain(kept).map(|path| format!("!{path}"));
        let dropped = results.iter().chain(dropped).map(|pattern| (*pattern).to_owned());
        IgnoreView { patterns: kept.chain(dropped).map(Fragment::new).collect() }
    };
    let results_of_server: &[&str] = if project.scoring.native { &["**/target"] } else { &[] };
    let docker = view(&[&["data/data-contract.json", scoring::MODEL_FILES], server].concat(), results_of_server);
    // Azure ML looks at a folder before it looks at what is in it, so a file is kept through its folder.
    let aml = view(&["data", "docker"], &["data/*", "!data/data-contract.json", "docker/scoring"]);
    let file = |path, template, view| {
        Artifact::template(path, Language::Lines, template, view).because(&[
            "project.name",
            "model.runtime",
            "scoring.serving",
        ])
    };
    vec![file(".dockerignore", "docker/dockerignore", docker), file(".amlignore", "ml/amlignore", aml)]
}
