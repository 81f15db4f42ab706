//! Build validation: a pull request into the default branch merges only when the pull-request pipeline is green.

use serde_json::json;

use super::Wanted;
use crate::remote::resource::{Key, Kind, Resource};

/// The pipeline that validates.
pub const PIPELINE: &str = "pull-request";

/// What the name of the policy's key ends in.
pub const SUFFIX: &str = "/build-validation";

/// The policy, where the project has the pipeline.
///
/// Every file of the project counts: data, code, infrastructure and pipelines are all validated. A project in a folder of
/// its repository leaves the others alone.
/// (Fields: document policy, settings of build validation after the Terraform provider azuredevops.)
pub(super) fn desired(wanted: &Wanted<'_>) -> Option<Resource> {
    let devops = &wanted.project.devops;
    let branch = devops.branch.as_str();
    wanted.tree.get(&format!("pipelines/{PIPELINE}.yml"))?;
    let patterns: Vec<String> =
        (!devops.directory.is_top()).then(|| format!("/{}/*", devops.directory.as_str())).into_iter().collect();
    let policy = Resource::new(Kind::BranchPolicy, [branch, SUFFIX].concat())
        .field("isEnabled", true)
        .field("isBlocking", true)
        .field("settings.pipeline", PIPELINE)
        .field("settings.displayName", display_name(wanted))
        .field("settings.manualQueueOnly", false)
        .field("settings.queueOnSourceUpdateOnly", true)
        .field("settings.validDuration", 720.0)
        .field("settings.filenamePatterns", json!(patterns))
        .needs(Key::new(Kind::Repository, devops.repository.as_str()))
        .needs(Key::new(Kind::Files, branch))
        .needs(Key::new(Kind::Pipeline, PIPELINE));
    Some(policy)
}

/// As it is shown on a pull request.
fn display_name(wanted: &Wanted<'_>) -> String {
    format!("{}: {PIPELINE}", wanted.project.name)
}
