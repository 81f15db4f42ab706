//! `mlops-gen run`: starts a pipeline with parameters that fit it, and follows the run if asked to.

use mlops_gen::remote::runs::parameters::Parameters;
use serde_json::json;

use super::args_place::Place;
use super::args_run::Run;
use super::failure::Failure;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::Output;
use super::runs::{At, block_on};
use super::watch;

pub(super) fn run(options: &Run, output: Output) -> Result<Outcome, Failure> {
    let kind = options.pipeline.kind();
    let declared = declared(options)?;
    let parameters = match declared.check(&options.parameters) {
        Ok(parameters) => parameters,
        Err(wrong) => return Ok(refuse(kind.as_str(), &declared, &wrong, output)),
    };
    let at = At::new(&options.spec)?;
    block_on(async {
        let run = at.runs.queue(kind, options.branch.as_deref(), &parameters).await?;
        output.say(&format!("queued {} {} (run {})", run.pipeline, run.number, run.id));
        if let Some(url) = &run.url {
            output.say(&format!("  {url}"));
        }
        if options.watch {
            return watch::watch(&at.runs, run, options.watching, output).await;
        }
        output.say(&format!("  follow it: mlops-gen runs watch {}", run.id));
        if output.is_json() {
            output.data(&json!({ "run": run }));
        }
        Ok(Outcome::Clean)
    })
}

/// What the rendered pipeline declares: of this spec, whatever is on the server.
fn declared(options: &Run) -> Result<Parameters, Failure> {
    let loaded = Loaded::new(&Place { spec: options.spec.spec.clone(), out: None })?;
    let path = format!("pipelines/{}.yml", options.pipeline.kind().as_str());
    let text = loaded.tree.get(&path).and_then(|file| file.text());
    let text = text.ok_or_else(|| {
        Failure::Usage(format!("this spec renders no {path}: there is nothing for that pipeline to do in this project"))
    })?;
    Parameters::read(&path, text).map_err(Failure::Usage)
}

fn refuse(pipeline: &str, declared: &Parameters, wrong: &[String], output: Output) -> Outcome {
    for message in wrong {
        output.say(&format!("refused: {message}"));
    }
    let known = declared.describe();
    output.say(&match known.len() {
        0 => format!("{pipeline} takes no parameters"),
        _ => format!("{pipeline} takes these parameters:\n  {}", known.join("\n  ")),
    });
    output.say("nothing was started");
    if output.is_json() {
        output.data(&json!({ "refused": wrong, "parameters": declared.to_json() }));
    }
    Outcome::Different
}
