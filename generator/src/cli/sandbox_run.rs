//! `mlops-gen sandbox run FILE`: a pipeline of this folder, carried out for real.

use azure_pipelines::template::parameters::declared;
use mlops_gen::edge::pipeline_files::PipelineFiles;
use mlops_gen::edge::project_dir;
use mlops_gen::edge::sandbox_run::{Cancel, Report, RunError, Value, options, run as carry_out, stand_in};
use serde_json::json;

use super::args_sandbox::SandboxRun;
use super::expand::{parameter, refuse};
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::{Output, aside};
use super::runs::block_on;
use super::watch::interrupted;

pub(super) fn run(asked: &SandboxRun, output: Output) -> Result<Outcome, Failure> {
    let files = PipelineFiles::open(&asked.file)?;
    let root = match files.pipeline() {
        Ok(root) => root,
        Err(problem) => return Ok(refuse(&[problem], output)),
    };
    let all = declared(&root);
    let spec = files.root().join("mlops.yaml");
    let project = match spec.exists() {
        true => {
            let text = project_dir::read_spec(&spec)?;
            let name = spec.display().to_string();
            Some(mlops_gen::load(&name, &text).map_err(|report| Failure::Spec(Box::new(report)))?)
        }
        false => None,
    };
    let mut wanted = options(files.root(), &files.path, &asked.folder, project.as_ref())?;
    wanted.parameters = asked.parameter.iter().map(|pair| parameter(pair, &all)).collect::<Result<Vec<_>, _>>()?;
    wanted.variables = asked.variable.iter().map(|pair| variable(pair)).collect::<Result<Vec<_>, _>>()?;
    wanted.agents = usize::from(asked.agents);
    let cancel = Cancel::default();
    let asking = cancel.clone();
    let json = output.is_json();
    // Ctrl-C asks the run to end: its steps clean up, and nothing of it is left
    let report = block_on(async move {
        let sink = move |line: &str| match json {
            true => output.say(line),
            false => output.text(&format!("{line}\n")),
        };
        let mut running = tokio::task::spawn_blocking(move || carry_out(&wanted, &sink, &cancel));
        tokio::select! {
            done = &mut running => return Ok(done),
            () = interrupted() => asking.ask(),
        }
        Ok(running.await)
    })?;
    match report {
        Ok(Ok(report)) => Ok(end(&report, output)),
        Ok(Err(RunError::Pipeline(problems))) => Ok(refuse(&problems, output)),
        Ok(Err(error)) => Err(Failure::Usage(error.to_string())),
        Err(error) => Err(Failure::Usage(format!("the run ended abruptly: {error}"))),
    }
}

/// Carries a stand-in out, in the sandbox that its environment names.
pub(super) fn tool(words: &[String], output: Output) -> Result<Outcome, Failure> {
    let said = stand_in(words)?;
    output.text(&said.out);
    aside(&said.error);
    Ok(Outcome::Code(said.code))
}

fn variable(pair: &str) -> Result<(String, Value), Failure> {
    let Some((name, text)) = pair.split_once('=') else {
        return Err(Failure::Usage(format!("`{pair}` is no variable: write NAME=VALUE")));
    };
    Ok((name.to_owned(), Value::plain(text)))
}

fn end(report: &Report, output: Output) -> Outcome {
    if output.is_json() {
        let stages =
            report.ended.stages.iter().map(|(name, outcome)| json!({ "name": name, "result": outcome.word() }));
        output.data(&json!({
            "id": report.id,
            "number": report.number,
            "result": report.ended.outcome.word(),
            "stages": stages.collect::<Vec<_>>(),
            "issues": report.issues,
            "tags": report.tags,
            "kept": report.kept,
        }));
    }
    for issue in &report.issues {
        output.say(issue);
    }
    output.say(&format!(
        "run {} ({}): {}; kept in {}",
        report.id,
        report.number,
        report.ended.outcome,
        report.kept.display()
    ));
    if report.is_good() { Outcome::Clean } else { Outcome::Different }
}
