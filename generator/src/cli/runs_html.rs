//! `mlops-gen runs show RUN --html FILE`.

use std::collections::BTreeMap;
use std::path::Path;

use azure_pipelines::template::{Knowledge, Request, expand};
use jiff::Timestamp;
use mlops_gen::edge::disk;
use mlops_gen::edge::pipeline_files::PipelineFiles;
use mlops_gen::remote::runs::log::clean;
use mlops_gen::remote::runs::page::{Known, file};
use mlops_gen::remote::runs::timeline::Level;
use pipeline_runner::Plan;
use serde_json::json;

use super::args_run::OneRun;
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;
use super::runs::{At, block_on};

/// Writes a page that shows the run, with the logs of its steps.
pub(super) fn write(run: &OneRun, path: &Path, output: Output) -> Result<Outcome, Failure> {
    let at = At::new(&run.spec)?;
    let (found, timeline, waiting, artifacts, (tests, coverage), logs) = block_on(async {
        let (found, timeline, waiting, artifacts) = futures::try_join!(
            at.runs.get(run.id),
            at.runs.timeline(run.id),
            at.runs.approvals(Some(run.id)),
            at.runs.artifacts(run.id)
        )?;
        let mut logs = BTreeMap::new();
        let steps = timeline.parts().iter().filter(|part| part.level == Level::Step);
        for log in steps.filter_map(|part| part.log) {
            let text = at.runs.log(run.id, log).await?;
            logs.insert(log, text.lines().map(|line| clean(line) + "\n").collect::<String>());
        }
        // what cannot be read of them is not worth a page
        let tests = at.runs.tests(run.id).await.unwrap_or_else(|error| {
            output.say(&format!("the page is without results of tests: {error}"));
            Default::default()
        });
        Ok((found, timeline, waiting, artifacts, tests, logs))
    })?;
    let pipeline = run.spec.spec.with_file_name("pipelines").join(format!("{}.yml", found.pipeline));
    let known = Known {
        run: &found,
        timeline: &timeline,
        waiting: &waiting,
        artifacts: &artifacts,
        tests: &tests,
        coverage: &coverage,
        logs: &logs,
        after: &after(&pipeline).unwrap_or_default(),
    };
    disk::write(path, file(&known, Timestamp::now()).as_bytes())?;
    match output.is_json() {
        true => output.data(&json!({ "html": path, "run": found })),
        false => output.say(&format!("run {} as a page is in {}", run.id, path.display())),
    }
    Ok(Outcome::Clean)
}

/// Which stages each stage of a rendered pipeline comes after; `None` where the file is not there, or is no pipeline by now.
fn after(pipeline: &Path) -> Option<BTreeMap<String, Vec<String>>> {
    let files = PipelineFiles::open(pipeline).ok()?;
    let root = files.pipeline().ok()?;
    let expanded = expand(&Request {
        root: &root,
        path: &files.path,
        files: &files,
        parameters: Some(Vec::new()),
        payloads: Vec::new(),
        variables: Vec::new(),
        knowledge: Knowledge::Files,
    });
    let plan = Plan::of(&expanded).ok()?;
    Some(plan.stages.into_iter().map(|stage| (stage.name, stage.depends)).collect())
}
