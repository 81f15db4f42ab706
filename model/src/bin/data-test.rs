//! `data-test`: tests data against the contract and a training baseline. See `README.md`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program speaks to its caller")]

use clap::Parser;
use mlops_model::artifact::{MODEL_FILE, Model};
use mlops_model::command::{CLEAN, ERROR, REFUSED, write_output};
use mlops_model::contract::DataContract;
use mlops_model::data_test::{html_report, junit_xml, test_data, text_report};
use mlops_model::dataset::Dataset;
use mlops_model::text::harmless;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Test data against the data contract and the training baseline
///
/// Exit codes: 0 good data, 1 bad data, 2 error.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// A .csv or .parquet file, or a folder of such files
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// The data contract
    #[arg(long, value_name = "FILE")]
    contract: PathBuf,
    /// The model folder whose training rows the data are compared with; without one (or while it has no model.json) the
    /// moments that the contract expects are used
    #[arg(long, value_name = "DIR")]
    baseline: Option<PathBuf>,
    /// The JUnit file to write
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// The report to write, a page where its name ends in .html, else the text that is printed too; may be given several times
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
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

fn run(arguments: &Arguments) -> Result<u8, Box<dyn Error>> {
    let contract = DataContract::load(&arguments.contract)?;
    let baseline = arguments.baseline.as_deref().map(Model::load_from_folder).transpose()?.flatten();
    if let (Some(folder), None) = (&arguments.baseline, &baseline) {
        eprintln!("note: {} has no {MODEL_FILE}, there is no baseline yet", harmless(&folder.display().to_string()));
    }
    let test = test_data(&Dataset::open(&arguments.data)?, &contract, baseline.as_ref())?;
    let report = text_report(&test);
    if let Some(path) = &arguments.junit {
        write_output(path, junit_xml(&test))?;
    }
    for path in &arguments.report {
        let page =
            path.extension().is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"));
        write_output(path, if page { html_report(&test) } else { report.clone() })?;
    }
    print!("{report}");
    Ok(if test.failures() == 0 { CLEAN } else { REFUSED })
}
