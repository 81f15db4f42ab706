//! `retrain.yml`: trains, compares, registers.

use serde::Serialize;

use super::super::Artifact;
use super::super::fragment::Fragment;
use super::super::infra::WINDOW_MINUTES;
use super::super::parameters::{self, TrainingInput};
use super::common::{Head, LOOK_CRON, looks};
use super::file::yaml;
use crate::project::Project;
use crate::project::devops::Agent;
use crate::project::training::{Runner, Schedule};
use crate::project::variables::PipelineKind;

/// Minutes beside the training job itself: tools, the report.
const MARGIN_MINUTES: u32 = 30;

/// Minutes for which a job may wait for nodes and for the first build of its image, which is no training.
const QUEUE_MINUTES: u32 = 90;

/// The longest that a job may run on a hosted agent (Azure Pipelines, job time-outs).
const HOSTED_LIMIT_MINUTES: u32 = 360;

/// View of `pipelines/retrain.yml`.
#[derive(Debug, Serialize)]
struct RetrainView<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// Parameters of the algorithm.
    parameters: Vec<TrainingInput>,
    /// When to run by the clock.
    schedules: Vec<ScheduleView<'a>>,
    /// Longest run time of the job, in minutes.
    timeout_minutes: u32,
    /// Longest time that the training job may train, in minutes.
    training_minutes: u32,
    /// Longest wait for it, in minutes.
    wait_minutes: u32,
    /// Data asset.
    data_asset: &'a str,
    /// The callable retraining endpoint.
    training_endpoint: &'a str,
    /// Minutes to wait for further files where new data starts a run, as text of a task's input.
    settle_minutes: Option<String>,
    /// Where it looks for new data itself.
    look: Option<LookView<'a>>,
}

/// Name of the schedule that looks for new data.
const LOOK: &str = "Look for new data";

/// A look for new data, where no event tells of them.
#[derive(Debug, Serialize)]
struct LookView<'a> {
    /// Its schedule's name, as a string of an expression.
    quoted_name: Fragment,
    storage: &'a str,
    container: &'a str,
    prefix: String,
}

/// A schedule of Azure Pipelines, in UTC.
#[derive(Debug, Serialize)]
struct ScheduleView<'a> {
    /// Its name.
    name: &'a str,
    /// Cron expression.
    cron: &'a str,
    /// Whether to run even if the source has not changed.
    always: bool,
}

impl<'a> ScheduleView<'a> {
    fn new(schedule: &'a Schedule) -> Self {
        Self { name: schedule.name.as_str(), cron: schedule.cron.as_str(), always: schedule.always }
    }
}

pub(super) fn artifacts(project: &Project) -> Vec<Artifact> {
    let training = &project.training;
    let wanted = training.timeout_minutes.saturating_add(QUEUE_MINUTES + MARGIN_MINUTES);
    let timeout_minutes = match project.devops.agent {
        Agent::Hosted { .. } => wanted.min(HOSTED_LIMIT_MINUTES),
        Agent::Pool { .. } => wanted,
    };
    let look = training.on_new_data.as_ref().filter(|_| looks(project)).map(|new| LookView {
        quoted_name: Fragment::new(format!("'{LOOK}'")),
        storage: project.platform.storage.as_str(),
        container: new.container.as_str(),
        prefix: new.folder(),
    });
    let view = RetrainView {
        head: Head::new(project, PipelineKind::Retrain),
        parameters: parameters::inputs(project),
        schedules: training
            .schedules
            .iter()
            .filter(|schedule| schedule.runner == Runner::AzurePipelines)
            .map(ScheduleView::new)
            .chain(look.as_ref().map(|_| ScheduleView { name: LOOK, cron: LOOK_CRON, always: true }))
            .collect(),
        look,
        timeout_minutes,
        // The wait ends before the agent is taken away, so that the job can still be cancelled.
        training_minutes: training.timeout_minutes.min(timeout_minutes - MARGIN_MINUTES / 2),
        wait_minutes: timeout_minutes - MARGIN_MINUTES / 2,
        data_asset: project.data.asset.as_str(),
        training_endpoint: training.endpoint.as_str(),
        // Longer than events count as one: whoever came late finds the claim over, and starts the next run.
        settle_minutes: training
            .on_new_data
            .as_ref()
            .filter(|_| !looks(project))
            .map(|_| (WINDOW_MINUTES + 1).to_string()),
    };
    vec![yaml("pipelines/retrain.yml", view).because(&[
        "azure",
        "devops",
        "data.asset",
        "model.algorithm",
        "model.parameters",
        "model.search",
        "training.schedules",
        "training.onNewData",
        "network",
        "training.timeoutMinutes",
        "variableGroups",
    ])]
}
