//! `mlops-gen runs`: list, show, watch, logs, cancel, retry.

use std::io::Write as _;

use jiff::Timestamp;
use mlops_gen::edge::connect::Connection;
use mlops_gen::edge::project_dir;
use mlops_gen::edge::runs::{Runs, RunsError};
use mlops_gen::project::Project;
use mlops_gen::project::variables::PipelineKind;
use mlops_gen::remote::runs::log::clean;
use mlops_gen::remote::runs::timeline::{Level, Part, Timeline, approval};
use mlops_gen::remote::runs::tree::{Detail, headline};
use mlops_gen::remote::runs::{State, table, tree};
use serde_json::json;

use super::args_run::{OneRun, RunsCommand, SpecFile};
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;
use super::stages::nested;
use super::watch;

/// A project and the way to its runs.
pub(super) struct At {
    /// What the spec says.
    pub(super) project: Project,
    /// Its runs.
    pub(super) runs: Runs,
}

impl At {
    /// Reads the spec and connects to where it says, or where the environment says instead.
    pub(super) fn new(spec: &SpecFile) -> Result<Self, Failure> {
        let text = project_dir::read_spec(&spec.spec)?;
        let project = mlops_gen::load(&spec.spec.display().to_string(), &text)
            .map_err(|report| Failure::Spec(Box::new(report)))?;
        let connection = Connection::new(&project).map_err(|error| Failure::Services(vec![error.to_string()]))?;
        let runs = Runs::new(&project, &connection.devops);
        Ok(Self { project, runs })
    }
}

impl From<RunsError> for Failure {
    fn from(error: RunsError) -> Self {
        Self::Services(vec![error.to_string()])
    }
}

/// Runs asynchronous work to its end.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| Failure::Usage(format!("cannot start the runtime: {error}")))?.block_on(work)
}

pub(super) fn run(command: &RunsCommand, output: Output) -> Result<Outcome, Failure> {
    match command {
        RunsCommand::List { pipelines, top, spec } => {
            let kinds: Vec<PipelineKind> = pipelines.iter().map(|pipeline| pipeline.kind()).collect();
            let at = At::new(spec)?;
            let found = block_on(async { Ok(at.runs.list(&kinds, *top).await?) })?;
            match (output.is_json(), found.is_empty()) {
                (true, _) => output.data(&json!({ "runs": found })),
                (false, true) => output.say("no runs yet; `mlops-gen run build` starts one"),
                (false, false) => output.text(&table::runs(&found, Timestamp::now())),
            }
            Ok(Outcome::Clean)
        }
        RunsCommand::Show { run, .. } => show(run, output),
        RunsCommand::Watch { run, watching } => {
            let at = At::new(&run.spec)?;
            block_on(async {
                let found = at.runs.get(run.id).await?;
                watch::watch(&at.runs, found, *watching, output).await
            })
        }
        RunsCommand::Logs { run, step, failed } => logs(run, step.as_deref(), *failed, output),
        RunsCommand::Cancel(run) => cancel(run, output),
        RunsCommand::Retry { run, stage, all_jobs, watch, watching } => {
            let at = At::new(&run.spec)?;
            block_on(async {
                let outcome = retry(&at.runs, run.id, stage.as_deref(), *all_jobs, !watch, output).await?;
                if outcome == Outcome::Different || !watch {
                    return Ok(outcome);
                }
                let found = at.runs.get(run.id).await?;
                watch::watch(&at.runs, found, *watching, output).await
            })
        }
    }
}

fn show(run: &OneRun, output: Output) -> Result<Outcome, Failure> {
    let at = At::new(&run.spec)?;
    let (found, timeline, waiting) = block_on(async {
        Ok(futures::try_join!(at.runs.get(run.id), at.runs.timeline(run.id), at.runs.approvals(Some(run.id)))?)
    })?;
    if output.is_json() {
        output.data(&json!({ "run": found, "stages": nested(&timeline, None), "approvals": waiting }));
        return Ok(Outcome::Clean);
    }
    let now = Timestamp::now();
    let mut text = headline(&found, now);
    text.push('\n');
    let by = [("reason", &found.reason), ("by", &found.requested_by), ("at", &found.url)];
    for (name, value) in by.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        text.push_str(&format!("  {name}: {value}\n"));
    }
    for (name, value) in &found.parameters {
        text.push_str(&format!("  parameter {name}: {value}\n"));
    }
    for problem in &found.problems {
        text.push_str(&format!("  problem: {problem}\n"));
    }
    text.push_str(&tree::text(&timeline, Detail::Full, now));
    for pending in &waiting {
        text.push_str(&format!("{}\n", approval(pending)));
    }
    output.text(&text);
    Ok(Outcome::Clean)
}

