//! `mlops-gen status`: the whole project at a glance.

use jiff::Timestamp;
use mlops_gen::artifacts;
use mlops_gen::project::Project;
use mlops_gen::project::variables::PipelineKind;
use mlops_gen::remote::runs::status;
use serde_json::json;

use super::args_run::{SpecFile, Status};
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;
use super::recursive;
use super::runs::{At, block_on};

pub(super) fn run(options: &Status, output: Output) -> Result<Outcome, Failure> {
    match options.below.folder(None)? {
        Some(folder) => recursive::each(folder, output, |spec| one(&SpecFile { spec: spec.to_owned() }, output)),
        None => one(&options.spec, output),
    }
}

fn one(spec: &SpecFile, output: Output) -> Result<Outcome, Failure> {
    let at = At::new(spec)?;
    let kinds = kinds(&at.project);
    let status = block_on(async { Ok(at.runs.status(&at.project, &kinds).await?) })?;
    if output.is_json() {
        output.data(&json!({ "status": status }));
    } else {
        output.text(&status::text(&status, Timestamp::now()));
    }
    Ok(Outcome::Clean)
}

/// The pipelines that the project renders, in the order in which a model meets them.
fn kinds(project: &Project) -> Vec<PipelineKind> {
    let plan = artifacts::plan(project);
    let rendered = |kind: &PipelineKind| {
        let path = format!("pipelines/{}.yml", kind.as_str());
        plan.iter().any(|artifact| artifact.path.as_str() == path)
    };
    let all = [
        PipelineKind::Infrastructure,
        PipelineKind::Build,
        PipelineKind::Retrain,
        PipelineKind::Release,
        PipelineKind::Drift,
        PipelineKind::Cleanup,
        PipelineKind::PullRequest,
    ];
    all.into_iter().filter(rendered).collect()
}
