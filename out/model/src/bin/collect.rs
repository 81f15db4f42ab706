//! `collect`: turns scoring logs into a training table. See `SCORING.md`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mlops_model::collect::{Job, run};

/// Turns the scoring server's logs into a training table, joined with outcomes that became known later.
///
/// Exit codes: 0 done, 1 nothing usable although rows were logged, 2 error. The summary on standard output is one JSON object.
#[derive(Debug, Parser)]
#[command(name = "collect", version)]
struct Arguments {
    /// Folder of logs, or URL of the Blob container (with a SAS, or read with workload or managed identity)
    #[arg(long, env = "COLLECT_SOURCE", value_name = "URI", hide_env_values = true)]
    source: String,
    /// First folder of the log blobs' names
    #[arg(long, env = "COLLECT_PREFIX", value_name = "TEXT", default_value = "scoring")]
    prefix: String,
    /// CSV or Parquet file of outcomes: request_id, optionally row (from 0), and the target column
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
    /// The data contract
    #[arg(long, value_name = "FILE")]
    contract: PathBuf,
    /// What earlier runs have seen; made when it is missing
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// The table to write, .csv or .parquet
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

fn main() -> ExitCode {
    let Arguments { source, prefix, outcomes, contract, state, output } = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(&Job { source, prefix, outcomes, contract, state, output })) {
        Err(error) => fail(&error),
        Ok(summary) => {
            let text = serde_json::to_string(&summary).unwrap_or_default();
            let _ = writeln!(std::io::stdout(), "{text}");
            let usable = summary.rows_written + summary.rows_waiting > 0;
            if !usable && summary.refused_rows + summary.malformed_lines > 0 {
                ExitCode::from(1)
            } else {
                ExitCode::SUCCESS
            }
        }
    }
}

fn fail(reason: &dyn std::fmt::Display) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "collect: {reason}");
    ExitCode::from(2)
}
