//! `build.yml` and `pull-request.yml`, and the jobs that both run.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::project::rust::crate_name;
use super::super::{Artifact, ml};
use super::common::{Head, Lies, PlaceView, all_ids, places, vault_groups};
use super::file::yaml;
use super::tasks::{TASKS, Tasks};
use crate::project::Project;
use crate::project::data::DataSource;
use crate::project::model::Runtime;
use crate::project::variables::PipelineKind;

/// View of `pipelines/build.yml`.
#[derive(Debug, Serialize)]
struct BuildView<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// The data in the repository, if it is there.
    data_path: Option<&'a str>,
    /// Data asset.
    data_asset: &'a str,
    /// The callable retraining endpoint.
    training_endpoint: &'a str,
    /// Groups of a vault, which only the publishing stage links.
    vault_groups: Vec<&'a str>,
    /// Ids that the Azure ML files leave open.
    ids: Vec<Fragment>,
}

/// View of `pipelines/pull-request.yml`.
#[derive(Debug, Serialize)]
struct PullRequestView<'a> {
    #[serde(flatten)]
    head: Head<'a>,
}

/// View of `pipelines/templates/jobs/tests.yml`.
#[derive(Debug, Serialize)]
struct TestsView<'a> {
    #[serde(flatten)]
    lies: Lies<'a>,
    /// Versions of tasks.
    tasks: Tasks,
    /// Whether programs are Rust's.
    rust: bool,
    /// The data in the repository, if it is there.
    data_path: Option<&'a str>,
    /// Package of the programs.
    package: String,
}

/// View of `pipelines/templates/jobs/validate-infrastructure.yml`.
#[derive(Debug, Serialize)]
struct ValidateView<'a> {
    #[serde(flatten)]
    lies: Lies<'a>,
    /// Platform and environments.
    places: Vec<PlaceView<'a>>,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let data_path = match &project.data.source {
        DataSource::Repository(path) => Some(path.as_str()),
        DataSource::Remote(_) => None,
    };
    let build = BuildView {
        head: Head::new(project, PipelineKind::Build),
        data_path,
        data_asset: project.data.asset.as_str(),
        training_endpoint: project.training.endpoint.as_str(),
        vault_groups: vault_groups(project, PipelineKind::Build),
        ids: all_ids(project),
    };
    let tests = TestsView {
        lies: Lies::of(project),
        tasks: TASKS,
        rust: project.model.runtime == Runtime::Rust,
        data_path,
        package: match project.model.runtime {
            Runtime::Rust => crate_name(project),
            Runtime::Python => ml::names::package(project),
        },
    };
    vec![
        yaml("pipelines/build.yml", build).because(&[
            "azure",
            "devops",
            "data.asset",
            "data.path",
            "training.endpoint",
            "variableGroups",
        ]),
        yaml("pipelines/pull-request.yml", PullRequestView { head: Head::new(project, PipelineKind::PullRequest) })
            .because(&["devops", "variableGroups"]),
        yaml("pipelines/templates/jobs/tests.yml", tests).because(&["project.name", "model.runtime", "data.path"]),
        yaml(
            "pipelines/templates/jobs/validate-infrastructure.yml",
            ValidateView { lies: Lies::of(project), places: places(project) },
        )
        .because(&["azure", "environments"]),
    ]
}
