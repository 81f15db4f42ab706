//! A run followed to its end: a live tree under scrolling logs on a terminal, plain lines elsewhere; a table at the end.

use std::io::Write as _;
use std::time::Duration;

use futures::StreamExt as _;
use jiff::Timestamp;
use mlops_gen::edge::runs::{Runs, Seen, WatchOptions};
use mlops_gen::remote::runs::timeline::{Level, Part, Timeline, approval};
use mlops_gen::remote::runs::tree::{self, Detail, headline};
use mlops_gen::remote::runs::{Run, State, table};
use serde_json::json;

use super::args_run::Watching;
use super::failure::Failure;
use super::outcome::Outcome;
use super::output::Output;
use super::stages::nested;

/// How often a terminal is drawn again, so that its clocks go.
const FRAME: Duration = Duration::from_millis(200);

/// Without a limit of the caller's: longer than any run may take, approvals of thirty days included.
const LONGEST: Duration = Duration::from_secs(60 * 86_400);

/// Follows a run. Its result is the outcome: clean if it went well, different if it failed or was cancelled. Ending the
/// watch leaves the run alone.
pub(super) async fn watch(runs: &Runs, run: Run, watching: Watching, output: Output) -> Result<Outcome, Failure> {
    let timeout = watching.timeout.map_or(LONGEST, |minutes| Duration::from_secs(u64::from(minutes) * 60));
    let id = run.id;
    let mut events = std::pin::pin!(runs.watch(id, WatchOptions { interval: watching.interval, timeout }));
    let live = output.is_live();
    let mut view = View { run, timeline: Timeline::default(), screen: live.then(Screen::default), output };
    let mut stop = std::pin::pin!(interrupted());
    let mut frames = tokio::time::interval(FRAME);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => {
                view.leave();
                return Err(Failure::Services(vec![format!(
                    "stopped watching; run {id} goes on: `mlops-gen runs watch {id}` comes back to it, \
                     `mlops-gen runs cancel {id}` stops it"
                )]));
            }
            event = events.next() => match event {
                Some(Ok(Seen::Finished(run))) => return Ok(view.end(run)),
                Some(Ok(seen)) => view.take(seen),
                Some(Err(error)) => {
                    view.leave();
                    output.say(&format!("run {id} goes on; come back with: mlops-gen runs watch {id}"));
                    return Err(error.into());
                }
                None => return Err(Failure::Services(vec![format!("run {id} has told nothing more; look with `mlops-gen runs show {id}`")])),
            },
            _ = frames.tick() => view.draw(),
        }
    }
}

/// Waits for Ctrl-C, or for the request to end.
pub(super) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut end) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = end.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// What is known of the run, and where it is shown.
struct View {
    run: Run,
    timeline: Timeline,
    screen: Option<Screen>,
    output: Output,
}

impl View {
    fn take(&mut self, seen: Seen) {
        match seen {
            Seen::Run(run) => {
                if self.screen.is_none() && run.state != self.run.state {
                    self.output.say(&headline(&run, Timestamp::now()));
                }
                self.run = run;
            }
            Seen::Part(part) => {
                let told = part.clone();
                if self.timeline.put(part) {
                    self.tell(&told);
                }
            }
            Seen::Log(id, lines) => {
                let name = self.timeline.get(&id).map_or_else(String::new, |part| part.name.clone());
                let lines = lines.iter().map(|line| format!("{name} | {line}"));
                self.print(lines.collect());
            }
            Seen::Approval(pending) => self.print(vec![approval(&pending)]),
            Seen::Finished(_) => {}
        }
    }

    /// Says what became of a part, where there is no tree to show it.
    fn tell(&self, part: &Part) {
        if self.screen.is_some() {
            return;
        }
        let now = Timestamp::now();
        let at = if part.state.is_over() { part.finished } else { part.started }.unwrap_or(now);
        let since = self.run.queued.map_or(0, |queued| (at.as_second() - queued.as_second()).max(0));
        self.output.say(&self.timeline.line(part, since, now));
    }

    fn print(&mut self, lines: Vec<String>) {
        match &mut self.screen {
            Some(screen) => screen.above.extend(lines),
            None => lines.iter().for_each(|line| self.output.say(line)),
        }
    }

    fn draw(&mut self) {
        if let Some(screen) = &mut self.screen {
            screen.draw(&format!("{}\n{}", headline(&self.run, Timestamp::now()), live(&self.timeline)));
        }
    }

    /// Leaves the screen as it is and goes on below it.
    fn leave(&mut self) {
        self.draw();
        self.screen = None;
    }

    fn end(mut self, run: Run) -> Outcome {
        self.run = run;
        let now = Timestamp::now();
        if let Some(screen) = &mut self.screen {
            screen.draw("");
        }
        if self.output.is_json() {
            self.output.data(&json!({ "run": self.run, "stages": nested(&self.timeline, None) }));
        } else {
            self.output.text(&format!("{}\n{}", table::parts(&self.timeline, now), headline(&self.run, now)));
            self.output.text("\n");
        }
        for problem in &self.run.problems {
            self.output.say(&format!("problem: {problem}"));
        }
        self.failures();
        if self.run.state.is_good() { Outcome::Clean } else { Outcome::Different }
    }

    fn failures(&self) {
        let failed = |part: &&Part| part.state == State::Failed && part.level == Level::Step;
        let failed: Vec<&Part> = self.timeline.parts().iter().filter(failed).collect();
        for part in &failed {
            self.output.say(&format!("failed: {}", self.timeline.path(part)));
        }
        let id = self.run.id;
        if !failed.is_empty() {
            self.output.say(&format!("  its log: mlops-gen runs logs {id} --failed"));
        }
        if !self.run.state.is_good() {
            self.output.say(&format!("  once more: mlops-gen runs retry {id}"));
        }
    }
}

fn live(timeline: &Timeline) -> String {
    tree::text(timeline, Detail::Live, Timestamp::now())
}

/// The lower part of a terminal, drawn again and again; what is above it scrolls.
#[derive(Default)]
struct Screen {
    drawn: usize,
    above: Vec<String>,
}

impl Screen {
    fn draw(&mut self, text: &str) {
        let (height, width) = console::Term::stderr().size();
        let (height, width) = (usize::from(height).max(8), usize::from(width).max(20));
        let mut out = String::new();
        if self.drawn > 0 {
            // Up to where the last drawing began, and away with what is below.
            out.push_str(&format!("\u{1b}[{}A\u{1b}[J", self.drawn));
        }
        for line in self.above.drain(..) {
            out.push_str(&line);
            out.push('\n');
        }
        let lines: Vec<&str> = text.lines().collect();
        // The end of a tree that is too high is where something goes on.
        let most = height - 2;
        let shown = if lines.len() > most { &lines[lines.len() - most..] } else { &lines[..] };
        for line in shown {
            // A line that wraps would be counted as one and leave its rest behind.
            out.push_str(&console::truncate_str(line, width - 1, "…"));
            out.push('\n');
        }
        self.drawn = shown.len();
        let mut stderr = std::io::stderr().lock();
        let _ = stderr.write_all(out.as_bytes()).and_then(|()| stderr.flush());
    }
}
