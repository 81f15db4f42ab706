//! `devops-emulator`: the emulator as a program. Its URL is the first line on standard output.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use devops_emulator::{Advance, Emulator, Running, Throttle};

/// A stateful Azure DevOps organization on loopback
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Name of the organization
    #[arg(long, default_value = "emulator")]
    organization: String,
    /// Projects to begin with
    #[arg(long = "project")]
    projects: Vec<String>,
    /// File with an accepted token on each line; without it, every credential is taken
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// File that the state is loaded from, if it is there, and saved to at the end (Ctrl-C)
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Runs move on one tick in so many milliseconds; without it, one tick with each read
    #[arg(long, value_name = "MILLISECONDS")]
    tick: Option<u64>,
    /// Limit requests as the service does, with time going so many times as fast
    #[arg(long, value_name = "FACTOR")]
    throttle: Option<f64>,
    /// Print the state that the file holds, secrets masked, and end
    #[arg(long, requires = "state")]
    print: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // a message that cannot be written has nobody to read it
            _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let mut emulator = Emulator::builder().organization(&arguments.organization);
    if let Some(path) = arguments.state.as_ref().filter(|path| path.exists()) {
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("cannot read state {}: {error}", path.display()))?;
        let state =
            serde_json::from_str(&text).map_err(|error| format!("state {} is not JSON: {error}", path.display()))?;
        emulator = emulator.load(state).map_err(|error| format!("state {}: {error}", path.display()))?;
    }
    emulator = emulator.listen(arguments.listen);
    if let Some(path) = &arguments.tokens {
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("cannot read tokens {}: {error}", path.display()))?;
        for token in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            emulator = emulator.token(token);
        }
    }
    for project in &arguments.projects {
        emulator = emulator.seed_project(project);
    }
    if let Some(millis) = arguments.tick {
        emulator = emulator.advance(Advance::EveryMillis(millis));
    }
    if let Some(factor) = arguments.throttle {
        emulator = emulator.throttle(Throttle::scaled(factor));
    }
    let running = emulator.start().await.map_err(|error| error.to_string())?;
    if arguments.print {
        let state = running.state().print().map_err(|error| error.to_string())?;
        return say(&format!("{state:#}"));
    }
    say(&running.url())?;
    wait().await?;
    save(running, arguments.state).await
}

fn say(line: &str) -> Result<(), String> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| format!("cannot write to standard output: {error}"))
}

async fn wait() -> Result<(), String> {
    let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|error| format!("cannot wait for SIGTERM: {error}"))?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result.map_err(|error| format!("cannot wait for Ctrl-C: {error}")),
        _ = end.recv() => Ok(()),
    }
}

/// Writes the state beside its file and moves it there, so that the file is never half a state.
async fn save(running: Running, path: Option<PathBuf>) -> Result<(), String> {
    let state = running.stop().await;
    let Some(path) = path else { return Ok(()) };
    let text =
        serde_json::to_string(&state.save().map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    let beside = path.with_extension("new");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, &path))
        .map_err(|error| format!("cannot save state to {}: {error}", path.display()))
}
