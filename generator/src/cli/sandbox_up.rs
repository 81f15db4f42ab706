//! `mlops-gen sandbox up | down | status | logs`: a sandbox in the background, by its folder.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mlops_gen::edge::EdgeError;
use mlops_gen::edge::sandbox::Sandbox as Doubles;
use mlops_gen::edge::sandbox_run::{end_all, revive};
use mlops_gen::edge::sandbox_up::{SeenRun, Up, log, prepare, processes, state_of};
use serde_json::json;

use super::args_sandbox::{SandboxFolder, SandboxLogs, SandboxUp};
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;
use super::runs::block_on;
use super::sandbox_projects::{projects, say, show as show_on_page};
use super::watch::interrupted;

/// How long a sandbox has to start, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Pause between two times that a sandbox's state is kept, so that little is lost when it is killed.
const KEEP: Duration = Duration::from_secs(3);

pub(super) fn up(options: &SandboxUp, output: Output) -> Result<Outcome, Failure> {
    let folder = &options.folder.state;
    if prepare(folder)? {
        output.say(&format!("sandbox: the state file {} is taken over into a folder of that name", folder.display()));
    }
    if let Some(up) = Up::read(folder)? {
        if up.is_alive() {
            output.say("sandbox: it is up already");
            show(&up, output);
            return Ok(Outcome::Clean);
        }
        Up::forget(folder);
        let left = end_all(folder)?;
        output.say(&format!("sandbox: the one before was cut off; {left} processes of it are ended"));
    }
    let program =
        std::env::current_exe().map_err(|error| Failure::Usage(format!("cannot find this program: {error}")))?;
    let log = folder.join("sandbox.log");
    let file = fs::File::create(&log).map_err(|error| EdgeError::new("write", &log, error))?;
    let copy = file.try_clone().map_err(|error| EdgeError::new("write", &log, error))?;
    let mut command = Command::new(program);
    command.args(["sandbox", "serve", "--tick", &options.tick.to_string(), "--state"]).arg(folder);
    for spec in &options.spec {
        command.arg("--spec").arg(spec);
    }
    command.stdin(Stdio::null()).stdout(copy).stderr(file);
    // Ctrl-C in this terminal is not for it
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|error| Failure::Usage(format!("cannot start the sandbox: {error}")))?;
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(up) = Up::read(folder)?.filter(Up::is_alive) {
            let said = fs::read_to_string(&log).unwrap_or_default();
            said.lines().filter(|line| line.contains("cut off")).for_each(|line| output.say(line));
            show(&up, output);
            return Ok(Outcome::Clean);
        }
        let ended = child.try_wait().ok().flatten();
        if ended.is_some() || Instant::now() > until {
            let said = fs::read_to_string(&log).unwrap_or_default();
            let _ = child.kill();
            return Err(Failure::Usage(format!("the sandbox did not start: {}", said.trim())));
        }
        std::thread::sleep(LOOK);
    }
}

/// The sandbox itself: what [`up`] starts.
pub(super) fn serve(options: &SandboxUp, output: Output) -> Result<Outcome, Failure> {
    let folder = &options.folder.state;
    prepare(folder)?;
    let projects = projects(&options.spec)?;
    let state = state_of(folder);
    block_on(async {
        let doubles = Doubles::start(&projects, Some(&state), options.tick, Some(folder)).await?;
        show_on_page(&doubles, &options.spec, &projects, Some(folder));
        say(&doubles, output);
        for line in doubles.cut_off().into_iter().chain(revive(folder)?) {
            output.say(&format!("sandbox: {line}"));
        }
        Up::here(doubles.page(), doubles.variables()).announce(folder)?;
        let mut stop = std::pin::pin!(interrupted());
        loop {
            tokio::select! {
                () = &mut stop => break,
                () = tokio::time::sleep(KEEP) => doubles.save(&state)?,
            }
        }
        doubles.stop(Some(&state)).await?;
        let ended = end_all(folder)?;
        Up::forget(folder);
        output.say(&format!("sandbox: ended, {ended} processes with it"));
        Ok(Outcome::Clean)
    })
}

