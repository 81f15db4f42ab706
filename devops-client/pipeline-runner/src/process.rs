//! Processes of steps: a group of their own, lines as they come, an end in good time.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::cancel::Cancel;
use crate::settings::Patience;

/// What is to be carried out.
pub(crate) struct Call {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub folder: PathBuf,
    /// The whole environment.
    pub environment: Vec<(String, String)>,
}

/// When it has to end by itself.
pub(crate) struct Limits<'a> {
    pub cancel: &'a Cancel,
    /// The step's own time.
    pub step: Option<Instant>,
    /// The job's time.
    pub job: Option<Instant>,
    pub patience: Patience,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself, with that code; that of a shell for one that a signal ended.
    Exited(i32),
    /// The step took too long.
    StepTime,
    /// The job took too long.
    JobTime,
    /// Somebody asked for it.
    Cancelled,
}

/// A line, and whether it came from standard error.
pub(crate) type Line = (String, bool);

enum Word {
    Line(Line),
    Closed,
    Exited(std::io::Result<ExitStatus>),
    Cancelled,
}

// Invariant: nothing outlives its job (test: what_a_step_leaves_running_ends_with_the_job_and_not_before).
/// Carries it out, and gives back how it ended and its group, which may still have members.
///
/// # Errors
/// If it cannot be started.
pub(crate) fn carry_out(call: &Call, limits: &Limits<'_>, on_line: &mut dyn FnMut(Line)) -> Result<(End, Pid), String> {
    let mut command = Command::new(&call.program);
    command.args(&call.arguments).current_dir(&call.folder).env_clear();
    command.envs(call.environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let wrong = |error: std::io::Error| format!("cannot start {}: {error}", call.program.display());
    let mut child = command.spawn().map_err(wrong)?;
    let group = Pid::from_child(&child);
    let (sender, words) = channel();
    read(child.stdout.take(), false, &sender);
    read(child.stderr.take(), true, &sender);
    relay(limits.cancel, &sender);
    thread::spawn(move || sender.send(Word::Exited(child.wait())));
    let end = follow(group, limits, &words, on_line);
    Ok((end, group))
}

/// Sends the lines of a pipe, and a word at its end.
fn read(pipe: Option<impl Read + Send + 'static>, error: bool, sender: &Sender<Word>) {
    let sender = sender.clone();
    thread::spawn(move || {
        let mut reader = pipe.map(BufReader::new);
        let mut bytes = Vec::new();
        while let Some(reader) = &mut reader {
            bytes.clear();
            match reader.read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&bytes);
            let line = text.trim_end_matches(['\n', '\r']).to_owned();
            if sender.send(Word::Line((line, error))).is_err() {
                return;
            }
        }
        let _ = sender.send(Word::Closed);
    });
}

/// Turns the request to end into a word.
fn relay(cancel: &Cancel, sender: &Sender<Word>) {
    let (asked, asks) = channel();
    cancel.listen(asked);
    let sender = sender.clone();
    thread::spawn(move || {
        if asks.recv().is_ok() {
            let _ = sender.send(Word::Cancelled);
        }
    });
}

fn follow(group: Pid, limits: &Limits<'_>, words: &Receiver<Word>, on_line: &mut dyn FnMut(Line)) -> End {
    let mut open = 2;
    let mut exited = None;
    // why it is to end before its time, and the signals that are still to come
    let mut ending: Option<End> = None;
    let mut next: Option<(Instant, Signal)> = None;
    loop {
        let now = Instant::now();
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if ending.is_none() && exited.is_none() {
            ending = if due(limits.step) {
                Some(End::StepTime)
            } else if due(limits.job) {
                Some(End::JobTime)
            } else {
                None
            };
            if ending.is_some() {
                signal(group, Signal::INT);
                next = Some((now + limits.patience.interrupt, Signal::TERM));
            }
        }
        if let Some((at, what)) = next.filter(|(at, _)| *at <= now) {
            signal(group, what);
            next = (what == Signal::TERM).then_some((at + limits.patience.terminate, Signal::KILL));
        }
        let until = match &exited {
            Some((_, at)) => Some(*at + limits.patience.output),
            None => [limits.step, limits.job]
                .into_iter()
                .flatten()
                .filter(|_| ending.is_none())
                .chain(next.map(|n| n.0))
                .min(),
        };
        let wait = until.map_or(Duration::from_secs(3600), |until| until.saturating_duration_since(now));
        match words.recv_timeout(wait) {
            Ok(Word::Line(line)) => on_line(line),
            Ok(Word::Closed) => open -= 1,
            Ok(Word::Exited(status)) => {
                exited = Some((status.as_ref().map_or(-1, code), Instant::now()));
                next = None;
            }
            Ok(Word::Cancelled) if ending.is_none() && exited.is_none() => {
                ending = Some(End::Cancelled);
                signal(group, Signal::INT);
                next = Some((Instant::now() + limits.patience.interrupt, Signal::TERM));
            }
            Ok(Word::Cancelled) => {}
            Err(RecvTimeoutError::Timeout) if exited.is_some() => open = 0,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => open = 0,
        }
        if let (Some((code, _)), 0) = (exited, open) {
            return ending.unwrap_or(End::Exited(code));
        }
    }
}

fn code(status: &ExitStatus) -> i32 {
    status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// A group that has gone needs no signal.
fn signal(group: Pid, signal: Signal) {
    let _ = kill_process_group(group, signal);
}

/// Ends what is left of the groups, and whatever bears the mark in its environment: nothing outlives its job.
pub(crate) fn sweep(groups: &[Pid], mark: &str) {
    for group in groups {
        signal(*group, Signal::KILL);
    }
    let Ok(processes) = std::fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        if bears(&process.path(), mark)
            && let Some(id) = Pid::from_raw(id)
        {
            let _ = rustix::process::kill_process(id, Signal::KILL);
        }
    }
}

fn bears(process: &Path, mark: &str) -> bool {
    let wanted = format!("{MARK}={mark}");
    std::fs::read(process.join("environ"))
        .is_ok_and(|bytes| bytes.split(|byte| *byte == 0).any(|pair| pair == wanted.as_bytes()))
}

/// The variable by which processes of a job are known, the agent's own.
pub(crate) const MARK: &str = "VSTS_PROCESS_LOOKUP_ID";
