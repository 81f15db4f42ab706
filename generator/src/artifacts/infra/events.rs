//! View of `infra/modules/events.bicep`: which events start which pipelines.

use serde::Serialize;

use super::environment::has_alerts;
use crate::project::Project;
use crate::project::network::Network;

/// Minutes after the first of several files in which the others belong to the same retraining. The run waits as long
/// before it looks at the data.
pub const WINDOW_MINUTES: u32 = 15;

/// Whether events start pipelines. In a private network they reach nobody, and pipelines look for work themselves.
pub fn start_pipelines(project: &Project) -> bool {
    project.network == Network::Public
}

/// View of the module.
#[derive(Debug, Serialize)]
pub(super) struct EventsView {
    /// Whether new data starts a retraining.
    new_data: bool,
    /// Whether somebody hears of what fails.
    alerts: bool,
    /// Minutes in which many files are one run.
    window_minutes: u32,
}

pub(super) fn view(project: &Project) -> EventsView {
    EventsView {
        new_data: project.training.on_new_data.is_some(),
        alerts: has_alerts(project),
        window_minutes: WINDOW_MINUTES,
    }
}
