//! A run as a tree of stages, jobs and steps.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::timeline::{Level, Part, Timeline, is_unnamed};
use super::{Run, State, clock};

/// How much of a tree is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Everything.
    Full,
    /// Steps only where something goes on or went wrong.
    Live,
}

/// One line about a run: pipeline, number, state, branch and commit, time.
pub fn headline(run: &Run, now: Timestamp) -> String {
    let mut line = format!("{} {} (run {})  {}", run.pipeline, run.number, run.id, run.state.word());
    if let Some(branch) = &run.branch {
        let _ = write!(line, "  {branch} @ {}", run.short_commit());
    }
    if let Some(took) = run.took(now) {
        let _ = write!(line, "  {}", clock(took));
    }
    line
}

/// The tree, a line for each part, each with its sign, its name and the time that it took. Errors stand below their part.
pub fn text(timeline: &Timeline, detail: Detail, now: Timestamp) -> String {
    let mut out = String::new();
    for part in timeline.children(None) {
        branch(timeline, part, detail, now, 0, &mut out);
    }
    out
}

fn branch(timeline: &Timeline, part: &Part, detail: Detail, now: Timestamp, depth: usize, out: &mut String) {
    let unnamed = is_unnamed(&part.name) && part.level != Level::Step;
    let inner = if unnamed { depth } else { depth + 1 };
    if !unnamed {
        let indent = "  ".repeat(depth);
        let took = part.took(now).filter(|_| part.state != State::Skipped);
        let took = took.map_or_else(String::new, |took| format!("  {}", clock(took)));
        let again = if part.attempt > 1 { format!("  (attempt {})", part.attempt) } else { String::new() };
        let _ = writeln!(out, "{indent}{} {}{took}{again}", part.state.sign(), part.name);
        if part.state == State::Waiting && !part.waits.is_empty() {
            let _ = writeln!(out, "{indent}  waits for {}", part.waits.join(", "));
        }
        for problem in &part.problems {
            let _ = writeln!(out, "{indent}  {problem}");
        }
    }
    for child in timeline.children(Some(&part.id)) {
        if shown(child, detail) {
            branch(timeline, child, detail, now, inner, out);
        }
    }
}

fn shown(part: &Part, detail: Detail) -> bool {
    let eventful = matches!(part.state, State::Running | State::Stopping | State::Failed | State::SucceededWithIssues);
    match (detail, part.level) {
        (Detail::Full, _) | (_, Level::Stage) => true,
        (Detail::Live, Level::Job) => part.state != State::Waiting && part.state != State::Skipped,
        (Detail::Live, Level::Step) => eventful,
    }
}
