//! `train`: from data and contract to a model folder. See `README.md`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program speaks to its caller")]

use clap::{ArgGroup, Parser, ValueEnum};
use mlops_model::artifact::{MODEL_FILE, Model};
use mlops_model::command::{CLEAN, ERROR, json_text, pipelines_warning, write_output};
use mlops_model::contract::DataContract;
use mlops_model::dataset::{Dataset, Share};
use mlops_model::text::harmless;
use mlops_model::training::{FitOn, Penalty, TrainOptions, combine, train, train_shard};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Train a ridge regression
///
/// In one process: --data with --alpha, or --alphas and --folds, to --output. Distributed: each of N processes runs with
/// --data, --shard I/N and --partial; then one runs with --combine, --alpha and --output.
///
/// Exit codes: 0 trained, 2 error.
#[derive(Debug, Parser)]
#[command(version)]
#[command(group(ArgGroup::new("source").required(true).args(["data", "combine"])))]
#[command(group(ArgGroup::new("penalty").args(["alpha", "alphas"])))]
struct Arguments {
    /// A .csv or .parquet file, or a folder of such files
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// The data contract
    #[arg(long, value_name = "FILE")]
    contract: PathBuf,
    /// The penalty on the sum of squared coefficients
    #[arg(long, value_name = "A", allow_negative_numbers = true)]
    alpha: Option<f64>,
    /// Penalties to choose from by cross-validation
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', allow_negative_numbers = true, requires = "folds", conflicts_with_all = ["combine", "shard"])]
    alphas: Vec<f64>,
    /// The number of folds of the cross-validation
    #[arg(long, value_name = "K", requires = "alphas")]
    folds: Option<u16>,
    /// The model folder to write model.json and metrics.json to
    #[arg(long, value_name = "DIR", required_unless_present = "shard")]
    output: Option<PathBuf>,
    /// The rows of the last fit: those not held out, or all
    #[arg(long, value_enum, default_value = "train")]
    fit_on: FitOnArgument,
    /// Collect the statistics of share I (from 0) of N
    #[arg(long, value_name = "I/N", value_parser = parse_share, requires_all = ["data", "partial"], conflicts_with_all = ["output", "penalty"])]
    shard: Option<Share>,
    /// The file to write the share's statistics to; its name ends in .json
    #[arg(long, value_name = "FILE", requires = "shard")]
    partial: Option<PathBuf>,
    /// Add up the statistics of all shares in this folder
    #[arg(long, value_name = "DIR", requires = "alpha")]
    combine: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FitOnArgument {
    All,
    Train,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::from(CLEAN),
        Err(error) => {
            eprintln!("error: {}", harmless(&error.to_string()));
            ExitCode::from(ERROR)
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let contract = DataContract::load(&arguments.contract)?;
    let fit_on = match arguments.fit_on {
        FitOnArgument::All => FitOn::All,
        FitOnArgument::Train => FitOn::Train,
    };
    let data = arguments.data.as_deref().map(Dataset::open).transpose()?;
    let model = match (data, arguments.shard, arguments.combine) {
        (Some(data), Some(share), _) => {
            let path = arguments.partial.ok_or("--shard needs --partial")?;
            let text = train_shard(&data, &contract, share)?.to_json()?;
            return Ok(write_output(&path, text)?);
        }
        (Some(data), None, _) => {
            let penalty = match (arguments.alpha, arguments.folds) {
                (Some(alpha), _) => Penalty::Alpha(alpha),
                (None, Some(folds)) => Penalty::Search { alphas: arguments.alphas, folds },
                (None, None) => return Err("--data needs --alpha, or --alphas and --folds".into()),
            };
            train(&data, &contract, &TrainOptions { penalty, fit_on })?
        }
        (None, _, Some(folder)) => {
            combine(&folder, &contract, arguments.alpha.ok_or("--combine needs --alpha")?, fit_on)?
        }
        (None, _, None) => return Err("there is nothing to train on: give --data or --combine".into()),
    };
    write_model(&model, &arguments.output.ok_or("--output is missing")?)
}

/// Writes the model folder and says what was trained.
fn write_model(model: &Model, folder: &Path) -> Result<(), Box<dyn Error>> {
    let file = model.file();
    let metrics = serde_json::json!({
        "alpha": file.alpha,
        "rows": file.training.rows,
        "rows_skipped": file.training.rows_skipped,
        "train": file.metrics.train,
        "holdout": file.metrics.holdout,
        "search": file.training.search.iter().map(|(alpha, mse)| serde_json::json!({"alpha": alpha, "mse": mse})).collect::<Vec<_>>(),
        "warnings": file.training.diagnostics.warnings,
    });
    write_output(&folder.join("metrics.json"), json_text(&metrics)?)?;
    model.save(&folder.join(MODEL_FILE))?;
    for warning in &file.training.diagnostics.warnings {
        eprintln!("warning: {}", harmless(warning));
        if std::env::var_os("TF_BUILD").is_some() {
            println!("{}", pipelines_warning(&harmless(warning)));
        }
    }
    let holdout = file.metrics.holdout.map_or_else(
        || "nothing is held out".to_owned(),
        |m| match (m.mse, m.log_loss, m.mae) {
            (Some(mse), ..) => format!("mean squared error held out: {mse} on {} rows", m.rows),
            (None, Some(loss), _) => format!("log loss held out: {loss} on {} rows", m.rows),
            (None, None, mae) => {
                format!("mean absolute error held out: {} on {} rows", mae.unwrap_or_default(), m.rows)
            }
        },
    );
    println!("trained on {} rows with alpha {}; {holdout}", file.training.rows, file.alpha);
    Ok(())
}

fn parse_share(text: &str) -> Result<Share, String> {
    let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    let share = numbers.and_then(|(index, count)| Share::new(index, count));
    share.ok_or_else(|| "expected I/N with I from 0 to N-1, such as 0/4".to_owned())
}
