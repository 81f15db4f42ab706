//! `register`: registers a promoted model with MLflow or Azure Machine Learning. See `README.md`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program speaks to its caller")]

use clap::Parser;
use mlops_model::artifact::{MODEL_FILE, Model};
use mlops_model::command::{CLEAN, ERROR, json_text, sha256_of_file, write_output};
use mlops_model::evaluation::Decision;
use mlops_model::registry::{Credential, Registered, Registration, TrackingUri, register};
use mlops_model::text::harmless;
use serde_json::json;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Register a promoted model with MLflow or Azure Machine Learning
///
/// Does nothing when the evaluation does not promote the model. Can be repeated: the same model file is registered once. The
/// token comes from MLFLOW_TRACKING_TOKEN, MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or, for Azure, from the
/// identity of the environment.
///
/// Exit codes: 0 registered or nothing to do, 2 error.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The model folder
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// The name of the registered model
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: String,
    /// The evaluation file
    #[arg(long, value_name = "FILE")]
    evaluation: PathBuf,
    /// The folder to copy the model to after it is registered, where the next evaluation finds it as the champion
    #[arg(long, value_name = "DIR")]
    champion: Option<PathBuf>,
    /// The tracking server: http://, https:// or azureml://
    #[arg(long, value_name = "URI", env = "MLFLOW_TRACKING_URI")]
    tracking_uri: Option<String>,
    /// The experiment of the run, when MLFLOW_RUN_ID does not name a run
    #[arg(long, value_name = "NAME", env = "MLFLOW_EXPERIMENT_NAME", default_value = "Default")]
    experiment: String,
    /// A tag of the model version; may be given more than once
    #[arg(long = "tag", value_name = "K=V", value_parser = parse_tag)]
    tags: Vec<(String, String)>,
    /// The file to write the outcome to
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::from(CLEAN),
        Err(error) => {
            eprintln!("error: {}", harmless(&error.to_string()));
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  caused by: {}", harmless(&cause.to_string()));
                source = cause.source();
            }
            ExitCode::from(ERROR)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let decision = read_decision(&arguments.evaluation)?;
    if !decision.promote {
        write_output(&arguments.output, json_text(&json!({"registered": false, "reason": decision.reason}))?)?;
        println!("not registered: {}", harmless(&decision.reason));
        return Ok(());
    }
    let path = arguments.model.join(MODEL_FILE);
    let model = Model::load(&path)?;
    let model_sha256 = sha256_of_file(&path)?;
    if model_sha256 != decision.challenger_sha256 {
        let (model, evaluation) = (path.display(), arguments.evaluation.display());
        return Err(format!("{evaluation} is of another model than {model}: evaluate this model first").into());
    }
    let uri = arguments
        .tracking_uri
        .as_deref()
        .ok_or("there is no tracking server: set --tracking-uri or MLFLOW_TRACKING_URI")?;
    let tracking_uri = TrackingUri::parse(uri)?;
    let variable = |name: &str| std::env::var(name).ok();
    let registration = Registration {
        credential: Credential::choose(tracking_uri.is_azure(), variable),
        tracking_uri,
        name: &arguments.name,
        experiment: &arguments.experiment,
        run_id: variable("MLFLOW_RUN_ID").filter(|id| !id.is_empty()),
        model: &model,
        model_file: std::fs::read(&path)?,
        model_sha256,
        decision: &decision,
        tags: arguments.tags.clone(),
    };
    // The client is built without a provider of its own; the first install wins, so a second one is no error.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let registered = runtime.block_on(register(&registration))?;
    if let Some(champion) = &arguments.champion {
        copy_folder(&arguments.model, champion)?;
    }
    write_outcome(&arguments.output, &registered)
}

fn write_outcome(path: &Path, registered: &Registered) -> Result<(), Box<dyn Error>> {
    let mut outcome = json!({"registered": true});
    if let (Some(outcome), serde_json::Value::Object(fields)) =
        (outcome.as_object_mut(), serde_json::to_value(registered)?)
    {
        outcome.extend(fields);
    }
    write_output(path, json_text(&outcome)?)?;
    let how = if registered.created { "registered" } else { "already registered" };
    println!("{how}: {} version {}", harmless(&registered.name), registered.version);
    Ok(())
}

fn read_decision(path: &Path) -> Result<Decision, Box<dyn Error>> {
    let text = std::fs::read(path).map_err(|e| format!("cannot read the evaluation {}: {e}", path.display()))?;
    Ok(serde_json::from_slice(&text).map_err(|e| format!("{} is not an evaluation file: {e}", path.display()))?)
}

/// Copies the files of a folder; `model.json` last and under a temporary name first, because it makes the champion.
fn copy_folder(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let failed = |path: &Path, e: std::io::Error| format!("cannot copy the champion to {}: {e}", path.display());
    std::fs::create_dir_all(to).map_err(|e| failed(to, e))?;
    for entry in std::fs::read_dir(from).map_err(|e| failed(from, e))? {
        let entry = entry.map_err(|e| failed(from, e))?;
        let target = to.join(entry.file_name());
        if entry.path().is_file() && entry.file_name() != MODEL_FILE {
            std::fs::copy(entry.path(), &target).map_err(|e| failed(&target, e))?;
        }
    }
    let (target, temporary) = (to.join(MODEL_FILE), to.join(format!("{MODEL_FILE}.{}.tmp", std::process::id())));
    std::fs::copy(from.join(MODEL_FILE), &temporary).map_err(|e| failed(&temporary, e))?;
    Ok(std::fs::rename(&temporary, &target).map_err(|e| failed(&target, e))?)
}

fn parse_tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}