pub(super) fn down(options: &SandboxFolder, output: Output) -> Result<Outcome, Failure> {
    let folder = &options.state;
    let up = Up::read(folder)?.filter(Up::is_alive);
    let mut ended = 0;
    if let Some(up) = &up {
        ended += processes(folder)?.len() + 1;
        up.ask_to_end();
        let until = Instant::now() + PATIENCE;
        while up.is_alive() && Instant::now() < until {
            std::thread::sleep(LOOK);
        }
        if up.is_alive() {
            return Err(Failure::Usage(format!(
                "process {} does not end; what it says: mlops-gen sandbox logs",
                up.process
            )));
        }
    }
    ended += end_all(folder)?;
    Up::forget(folder);
    match output.is_json() {
        true => output.data(&json!({ "ended": ended, "wasUp": up.is_some() })),
        false => output.say(&format!("sandbox: {ended} processes ended in {}", folder.display())),
    }
    Ok(Outcome::Clean)
}

pub(super) fn status(options: &SandboxFolder, output: Output) -> Result<Outcome, Failure> {
    let folder = &options.state;
    let up = Up::read(folder)?;
    let alive = up.as_ref().filter(|up| up.is_alive());
    let running = if folder.is_dir() { processes(folder)? } else { Vec::new() };
    let runs = alive.map(Up::runs).transpose()?.unwrap_or_default();
    if output.is_json() {
        let processes = running.iter().map(|process| json!({ "id": process.id, "what": process.what }));
        output.data(&json!({
            "up": alive.is_some(),
            "process": alive.map(|up| up.process),
            "page": alive.map(|up| &up.page),
            "addresses": alive.map(addresses),
            "processes": processes.collect::<Vec<_>>(),
            "runs": runs,
        }));
        return Ok(if alive.is_some() { Outcome::Clean } else { Outcome::Different });
    }
    let Some(alive) = alive else {
        let why = if up.is_some() { "was cut off: `mlops-gen sandbox up` cleans and starts it" } else { "is down" };
        output.text(&format!("the sandbox in {} {why}\n", folder.display()));
        for process in &running {
            output.text(&format!("  process {}: {}\n", process.id, process.what));
        }
        return Ok(Outcome::Different);
    };
    let mut text = format!("up as process {}; pipelines and runs: {}\n", alive.process, alive.page);
    for (name, address) in addresses(alive) {
        text.push_str(&format!("  {name}  {address}\n"));
    }
    for process in &running {
        text.push_str(&format!("  process {}: {}\n", process.id, process.what));
    }
    for SeenRun { id, number, status, result, waits } in runs.iter().take(10) {
        let result = if result.is_empty() { status } else { result };
        text.push_str(&format!("  run {id} ({number}): {result}"));
        if !waits.is_empty() {
            text.push_str(&format!(", waits at {}: `mlops-gen approve {id}`", waits.join(", ")));
        }
        text.push('\n');
    }
    output.text(&text);
    Ok(Outcome::Clean)
}

pub(super) fn logs(options: &SandboxLogs, output: Output) -> Result<Outcome, Failure> {
    let folder = &options.folder.state;
    let run = options.what.as_deref().and_then(|what| what.parse::<i64>().ok());
    if let Some(run) = run {
        let up = Up::read(folder)?.filter(Up::is_alive);
        let up = up.ok_or_else(|| Failure::Usage(format!("the sandbox is down: run {run} cannot be asked for")))?;
        let program =
            std::env::current_exe().map_err(|error| Failure::Usage(format!("cannot find this program: {error}")))?;
        let mut command = Command::new(program);
        command.args(["runs", "logs", &run.to_string()]).envs(&up.variables);
        if output.is_json() {
            command.arg("--json");
        }
        let status = command.status().map_err(|error| Failure::Usage(format!("cannot read the logs: {error}")))?;
        return Ok(Outcome::Code(u8::try_from(status.code().unwrap_or(2)).unwrap_or(2)));
    }
    let text = log(folder, options.what.as_deref())?;
    match output.is_json() {
        true => output.data(&json!({ "log": text })),
        false => output.text(&text),
    }
    Ok(Outcome::Clean)
}

/// The addresses among the variables.
fn addresses(up: &Up) -> Vec<(&str, &str)> {
    let pairs = up.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    pairs.filter(|(_, value)| value.starts_with("http://")).collect()
}

/// Where it is, and the variables as lines for a shell.
fn show(up: &Up, output: Output) {
    if output.is_json() {
        output.data(&json!({ "process": up.process, "page": up.page, "environment": up.variables }));
        return;
    }
    output.say(&format!("sandbox: up as process {}; pipelines and runs: {}", up.process, up.page));
    output.say("sandbox: these lines point every other command there; `mlops-gen sandbox down` ends it:");
    let line = |(name, value): (&String, &String)| format!("export {name}='{value}'\n");
    output.text(&up.variables.iter().map(line).collect::<String>());
}
