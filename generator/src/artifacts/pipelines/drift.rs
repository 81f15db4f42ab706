//! `drift.yml`: holds scoring logs against training data by the clock, where the spec asks for it.

use serde::Serialize;

use super::super::Artifact;
use super::common::Head;
use super::file::yaml;
use crate::artifacts::ml::DRIFT_MINUTES;
use crate::project::Project;
use crate::project::variables::PipelineKind;

/// Minutes for which the job may wait for a node and for the first build of its image.
const QUEUE_MINUTES: u32 = 90;

/// Minutes beside the job itself: tools, the report.
const MARGIN_MINUTES: u32 = 30;

/// View of `pipelines/drift.yml`.
#[derive(Debug, Serialize)]
struct DriftView<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// When, in UTC.
    cron: &'a str,
    /// Days of the log.
    days: u32,
    /// Whether drift starts a retraining.
    retrain: bool,
    /// Longest run time of the pipeline's job, in minutes.
    timeout_minutes: u32,
    /// Longest time that the Azure ML job may run, in minutes.
    job_minutes: u32,
    /// Longest wait for it, in minutes.
    wait_minutes: u32,
    /// The callable retraining endpoint, which says what was published last.
    training_endpoint: &'a str,
    /// Application Insights of the platform.
    app_insights: &'a str,
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let Some(drift) = &project.monitoring.drift else { return Vec::new() };
    let timeout_minutes = DRIFT_MINUTES + QUEUE_MINUTES + MARGIN_MINUTES;
    let view = DriftView {
        head: Head::new(project, PipelineKind::Drift),
        cron: drift.cron.as_str(),
        days: drift.days,
        retrain: drift.retrain,
        timeout_minutes,
        job_minutes: DRIFT_MINUTES,
        // The wait ends before the agent is taken away, so that the job can still be cancelled.
        wait_minutes: timeout_minutes - MARGIN_MINUTES / 2,
        training_endpoint: project.training.endpoint.as_str(),
        app_insights: project.platform.app_insights.as_str(),
    };
    vec![yaml("pipelines/drift.yml", view).because(&["azure", "devops", "monitoring.drift", "variableGroups"])]
}
