//! The command line: reads arguments, calls the library, prints.
//!
//! Data goes to standard output, everything else to standard error. Exit codes: 0 clean, 1 differences or refused,
//! 2 error.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::print_stdout, clippy::print_stderr)]

mod approve;
mod args;
mod args_run;
mod args_secrets;
mod check;
mod compile;
mod doctor;
mod expand;
mod explain;
mod explain_resources;
mod failure;
mod init;
mod loaded;
mod output;
mod remote;
mod render;
mod run;
mod runs;
mod sandbox;
mod secrets;
mod status;
mod trace;
mod watch;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::{CommandFactory as _, Parser as _};
use failure::Failure;
use output::Output;

/// How a command ended, when nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing to do, or done.
    Clean,
    /// Differences were found, or the command refused to act.
    Different,
    /// A command that was run in a sandbox ended with this exit code.
    Code(u8),
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    trace::start(output);
    match dispatch(cli.command, output) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Different) => ExitCode::from(1),
        Ok(Outcome::Code(code)) => ExitCode::from(code),
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(2)
        }
    }
}

fn dispatch(command: Command, output: Output) -> Result<Outcome, Failure> {
    match command {
        Command::Init(options) => init::run(&options, output),
        Command::Render(options) => render::run(&options, output),
        Command::Check(place) => check::check(&place, output),
        Command::Diff(place) => check::diff(&place, output),
        Command::Expand(options) => expand::run(&options, output),
        Command::Compile(options) => compile::run(&options, output),
        Command::Explain(options) => explain::run(&options, output),
        Command::Plan(options) => remote::plan(&options, output),
        Command::Apply(options) => remote::apply(&options, output),
        Command::Destroy(options) => remote::destroy(&options, output),
        Command::Run(options) => run::run(&options, output),
        Command::Runs(options) => runs::run(&options.command, output),
        Command::Approve(options) => approve::run(&options, true, output),
        Command::Reject(options) => approve::run(&options, false, output),
        Command::Status(spec) => status::run(&spec, output),
        Command::Sandbox(options) => sandbox::run(&options, output),
        Command::Doctor(options) => doctor::run(&options, output),
        Command::Secrets(options) => secrets::run(&options, output),
        Command::Schema => {
            output.data(&mlops_gen::spec::json_schema());
            Ok(Outcome::Clean)
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "mlops-gen", &mut std::io::stdout());
            Ok(Outcome::Clean)
        }
    }
}
