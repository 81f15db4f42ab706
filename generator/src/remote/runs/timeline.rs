//! The stages, jobs and steps of a run, as they are told one after the other.

use jiff::Timestamp;
use serde::Serialize;

use super::{PendingApproval, State, clock, seconds};

/// What a part of a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A stage.
    Stage,
    /// A job of a stage.
    Job,
    /// A step of a job.
    Step,
}

/// A stage, job or step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its id in the timeline.
    #[serde(skip)]
    pub id: String,
    /// The part that it is in.
    #[serde(skip)]
    pub parent: Option<String>,
    /// Of a job: the phase that stood for it before it was there.
    #[serde(skip)]
    pub phase: Option<String>,
    /// What it is.
    pub level: Level,
    /// The name shown.
    pub name: String,
    /// The name in the YAML; what a stage is retried by.
    pub identifier: Option<String>,
    /// Where it is.
    pub state: State,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Its place among its siblings.
    #[serde(skip)]
    pub order: i64,
    /// Counts the tries, from 1.
    pub attempt: i64,
    /// Errors and warnings.
    pub problems: Vec<String>,
    /// What a stage waits for before it starts: checks that have not passed.
    pub waits: Vec<String>,
    /// Its log, if it has one.
    #[serde(skip)]
    pub log: Option<i64>,
}

impl Part {
    /// Time from its start to its end, or to `now` while it goes; `None` before its start.
    pub fn took(&self, now: Timestamp) -> Option<i64> {
        seconds(self.started, self.finished, now)
    }
}

/// All parts of a run that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    parts: Vec<Part>,
}

impl Timeline {
    /// The parts of a run.
    pub fn new(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    /// Takes in a part as it is now: whether its state, or what it waits for, is another than before.
    pub fn put(&mut self, part: Part) -> bool {
        self.parts.retain(|known| Some(&known.id) != part.phase.as_ref());
        match self.parts.iter_mut().find(|known| known.id == part.id) {
            Some(known) => {
                let changed = known.state != part.state || known.waits != part.waits;
                *known = part;
                changed
            }
            None => {
                let told = part.state != State::Waiting || !part.waits.is_empty();
                self.parts.push(part);
                told
            }
        }
    }

    /// The part with this id.
    pub fn get(&self, id: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.id == id)
    }

    /// All parts.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What is directly in `parent`, or the stages, in order.
    pub fn children(&self, parent: Option<&str>) -> Vec<&Part> {
        let is_root = |part: &Part| part.parent.as_deref().is_none_or(|parent| self.get(parent).is_none());
        let mut found: Vec<&Part> = match parent {
            Some(parent) => self.parts.iter().filter(|part| part.parent.as_deref() == Some(parent)).collect(),
            None => self.parts.iter().filter(|part| is_root(part)).collect(),
        };
        found.sort_by_key(|part| part.order);
        found
    }

    /// The names from the stage to this part. A stage or job without a name of its own is left out.
    pub fn path(&self, part: &Part) -> String {
        let mut names = vec![part.name.as_str()];
        let mut at = part.parent.as_deref().and_then(|id| self.get(id));
        while let Some(above) = at {
            if !is_unnamed(&above.name) {
                names.push(&above.name);
            }
            // A parent that is its own ancestor would never end.
            at = above.parent.as_deref().and_then(|id| self.get(id)).filter(|_| names.len() < 4);
        }
        names.reverse();
        names.join(" / ")
    }

    /// Stages that can be run again: those that failed or were stopped.
    pub fn retriable(&self) -> Vec<&Part> {
        let stages = self.children(None).into_iter().filter(|part| part.level == Level::Stage);
        stages.filter(|part| matches!(part.state, State::Failed | State::Canceled)).collect()
    }

    /// One line about a part that has changed, `elapsed` seconds after its run began to be watched.
    pub fn line(&self, part: &Part, elapsed: i64, now: Timestamp) -> String {
        let took = part.took(now).filter(|_| part.state.is_over());
        let took = took.map_or_else(String::new, |took| format!(" after {}", clock(took)));
        let again = if part.attempt > 1 { format!(" (attempt {})", part.attempt) } else { String::new() };
        let said = match (&part.waits[..], part.state) {
            ([_, ..], State::Waiting) => format!("waits for {}", part.waits.join(", ")),
            (_, state) => format!("{}{took}", state.word()),
        };
        format!("{:>7}  {}: {said}{again}", clock(elapsed), self.path(part))
    }
}

/// Azure Pipelines calls stages and jobs `__default` and `Job` where the YAML gives no name.
pub(crate) fn is_unnamed(name: &str) -> bool {
    name.is_empty() || name == "__default"
}

/// What is said of an approval that a run waits for, with the command that gives it.
pub fn approval(pending: &PendingApproval) -> String {
    let who =
        if pending.approvers.is_empty() { String::new() } else { format!(" by {}", pending.approvers.join(", ")) };
    let stage = pending.stage.as_deref().map_or_else(String::new, |stage| format!("{stage} "));
    format!("{stage}waits for approval{who}; approve with: mlops-gen approve {}", pending.run)
}
