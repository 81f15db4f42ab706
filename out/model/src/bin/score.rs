//! `score`: serves predictions over HTTP. See `SCORING.md`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use mlops_model::scoring::healthcheck;
use mlops_model::scoring::lines::{Level, Lines};
use mlops_model::scoring::server::Server;
use mlops_model::scoring::settings::{self, Arguments, Settings};

/// Could not start.
const ERROR: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(url) = &arguments.healthcheck {
        let tls = match settings::tls(&arguments) {
            Ok(tls) => tls,
            Err(error) => return fail(&error, 1),
        };
        return match healthcheck::check(url.as_deref(), arguments.listen, tls.as_ref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(reason) => fail(&reason, 1),
        };
    }
    let settings = match Settings::check(arguments, |name| std::env::var(name).ok()) {
        Ok(settings) => settings,
        Err(error) => return fail(&error, ERROR),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(4).build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error, ERROR),
    };
    let lines = match Lines::start(std::io::stdout()) {
        Ok(lines) => lines,
        Err(error) => return fail(&error, ERROR),
    };
    log_panics(lines.clone());
    let outcome = runtime.block_on(serve(settings, lines.clone()));
    lines.close();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, ERROR),
    }
}

/// Runs the server until a signal stops it.
async fn serve(settings: Settings, lines: Lines) -> Result<(), Box<dyn std::error::Error>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let server = Server::start(settings, lines).await?;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => server.reload(),
        }
    }
    tokio::select! {
        () = server.stop() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Panics become lines of the log like everything else; the answer to the request is made where they are caught.
fn log_panics(lines: Lines) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let message = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
        lines.event(Level::Error, "panic", &[("place", &place), ("reason", message)]);
    }));
}

fn fail(reason: &dyn std::fmt::Display, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "score: {reason}");
    ExitCode::from(code)
}
