//! `ml/jobs/drift.yml`: the job that holds the scoring log against the released model's training rows.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::{Artifact, Language};
use super::names;
use super::number::number;
use super::pipelines::{Tag, logs_address, project_tags};
use crate::project::Project;

/// Longest run time of the job, in minutes.
pub(crate) const DRIFT_MINUTES: u32 = 60;

/// View of `ml/jobs/drift.yml`.
#[derive(Debug, Serialize)]
struct DriftView<'a> {
    /// Name of the job in the studio.
    display_name: String,
    /// Name of the experiment.
    experiment: &'a str,
    /// Tags of the project.
    tags: Vec<Tag<'a>>,
    /// The cluster.
    compute: String,
    /// Environment that it runs in.
    environment: String,
    /// Address of the scoring logs.
    scoring_logs_path: String,
    /// The newest model, until a run says which.
    model: String,
    /// How its program is called.
    program: Fragment,
    /// Days of the log.
    days: u32,
    /// Rows without which nothing is said.
    min_rows: u32,
    /// Greatest stability index.
    psi: Fragment,
    /// Greatest growth of the missing share.
    missing: Fragment,
    /// Greatest share of unknown levels.
    unseen: Fragment,
    /// Longest run time, in seconds.
    timeout_seconds: u32,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let Some(drift) = &project.monitoring.drift else { return Vec::new() };
    let Some(environment) = project.environments.iter().find(|one| one.name == drift.environment) else {
        return Vec::new();
    };
    let view = DriftView {
        display_name: format!("{} drift", project.name),
        experiment: project.name.as_str(),
        tags: project_tags(project),
        compute: format!("azureml:{}", project.training.compute.name),
        environment: names::latest(names::environment(project)),
        scoring_logs_path: logs_address(environment),
        model: names::latest(&project.model.name),
        program: names::program(project, "drift"),
        days: drift.days,
        min_rows: drift.min_rows,
        psi: number(drift.psi),
        missing: number(drift.missing),
        unseen: number(drift.unseen),
        timeout_seconds: DRIFT_MINUTES * 60,
    };
    let file = "ml/jobs/drift.yml";
    vec![Artifact::template(file, Language::Yaml, file, view).because(&[
        "project",
        "model.name",
        "model.runtime",
        "training.compute",
        "environments",
        "monitoring.drift",
    ])]
}