fn logs(run: &OneRun, step: Option<&str>, failed: bool, output: Output) -> Result<Outcome, Failure> {
    let at = At::new(&run.spec)?;
    block_on(async {
        at.runs.get(run.id).await?;
        let timeline = at.runs.timeline(run.id).await?;
        let wanted = |part: &&Part| {
            let named = step.is_none_or(|text| timeline.path(part).to_lowercase().contains(&text.to_lowercase()));
            part.level == Level::Step && part.log.is_some() && named && (!failed || part.state == State::Failed)
        };
        let steps: Vec<&Part> = in_order(&timeline).into_iter().filter(wanted).collect();
        if steps.is_empty() {
            output.say("no such logs: nothing has written yet, or no step fits");
        }
        let mut told = Vec::new();
        for part in steps {
            let Some(log) = part.log else { continue };
            let text = at.runs.log(run.id, log).await?;
            let lines: Vec<String> = text.lines().map(clean).collect();
            let path = timeline.path(part);
            if output.is_json() {
                told.push(json!({ "step": path, "result": part.state, "lines": lines }));
            } else {
                output.text(&format!("== {path}: {}\n", part.state.word()));
                output.text(&lines.iter().map(|line| format!("{line}\n")).collect::<String>());
            }
        }
        if output.is_json() {
            output.data(&json!({ "logs": told }));
        }
        Ok(Outcome::Clean)
    })
}

/// All parts, each stage with its jobs and their steps.
fn in_order(timeline: &Timeline) -> Vec<&Part> {
    fn below<'t>(timeline: &'t Timeline, parent: Option<&str>, found: &mut Vec<&'t Part>) {
        for part in timeline.children(parent) {
            found.push(part);
            below(timeline, Some(&part.id), found);
        }
    }
    let mut found = Vec::new();
    below(timeline, None, &mut found);
    found
}

fn cancel(run: &OneRun, output: Output) -> Result<Outcome, Failure> {
    let at = At::new(&run.spec)?;
    block_on(async {
        let found = at.runs.get(run.id).await?;
        if found.state.is_over() {
            return Ok(refuse(&format!("run {} is over: it {}", run.id, found.state.word()), output));
        }
        at.runs.cancel(run.id).await?;
        let found = at.runs.get(run.id).await?;
        output.say(&format!(
            "asked {} {} (run {}) to stop; it is {}",
            found.pipeline,
            found.number,
            run.id,
            found.state.word()
        ));
        if output.is_json() {
            output.data(&json!({ "run": found }));
        }
        Ok(Outcome::Clean)
    })
}

async fn retry(
    runs: &Runs,
    id: i64,
    stage: Option<&str>,
    all: bool,
    tell: bool,
    output: Output,
) -> Result<Outcome, Failure> {
    runs.get(id).await?;
    let timeline = runs.timeline(id).await?;
    let fits = |part: &&Part| {
        let is = |name: &str| name.eq_ignore_ascii_case(stage.unwrap_or(name));
        is(&part.name) || part.identifier.as_deref().is_some_and(is)
    };
    let wanted: Vec<&Part> = timeline.retriable().into_iter().filter(fits).collect();
    if wanted.is_empty() {
        let which = stage.map_or_else(|| "no stage".to_owned(), |stage| format!("no stage `{stage}`"));
        return Ok(refuse(
            &format!("{which} of run {id} has failed or was stopped: there is nothing to retry"),
            output,
        ));
    }
    for part in &wanted {
        let name = part.identifier.as_deref().unwrap_or(&part.name);
        runs.retry(id, name, all).await?;
        output.say(&format!("retrying {} of run {id}", part.name));
    }
    if tell {
        output.say(&format!("  follow it: mlops-gen runs watch {id}"));
        if output.is_json() {
            let names: Vec<&str> = wanted.iter().map(|part| part.name.as_str()).collect();
            output.data(&json!({ "run": runs.get(id).await?, "retried": names }));
        }
    }
    Ok(Outcome::Clean)
}

/// Says why nothing was done.
pub(super) fn refuse(why: &str, output: Output) -> Outcome {
    output.say(&format!("refused: {why}"));
    if output.is_json() {
        output.data(&json!({ "refused": why }));
    }
    // What was said is seen before anything else is.
    let _ = std::io::stderr().flush();
    Outcome::Different
}
