//! The command line: reads arguments, calls the library, prints.
//!
//! Data goes to standard output, everything else to standard error. Exit codes: 0 clean, 1 differences or refused,
//! 2 error.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod advice;
mod approve;
mod args;
mod args_own;
mod args_place;
mod args_run;
mod args_runtime;
mod args_sandbox;
mod args_secrets;
mod check;
mod commits;
mod compile;
mod completions;
mod cost;
mod doctor;
mod existing;
mod expand;
mod explain;
mod explain_resources;
mod failure;
mod init;
mod init_data;
mod init_from;
mod loaded;
mod outcome;
mod output;
mod own;
mod permissions;
mod program;
mod recursive;
mod remote;
mod render;
mod run;
mod runs;
mod runs_html;
mod sandbox;
mod sandbox_demo;
mod sandbox_projects;
mod sandbox_run;
mod sandbox_up;
mod secrets;
mod stages;
mod status;
mod templates;
mod trace;
mod upgrade;
mod watch;

use std::process::ExitCode;

use args::{Cli, Command};
use args_run::RunsCommand;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _};
use failure::Failure;
use outcome::Outcome;
use output::Output;

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let (cli, output) = match parsed() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    trace::start(output);
    let code = match dispatch(cli.command, output) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Different) => ExitCode::from(1),
        Ok(Outcome::Code(code)) => ExitCode::from(code),
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(2)
        }
    };
    ended(output, code)
}

/// The exit code, unless standard output could not take what was printed.
fn ended(output: Output, code: ExitCode) -> ExitCode {
    match output.finish() {
        None => code,
        Some(why) => {
            output::aside(&format!("error: cannot write to standard output: {why}\n"));
            ExitCode::from(2)
        }
    }
}

/// The arguments, read in the folder that they name.
fn parsed() -> Result<(Cli, Output), ExitCode> {
    let json = std::env::args_os().take_while(|word| word != "--").any(|word| word == "--json");
    let output = Output::new(json);
    let read = || Cli::try_parse().map_err(|error| unread(error, output));
    let cli = read()?;
    let Some(directory) = &cli.directory else { return Ok((cli, output)) };
    if let Err(error) = std::env::set_current_dir(directory) {
        let why = format!("cannot go to {}: {error}", directory.display());
        output.failure(&Failure::Usage(why));
        return Err(ended(output, ExitCode::from(2)));
    }
    program::DIRECTORY.get_or_init(|| directory.clone());
    // Some defaults depend on the folder.
    Ok((read()?, output))
}

/// How a folder or a spec is named, for whoever names it without a flag.
fn place(word: &str) -> Option<String> {
    let path = std::path::Path::new(word);
    match path.extension().and_then(|extension| extension.to_str()) {
        _ if path.is_dir() => Some(format!("`mlops-gen -C {word} …` works in that folder")),
        Some("yaml" | "yml") if path.is_file() => Some(format!("`--spec {word}` names a spec")),
        _ => None,
    }
}

/// What clap has to say instead: help, the version, or what is wrong with the arguments.
fn unread(mut error: clap::Error, output: Output) -> ExitCode {
    if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg)
        && error.kind() == ErrorKind::UnknownArgument
        && let Some(tip) = place(word)
    {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    let text = error.render().to_string();
    match (output.is_json(), error.use_stderr()) {
        (true, true) => {
            let why = text.trim_start_matches("error: ").trim_end().to_owned();
            output.data(&serde_json::json!({ "error": "usage", "messages": [why] }));
        }
        (true, false) => output.data(&serde_json::json!({ "text": text })),
        (false, true) => drop(error.print()),
        (false, false) => output.text(&text),
    }
    ended(output, code)
}

fn dispatch(command: Command, output: Output) -> Result<Outcome, Failure> {
    match command {
        Command::Init(options) => init::run(&options, output),
        Command::Render(options) => render::run(&options, output),
        Command::Check(place) => check::check(&place, output),
        Command::Diff(place) => check::diff(&place, output),
        Command::Expand(options) => expand::run(&options, output),
        Command::AdoptEdit(options) => own::adopt_edit(&options, output),
        Command::Eject(options) => own::eject(&options, output),
        Command::Compile(options) => compile::run(&options, output),
        Command::Format(options) => compile::format(&options, output),
        Command::Explain(options) => explain::run(&options, output),
        Command::Cost(options) => cost::run(&options, output),
        Command::Plan(options) => remote::plan(&options, output),
        Command::Apply(options) => remote::apply(&options, output),
        Command::Destroy(options) => remote::destroy(&options, output),
        Command::Run(options) => run::run(&options, output),
        Command::Runs(options) => match &options.command {
            RunsCommand::Show { run, html: Some(file) } => runs_html::write(run, file, output),
            command => runs::run(command, output),
        },
        Command::Approve(options) => approve::run(&options, true, output),
        Command::Reject(options) => approve::run(&options, false, output),
        Command::Status(spec) => status::run(&spec, output),
        Command::Sandbox(options) => sandbox::run(&options, output),
        Command::Doctor(options) => doctor::run(&options, output),
        Command::Secrets(options) => secrets::run(&options, output),
        Command::Upgrade(options) => upgrade::run(&options, output),
        Command::Templates(options) => templates::run(&options, output),
        Command::Schema => {
            output.data(&mlops_gen::spec::json_schema());
            Ok(Outcome::Clean)
        }
        Command::Man { dir } => man(&dir, output),
        Command::Completions { shell } => {
            let script = completions::script(shell);
            if output.is_json() {
                output.data(&serde_json::json!({ "shell": shell.to_string(), "script": script }));
            } else {
                output.text(&script);
            }
            Ok(Outcome::Clean)
        }
    }
}

/// Writes man pages.
fn man(dir: &std::path::Path, output: Output) -> Result<Outcome, Failure> {
    let wrong = |error: std::io::Error| Failure::Usage(format!("cannot write man pages to {}: {error}", dir.display()));
    std::fs::create_dir_all(dir).map_err(wrong)?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(wrong)?;
    if output.is_json() {
        output.data(&serde_json::json!({ "folder": dir }));
    }
    Ok(Outcome::Clean)
}
