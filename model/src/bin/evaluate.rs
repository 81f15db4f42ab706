//! `evaluate`: compares a challenger with the champion on the rows held out. See `README.md`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program speaks to its caller")]

use clap::Parser;
use mlops_model::artifact::{MODEL_FILE, Model};
use mlops_model::command::{CLEAN, ERROR, json_text, output_variable, sha256_of_file, write_output};
use mlops_model::contract::DataContract;
use mlops_model::dataset::Dataset;
use mlops_model::evaluation::{Direction, Incomparable, Metric, Rule, evaluate};
use mlops_model::report::{Sample, html};
use mlops_model::text::harmless;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compare a challenger with the champion on the same held-out rows
///
/// A champion folder that is missing or has no model.json means that there is no champion yet, which promotes. Under Azure
/// Pipelines the output variable "promote" is set.
///
/// Exit codes: 0 compared (whatever the outcome), 2 error.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// A .csv or .parquet file, or a folder of such files; the rows that the contract holds out are evaluated on
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// The data contract
    #[arg(long, value_name = "FILE")]
    contract: PathBuf,
    /// The model folder of the challenger
    #[arg(long, value_name = "DIR")]
    challenger: PathBuf,
    /// The model folder of the champion
    #[arg(long, value_name = "DIR")]
    champion: Option<PathBuf>,
    /// The metric compared
    #[arg(long, value_enum)]
    metric: Metric,
    /// Which way the metric is better; by default as the metric is by its nature
    #[arg(long, value_enum)]
    direction: Option<Direction>,
    /// By more than this the challenger must be better, in the metric's unit
    #[arg(long, value_name = "X", default_value_t = 0.0, value_parser = parse_margin, allow_negative_numbers = true)]
    margin: f64,
    /// The least value of the metric that the challenger must have, also when there is no champion yet
    #[arg(long, value_name = "X", value_parser = parse_bound, allow_negative_numbers = true)]
    minimum: Option<f64>,
    /// The greatest value of the metric that the challenger may have, also when there is no champion yet
    #[arg(long, value_name = "X", value_parser = parse_bound, allow_negative_numbers = true)]
    maximum: Option<f64>,
    /// What to do when the champion cannot be measured on these data: its columns are gone, or it predicts something else
    #[arg(long, value_enum, default_value = "promote")]
    incomparable: Incomparable,
    /// The evaluation file to write
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Write a page about the challenger: metrics, residuals, drift of the held-out rows, permutation importance
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::from(CLEAN),
        Err(error) => {
            eprintln!("error: {}", harmless(&error.to_string()));
            ExitCode::from(ERROR)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let contract = DataContract::load(&arguments.contract)?;
    let data = Dataset::open(&arguments.data)?;
    let path = arguments.challenger.join(MODEL_FILE);
    let challenger = Model::load(&path)?;
    let champion = arguments.champion.as_deref().map(Model::load_from_folder).transpose()?.flatten();
    let direction = arguments.direction.unwrap_or(arguments.metric.natural_direction());
    let evaluation = evaluate(&data, &contract, &challenger, champion.as_ref())?;
    let rule = Rule {
        metric: arguments.metric,
        direction,
        margin: arguments.margin,
        minimum: arguments.minimum,
        maximum: arguments.maximum,
        incomparable: arguments.incomparable,
    };
    let decision = rule.decide(&evaluation, sha256_of_file(&path)?, data.blake3()?)?;
    write_output(&arguments.output, json_text(&decision)?)?;
    if let Some(path) = &arguments.report {
        let sample = Sample::of(&data, &contract, &challenger)?;
        write_output(path, html(&decision, &challenger, &sample)?)?;
    }
    println!("{}: {}", if decision.promote { "promote" } else { "do not promote" }, harmless(&decision.reason));
    if std::env::var_os("TF_BUILD").is_some() {
        println!("{}", output_variable("promote", if decision.promote { "true" } else { "false" }));
    }
    Ok(())
}

fn parse_bound(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|bound: &f64| bound.is_finite()).ok_or_else(|| "expected a finite number".to_owned())
}

fn parse_margin(text: &str) -> Result<f64, String> {
    let margin = text.parse().ok().filter(|m: &f64| m.is_finite() && *m >= 0.0);
    margin.ok_or_else(|| "expected a finite number of 0 or more".to_owned())
}
