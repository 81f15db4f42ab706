//! `batch:`

use super::azure::Namer;
use super::derive::Names;
use super::issues::Issues;
use super::training::{compute, lift, schedule, whole};
use crate::project::name::EndpointName;
use crate::project::scoring::BatchScoring;
use crate::project::training::{Runner, Schedule, Training};
use crate::spec::located::path::Path;
use crate::spec::{BatchSpec, RunnerSpec};

/// Scoring of whole files.
pub(super) fn check(
    batch: &BatchSpec,
    training: Option<&Training>,
    names: &Names,
    issues: &mut Issues,
) -> Option<BatchScoring> {
    let at = Path::root().key("batch");
    let own = batch.compute.as_ref().map(|c| compute(c, "batch-cluster", &at.key("compute"), "batch scoring", issues));
    let max_nodes = batch.compute.as_ref().map(|c| whole(c.max_nodes)).or(training.map(|t| t.compute.max_nodes));
    if let Some(max) = max_nodes.filter(|max| whole(batch.instances) > *max) {
        let message =
            format!("a job of {} instances never starts on a cluster of at most {max} nodes", batch.instances);
        issues.add(&at.key("instances"), message).about(at.key("compute"));
    }
    if batch.schedule.as_ref().is_some_and(|s| s.runner == Some(RunnerSpec::AzurePipelines)) {
        let message = "batch scoring is started by Azure ML, which keeps its clock too";
        issues.add(&at.keys(&["schedule", "runner"]), message).help("leave `runner` out");
    }
    let schedule = batch.schedule.as_ref().map(|s| schedule(s, &at.key("schedule"), issues));
    let schedule = schedule.map(|s| s.map(|s| Schedule { runner: Runner::AzureMl, ..s }));
    let mut namer =
        Namer { issues, at: &at, fallback: Path::root().keys(&["project", "name"]), owner: "batch scoring".to_owned() };
    let endpoint = namer.get("endpoint", &batch.endpoint, names.global("batch", 32), EndpointName::parse);
    namer.claim("endpoint", "endpoint", endpoint.as_ref().map(EndpointName::as_str), batch.endpoint.is_some());
    Some(BatchScoring {
        endpoint: endpoint?,
        compute: match own {
            None => training?.compute.clone(),
            Some(own) => own?,
        },
        mini_batch_size: whole(batch.mini_batch_size),
        instances: whole(batch.instances),
        schedule: lift(schedule)?,
    })
}
