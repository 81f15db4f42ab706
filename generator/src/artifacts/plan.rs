//! Every file of a project, area by area.

use super::{Artifact, docker, infra, kubernetes, ml, pipelines, project};
use crate::project::Project;

/// Every file of `project`, in no particular order.
pub fn plan(project: &Project) -> Vec<Artifact> {
    let areas: [fn(&Project) -> Vec<Artifact>; 6] = [
        docker::artifacts,
        infra::artifacts,
        kubernetes::artifacts,
        ml::artifacts,
        pipelines::artifacts,
        project::artifacts,
    ];
    areas.iter().flat_map(|area| area(project)).collect()
}
