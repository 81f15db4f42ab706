//! View of `infra/modules/events.bicep`: which events start which pipelines.

use serde::Serialize;

use crate::project::Project;

/// View of the module.
#[derive(Debug, Serialize)]
pub(super) struct EventsView {
    /// Whether new data starts a retraining.
    new_data: bool,
}

pub(super) fn view(project: &Project) -> EventsView {
    EventsView { new_data: project.training.on_new_data.is_some() }
}
