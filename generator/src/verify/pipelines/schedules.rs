//! Schedules: each is a cron expression that the service takes, and names the branches that it builds.

use azure_pipelines::Node;
use azure_pipelines::model::Pipeline;

use super::super::Finding;
use super::files::finding;
use crate::project::training::Cron;

/// Checks the schedules of a pipeline.
pub fn check(pipeline: &Pipeline<'_>, findings: &mut Vec<Finding>) {
    for schedule in &pipeline.schedules {
        match schedule.cron {
            None => findings.push(finding(&schedule.node.place, "a schedule has a `cron`")),
            Some(cron) => {
                if let Err(message) = Cron::parse(Node::text(cron).unwrap_or_default()) {
                    findings.push(finding(&cron.place, message));
                }
            }
        }
        if schedule.branches.is_none() {
            findings.push(finding(&schedule.node.place, "a schedule names the branches that it builds"));
        }
    }
}
