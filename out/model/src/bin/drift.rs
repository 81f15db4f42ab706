//! `drift`: holds what was scored against what the model was trained on. See `README.md`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program speaks to its caller")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mlops_model::artifact::{MODEL_FILE, Model};
use mlops_model::collect::source::Source;
use mlops_model::command::{CLEAN, ERROR, REFUSED, json_text, output_variable, write_output};
use mlops_model::contract::DataContract;
use mlops_model::drift::{
    Comparison, Limits, OutcomeLimits, Outcomes, Reference, Tally, judge, judge_outcomes, read, report,
};
use mlops_model::evaluation::{Metric, misfit};
use mlops_model::text::harmless;

/// Hold what was scored against what the model was trained on
///
/// Exit codes: 0 no drift, or too few rows to judge, 1 drift, 2 error. Under Azure Pipelines the output variable `drift` is set.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Folder with the scoring logs, or URL of the Blob container (with a SAS, or read with workload or managed identity)
    #[arg(long, value_name = "URI", hide_env_values = true, env = "DRIFT_SOURCE")]
    source: String,
    /// First folder of the logs' names
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// Folder of the released model
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Only records from this time on, as the logs write it: 2026-11-30T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<String>,
    /// Only records of so many days, up to now
    #[arg(long, value_name = "DAYS", conflicts_with = "since")]
    days: Option<u32>,
    /// Greatest population stability index of a column
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().psi)]
    psi: f64,
    /// Greatest growth of the share of missing cells
    #[arg(long, value_name = "SHARE", default_value_t = Limits::default().missing)]
    missing: f64,
    /// Greatest share of levels that the model does not know
    #[arg(long, value_name = "SHARE", default_value_t = Limits::default().unseen)]
    unseen: f64,
    /// Least number of rows to judge by
    #[arg(long, value_name = "ROWS", default_value_t = Limits::default().rows)]
    rows: u64,
    /// File or folder with what turned out: `request_id`, `row` from 0 if there is one, and the target
    #[arg(long, value_name = "PATH", requires_all = ["contract", "metric"])]
    outcomes: Option<PathBuf>,
    /// The data contract, by which outcomes are read
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// A column that tells rows apart in log and outcomes, instead of `request_id`
    #[arg(long, value_name = "COLUMN")]
    key: Vec<String>,
    /// The metric of predictions whose outcome is known
    #[arg(long, value_name = "METRIC")]
    metric: Option<Metric>,
    /// Least value of the metric
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    minimum: Option<f64>,
    /// Greatest value of the metric
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    maximum: Option<f64>,
    /// By how much the metric may be worse than on the rows held out in training
    #[arg(long, value_name = "NUMBER")]
    worse: Option<f64>,
    /// Records of so many days for the metric, up to now; outcomes may take longer than drift
    #[arg(long, value_name = "DAYS")]
    outcome_days: Option<u32>,
    /// Least number of rows with an outcome to judge by
    #[arg(long, value_name = "ROWS", default_value_t = 50)]
    outcome_rows: u64,
    /// File for the report, as HTML
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// File for the findings, as JSON
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

/// A moment to the second, in UTC.
fn moment(text: &str) -> Result<String, String> {
    let time: jiff::Timestamp = text.parse().map_err(|_| "a time looks like 2026-11-30T08:00:00Z".to_owned())?;
    Ok(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {}", harmless(&error.to_string()));
            ExitCode::from(ERROR)
        }
    }
}

/// The moment that many days ago.
fn days_ago(days: u32) -> String {
    let from = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * i64::from(days));
    from.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What turned out, and what the metric is held against, if they are asked for.
fn outcomes(arguments: &Arguments, model: &Model) -> Result<Option<(Outcomes, OutcomeLimits)>, Box<dyn Error>> {
    let (Some(path), Some(contract), Some(metric)) = (&arguments.outcomes, &arguments.contract, arguments.metric)
    else {
        return Ok(None);
    };
    let contract = DataContract::load(contract)?;
    if let Some(why) = misfit(model, &contract) {
        return Err(format!("the model does not fit the data contract: {why}").into());
    }
    let known = Outcomes::read(path, &contract, &arguments.key, &model.file().task)?;
    let Arguments { minimum, maximum, worse, outcome_rows: rows, .. } = arguments;
    Ok(Some((known, OutcomeLimits { metric, minimum: *minimum, maximum: *maximum, worse: *worse, rows: *rows })))
}

fn run(arguments: &Arguments) -> Result<u8, Box<dyn Error>> {
    let limits =
        Limits { psi: arguments.psi, missing: arguments.missing, unseen: arguments.unseen, rows: arguments.rows };
    let file = arguments.model.join(MODEL_FILE);
    let text = std::fs::read(&file).map_err(|error| format!("cannot read the model {}: {error}", file.display()))?;
    let model = Model::from_json(&text)?;
    let reference = Reference::of(&model, &text);
    let since = arguments.since.clone().or_else(|| arguments.days.map(days_ago));
    let outcomes = outcomes(arguments, &model)?;
    let from = arguments.outcome_days.map(days_ago).or_else(|| since.clone());
    let mut beside = outcomes.as_ref().map(|(known, _)| Comparison::new(known, &model.file().task, from.as_deref()));
    let mut tally = Tally::new(&reference);
    let source = Source::open(&arguments.source, &arguments.prefix)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(read(&source, since.as_deref(), &mut tally, beside.as_mut()))?;
    let mut finding = judge(&tally, limits);
    let told = outcomes.as_ref().map(|(_, told)| *told);
    if let Some((beside, told)) = beside.zip(told) {
        let before = model.file().metrics.holdout.as_ref().and_then(|metrics| told.metric.of(metrics));
        finding = finding.with_outcomes(judge_outcomes(&beside, told, before));
    }
    report::lines(&finding, limits, told).iter().for_each(|line| println!("{line}"));
    write_output(&arguments.output, json_text(&finding)?)?;
    if let Some(path) = &arguments.report {
        write_output(path, report::html(&finding, limits, told))?;
    }
    if std::env::var_os("TF_BUILD").is_some() {
        println!("{}", output_variable("drift", if finding.drift { "true" } else { "false" }));
    }
    Ok(if finding.drift { REFUSED } else { CLEAN })
}
