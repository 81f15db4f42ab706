//! `mlops-gen sandbox`: doubles of the services on this machine, for as long as this runs.

use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use mlops_gen::edge::sandbox::Sandbox as Doubles;
use mlops_gen::edge::sandbox_up::state_of;
use serde_json::json;

use super::args_sandbox::{Sandbox, SandboxAction};
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;
use super::runs::block_on;
use super::sandbox_projects::{projects, say, show as show_on_page};
use super::sandbox_up;
use super::watch::interrupted;

/// Pause between two looks at the command.
const LOOK: Duration = Duration::from_millis(10);

pub(super) fn run(options: &Sandbox, output: Output) -> Result<Outcome, Failure> {
    match &options.action {
        Some(SandboxAction::Demo(options)) => return super::sandbox_demo::run(options, output),
        Some(SandboxAction::Run(options)) => return super::sandbox_run::run(options, output),
        Some(SandboxAction::Up(options)) => return sandbox_up::up(options, output),
        Some(SandboxAction::Down(options)) => return sandbox_up::down(options, output),
        Some(SandboxAction::Status(options)) => return sandbox_up::status(options, output),
        Some(SandboxAction::Logs(options)) => return sandbox_up::logs(options, output),
        Some(SandboxAction::Serve(options)) => return sandbox_up::serve(options, output),
        Some(SandboxAction::Tool { words }) => return super::sandbox_run::tool(words, output),
        None => {}
    }
    let projects = projects(&options.spec)?;
    let state = options.state.as_deref().map(|path| if path.is_dir() { state_of(path) } else { path.to_owned() });
    let state = state.as_deref();
    block_on(async {
        let doubles = Doubles::start(&projects, state, options.tick, options.execute.as_deref()).await?;
        show_on_page(&doubles, &options.spec, &projects, options.execute.as_deref());
        say(&doubles, output);
        let outcome = match options.command.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).envs(doubles.variables());
                let child = command.spawn().map_err(|error| Failure::Usage(format!("cannot run {program}: {error}")));
                match child {
                    Ok(child) => wait(child, program).await.map(code),
                    Err(failure) => Err(failure),
                }
            }
            None => {
                show(&doubles, state, output);
                interrupted().await;
                Ok(Outcome::Clean)
            }
        };
        doubles.stop(state).await?;
        if let Some(path) = state {
            output.say(&format!("sandbox: kept in {}", path.display()));
        }
        outcome
    })
}

/// The variables as lines for a shell.
fn show(doubles: &Doubles, state: Option<&Path>, output: Output) {
    if output.is_json() {
        output.data(&json!({ "environment": doubles.variables() }));
        // Whoever reads it waits for it, and this runs on.
        output.finish();
        return;
    }
    output.say("sandbox: paste these lines into another terminal:");
    // A spec decides names of variables, which are letters, digits and underscores; values are ids and addresses.
    let line = |(name, value): (&String, &String)| format!("export {name}='{value}'\n");
    output.text(&doubles.variables().iter().map(line).collect::<String>());
    match state {
        Some(path) => output.say(&format!("sandbox: Ctrl-C ends it and keeps what was made in {}", path.display())),
        None => output.say("sandbox: Ctrl-C ends it, and what was made in it is gone"),
    }
}

/// Waits for the command. Ctrl-C reaches it as well and is for it to answer; a request to end is passed on.
async fn wait(mut child: Child, program: &str) -> Result<ExitStatus, Failure> {
    let wrong = |error: std::io::Error| Failure::Usage(format!("cannot wait for {program}: {error}"));
    // One listener for the whole time: a signal between two looks is not missed.
    let mut ended = std::pin::pin!(ended());
    let mut asked = false;
    loop {
        if let Some(status) = child.try_wait().map_err(wrong)? {
            return Ok(status);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = &mut ended, if !asked => {
                asked = true;
                child.kill().map_err(wrong)?;
            }
        }
    }
}

/// Waits for the request to end; Ctrl-C is none here.
async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut end) = signal(SignalKind::terminate()) {
            let mut end = std::pin::pin!(end.recv());
            loop {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = &mut end => return,
                }
            }
        }
    }
    loop {
        if tokio::signal::ctrl_c().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// The command's exit code; that of a shell for one that a signal ended.
fn code(status: ExitStatus) -> Outcome {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None::<i32>;
    let code = status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(2);
    Outcome::Code(u8::try_from(code).unwrap_or(2))
}
