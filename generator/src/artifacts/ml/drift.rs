//! `ml/jobs/drift.yml`: the job that holds the scoring log against the released model's training rows.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::super::{Artifact, Language};
use super::names;
use super::number::number;
use super::pipelines::{Tag, logs_address, project_tags};
use crate::project::Project;
use crate::project::metric::Floor;
use crate::project::monitoring::Outcomes;
use crate::project::name::ColumnName;

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
    /// What turned out to be true, if it is looked at.
    outcomes: Option<OutcomesView>,
    /// Longest run time, in seconds.
    timeout_seconds: u32,
}

/// What turned out to be true.
#[derive(Debug, Serialize)]
struct OutcomesView {
    /// Address of the files.
    path: String,
    /// What the metric is and what it is held against, as flags.
    flags: Fragment,
    /// Variables that hold the columns of the key, each with its value and how the command reads it.
    key: Vec<KeyView>,
}

/// A column of the key, handed on through the environment so that no shell reads its name.
#[derive(Debug, Serialize)]
struct KeyView {
    /// Name of the variable.
    variable: Fragment,
    /// The column.
    column: String,
    /// How the command reads it.
    word: Fragment,
}

impl OutcomesView {
    fn new(outcomes: &Outcomes) -> Self {
        let limit = outcomes.limit.map(|limit| match limit {
            Floor::Minimum(value) => format!("--minimum={}", number(value).as_str()),
            Floor::Maximum(value) => format!("--maximum={}", number(value).as_str()),
        });
        let worse = outcomes.worse.map(|worse| format!("--worse={}", number(worse).as_str()));
        let first = [
            format!("--metric {}", outcomes.metric.as_str()),
            format!("--outcome-days {}", outcomes.days),
            format!("--outcome-rows {}", outcomes.min_rows),
        ];
        let flags: Vec<String> = first.into_iter().chain(limit).chain(worse).collect();
        let key = |(index, column): (usize, &ColumnName)| {
            let variable = format!("OUTCOME_KEY_{}", index + 1);
            KeyView {
                word: Fragment::new(format!("--key=\"${variable}\"")),
                variable: Fragment::new(variable),
                column: column.to_string(),
            }
        };
        Self {
            path: format!("azureml://datastores/{}/paths/", names::datastore(&outcomes.container)),
            flags: Fragment::new(flags.join(" ")),
            key: outcomes.key.iter().enumerate().map(key).collect(),
        }
    }
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
        outcomes: drift.outcomes.as_ref().map(OutcomesView::new),
        timeout_seconds: DRIFT_MINUTES * 60,
    };
    let file = "ml/jobs/drift.yml";
    vec![Artifact::template(file, Language::Yaml, file, view).because(&[
        "project",
        "model.name",
        "model.runtime",
        "model.metric",
        "training",
        "environments",
        "monitoring.drift",
    ])]
}
