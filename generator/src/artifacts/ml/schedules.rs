//! Schedules of Azure ML.

use serde::Serialize;

use super::super::{Artifact, Language};
use super::names;
use crate::project::Project;
use crate::project::training::{Runner, Schedule};

/// View of `ml/schedules/retrain.yml` and `ml/schedules/score-batch.yml`.
#[derive(Debug, Serialize)]
struct ScheduleView<'a> {
    /// The rendered file.
    file: String,
    /// Name of the schedule.
    name: String,
    /// Name in the studio.
    display_name: String,
    /// Cron expression of five fields.
    cron: &'a str,
    /// The callable retraining endpoint, by which the build pipeline knows its schedules.
    training_endpoint: &'a str,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let training = project.training.schedules.iter().filter(|schedule| schedule.runner == Runner::AzureMl);
    let mut files: Vec<Artifact> = training
        .map(|schedule| artifact(project, schedule, "ml/schedules/retrain.yml", "retraining", "training"))
        .collect();
    let batch = project.batch.iter().filter_map(|batch| batch.schedule.as_ref());
    files.extend(batch.map(|schedule| {
        artifact(project, schedule, "ml/schedules/score-batch.yml", "batch scoring", "batch.schedule")
    }));
    files
}

fn artifact(
    project: &Project,
    schedule: &Schedule,
    template: &'static str,
    what: &str,
    because: &'static str,
) -> Artifact {
    let file = format!("ml/schedules/{}.yml", names::stem(schedule.name.as_str()));
    let view = ScheduleView {
        file: file.clone(),
        name: format!("{}-{}", project.name, schedule.name),
        display_name: format!("{} {what}: {}", project.name, schedule.name),
        cron: schedule.cron.as_str(),
        training_endpoint: project.training.endpoint.as_str(),
    };
    Artifact::template(&file, Language::Yaml, template, view).because(&["project.name", because])
}
