//! One job at one agent: its folders, its variables, its steps one after the other.

pub(crate) mod bench;
pub(crate) mod built;
mod now;
mod output;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::cancel::Cancel;
use crate::conditions::{Asking, Board, Done, Moment, holds};
use crate::files::{make, renew};
use crate::host::Event;
use crate::outcome::Outcome;
use crate::plan::Step;
use crate::process::sweep;
use crate::tasks::{self, cache_save};
use crate::variables::Value;

pub(crate) use bench::Start;
use bench::{Bench, Now};

/// Minutes that a job has when it does not say.
const USUAL_MINUTES: f64 = 60.0;

/// Minutes that a job has to end when it does not say.
const USUAL_CANCEL_MINUTES: f64 = 5.0;

/// Carries the job out.
pub(crate) fn run(start: Start<'_>) -> Done {
    let minutes = |text: Option<&str>, usual: f64| {
        let text = text.map(|text| start.variables.expand(text));
        let minutes = text.and_then(|text| text.trim().parse::<f64>().ok()).unwrap_or(usual);
        (minutes > 0.0).then(|| start.settings.minute.mul_f64(minutes.min(1e6)))
    };
    let whole = minutes(start.timeout, USUAL_MINUTES);
    let grace = minutes(start.cancel_timeout, USUAL_CANCEL_MINUTES);
    let mut bench = Bench {
        deadline: whole.map(|whole| Instant::now() + whole),
        cancel: start.cancel.clone(),
        outcome: Outcome::Succeeded,
        ending: false,
        outputs: BTreeMap::new(),
        prepended: Vec::new(),
        groups: Vec::new(),
        savings: Vec::new(),
        held: Vec::new(),
        start,
    };
    match bench.prepare() {
        Ok(()) => {
            for (index, step) in bench.start.steps.iter().enumerate() {
                bench.step(index, step, grace);
            }
            bench.clean_up();
        }
        Err(message) => {
            bench.start.host.event(&Event::Issue(&bench.start.place, 0, "error", &message));
            bench.outcome = Outcome::Failed;
        }
    }
    Done { outcome: bench.outcome, outputs: bench.outputs }
}

impl<'a> Bench<'a> {
    fn prepare(&mut self) -> Result<(), String> {
        for (_, value) in self.start.variables.iter().filter(|(_, value)| value.is_secret()) {
            self.start.mask.add(value.text());
        }
        if self.start.server {
            return Ok(());
        }
        let paths = &self.start.paths;
        renew(&paths.workspace)?;
        renew(&paths.temp)?;
        for name in ["s", "a", "b", "TestResults"] {
            make(&paths.workspace.join(name))?;
        }
        make(&paths.tools)
    }

    fn clean_up(&mut self) {
        sweep(&self.groups, &self.mark());
        // what cannot be kept is built again
        let _ = built::keep(&self.start.kept, &self.start.paths.sources(), self.start.agent);
        if !self.outcome.is_good() {
            return;
        }
        for saving in std::mem::take(&mut self.savings) {
            // what could not be kept is missing next time, and nothing else
            let last = self.start.steps.len().saturating_sub(1);
            if let Err(message) = cache_save(&saving) {
                self.start.host.event(&Event::Issue(&self.start.place, last, "warning", &message));
            }
        }
    }

    /// Notices the request to end: from now on only steps that ask for it are carried out, for as long as the job has to end.
    fn notice_ending(&mut self, grace: Option<Duration>) {
        let late = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if self.ending || !(self.start.cancel.is_asked() || late) {
            return;
        }
        if late && !self.start.cancel.is_asked() {
            let text = format!(
                "The job running on agent Sandbox {} ran longer than the maximum time of {} minutes.",
                self.start.agent,
                self.start.timeout.unwrap_or("60")
            );
            self.start.host.event(&Event::Issue(&self.start.place, 0, "error", &text));
        }
        self.ending = true;
        self.outcome = Outcome::Canceled;
        self.cancel = Cancel::default();
        self.deadline = grace.map(|grace| Instant::now() + grace);
    }

    fn step(&mut self, index: usize, step: &Step, grace: Option<Duration>) {
        self.notice_ending(grace);
        let host = self.start.host;
        let place = self.start.place.clone();
        let status = if self.ending { Outcome::Canceled } else { self.outcome };
        self.start.variables.set("Agent.JobStatus", Value::plain(status.word()));
        let late = self.ending && self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        let board = Board::default();
        let moment = Moment {
            asking: Asking::Step,
            board: &board,
            variables: &self.start.variables,
            direct: vec![(String::new(), if self.ending { Outcome::Succeeded } else { status })],
            indirect: Vec::new(),
            cancelled: self.ending,
            counters: None,
        };
        match holds(step.condition.as_deref(), &moment) {
            Ok(true) if step.enabled && !late => {}
            Ok(_) => {
                host.event(&Event::StepEnded(&place, index, Outcome::Skipped));
                return;
            }
            Err(message) => {
                host.event(&Event::Issue(&place, index, "error", &message));
                host.event(&Event::StepEnded(&place, index, Outcome::Failed));
                self.outcome = self.outcome.and(Outcome::Failed);
                return;
            }
        }
        let display = self.start.mask.hide(&self.start.variables.expand(&step.display));
        host.event(&Event::StepBegan(&place, index, &display));
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.trim().parse::<u32>().ok());
        let retries = number(&step.retries).unwrap_or(0).min(10);
        let mut outcome = Outcome::Failed;
        for attempt in 1..=retries + 1 {
            outcome = self.attempt(index, step, attempt);
            if outcome != Outcome::Failed || attempt > retries {
                break;
            }
            let text = format!("##[warning]try {attempt} of {} failed; again", retries + 1);
            host.event(&Event::Line(&place, index, &text));
        }
        if outcome == Outcome::Failed && step.continue_on_error {
            outcome = Outcome::SucceededWithIssues;
        }
        host.event(&Event::StepEnded(&place, index, outcome));
        self.notice_ending(grace);
        // what a clean-up comes to does not change that the job was ended
        if !self.ending {
            self.outcome = self.outcome.and(outcome);
        }
    }

    fn attempt(&mut self, index: usize, step: &Step, attempt: u32) -> Outcome {
        let expand = |pairs: &[(String, String)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| (name.clone(), self.start.variables.expand(value))).collect()
        };
        let (inputs, environment) = (expand(&step.inputs), expand(&step.environment));
        let minutes = step.timeout.as_deref().map(|text| self.start.variables.expand(text));
        let minutes = minutes.and_then(|text| text.trim().parse::<f64>().ok()).filter(|minutes| *minutes > 0.0);
        let limit = minutes.map(|minutes| Instant::now() + self.start.settings.minute.mul_f64(minutes.min(1e6)));
        let server = self.start.server;
        let mut now = Now {
            bench: self,
            step,
            index,
            attempt,
            server,
            inputs,
            environment,
            limit,
            told: None,
            issues: false,
            broken: false,
        };
        match tasks::run(&mut now) {
            Ok(_) if now.broken => Outcome::Failed,
            Ok(outcome) => now.told.unwrap_or(outcome),
            Err(message) => {
                if !message.is_empty() {
                    now.output(&format!("##[error]{message}"));
                    now.issue("error", &message);
                }
                let ended = now.bench.start.cancel.is_asked() && !now.bench.ending;
                if ended { Outcome::Canceled } else { Outcome::Failed }
            }
        }
    }
}
