//! What is being done, while it is done: a line for each step, and on a terminal what is under way.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use mlops_gen::edge::remote::apply::Event;
use mlops_gen::remote::plan::Action;
use mlops_gen::remote::resource::Key;

use crate::cli::output::Output;

/// Most resources under way that are named in the last line of a terminal.
const NAMED: usize = 3;

/// Prints progress.
pub(super) struct Progress {
    output: Output,
    live: bool,
    names: Vec<String>,
    steps: usize,
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ended: usize,
    under_way: BTreeMap<(usize, Key), Action>,
}

impl Progress {
    /// Progress of `steps` steps of the projects `names`; a single one is not named in each line.
    pub(super) fn new(output: Output, names: Vec<String>, steps: usize) -> Self {
        let live = output.is_live();
        Self { output, live, names, steps, begun: Instant::now(), state: Mutex::default() }
    }

    /// Takes note of an event of the project with this number.
    pub(super) fn tell(&self, number: usize, event: Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let line = match event {
            Event::Started(key, action) => {
                state.under_way.insert((number, key), action);
                None
            }
            Event::Done(key, action, took) => {
                let line = format!("{:>9}  {}{key}  ({:.1} s)", past(action), self.of(number), took.as_secs_f64());
                state.ended += 1;
                state.under_way.remove(&(number, key));
                Some(line)
            }
            Event::Failed(key, action) => {
                state.ended += 1;
                state.under_way.remove(&(number, key.clone()));
                Some(format!("{:>9}  {}{key}  (could not {})", "failed", self.of(number), word(action)))
            }
        };
        if self.live {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
        if let Some(line) = line {
            self.output.say(&line);
        }
        if self.live {
            let named: Vec<String> = state.under_way.keys().take(NAMED).map(|(_, key)| key.to_string()).collect();
            let more = if state.under_way.len() > NAMED { ", …" } else { "" };
            let (ended, seconds) = (state.ended, self.begun.elapsed().as_secs());
            let _ = write!(std::io::stderr(), "[{ended}/{}, {seconds} s] {}{more}", self.steps, named.join(", "));
        }
    }

    /// Ends the last line.
    pub(super) fn end(&self) {
        if self.live {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }

    fn of(&self, number: usize) -> String {
        match self.names.get(number) {
            Some(name) if self.names.len() > 1 => format!("{name}: "),
            _ => String::new(),
        }
    }
}

/// What is done in a step, as a verb.
pub(super) fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Adopt => "adopt",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Unchanged => "leave",
    }
}

fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Adopt => "adopted",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Unchanged => "left",
    }
}
