//! What happens in a run, as lines.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use pipeline_runner::{Connection, Event, Host, Secret, Value, Where};

use super::counters;
use super::options::Options;

/// Gets each line.
pub type Sink<'a> = dyn Fn(&str) + Sync + 'a;

pub(super) struct Shown<'a> {
    options: &'a Options,
    sink: &'a Sink<'a>,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    issues: Vec<String>,
    tags: Vec<String>,
    number: Option<String>,
    /// What counters stand at in this run, by prefix.
    counted: BTreeMap<String, i32>,
}

impl<'a> Shown<'a> {
    pub fn new(options: &'a Options, sink: &'a Sink<'a>) -> Self {
        Self { options, sink, noted: Mutex::default() }
    }

    /// Issues, tags, and the number that a step gave the run.
    pub fn into_parts(self) -> (Vec<String>, Vec<String>, Option<String>) {
        let noted = self.noted.into_inner().unwrap_or_else(PoisonError::into_inner);
        (noted.issues, noted.tags, noted.number)
    }

    fn note(&self, change: impl FnOnce(&mut Noted)) {
        change(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn name(place: &Where) -> String {
    let parts = [place.stage.as_str(), &place.job, &place.instance];
    parts.into_iter().filter(|part| !part.is_empty() && *part != "__default").collect::<Vec<_>>().join(".")
}

impl Host for Shown<'_> {
    fn event(&self, event: &Event<'_>) {
        let line = match event {
            Event::StageBegan(stage) => format!("== stage {stage}"),
            Event::StageEnded(stage, outcome, None) => format!("== stage {stage}: {outcome}"),
            Event::StageEnded(stage, outcome, Some(reason)) => {
                self.note(|noted| noted.issues.push(format!("stage {stage}: {reason}")));
                format!("== stage {stage}: {outcome}: {reason}")
            }
            Event::JobBegan(place, 0) => format!("-- job {}", name(place)),
            Event::JobBegan(place, agent) => format!("-- job {} on agent {agent}", name(place)),
            Event::JobEnded(place, outcome, None) => format!("-- job {}: {outcome}", name(place)),
            Event::JobEnded(place, outcome, Some(reason)) => {
                self.note(|noted| noted.issues.push(format!("{}: {reason}", name(place))));
                format!("-- job {}: {outcome}: {reason}", name(place))
            }
            Event::StepBegan(place, _, display) => format!("{} | > {display}", name(place)),
            Event::StepEnded(place, _, outcome) if outcome.is_good() => format!("{} | < {outcome}", name(place)),
            Event::StepEnded(place, step, outcome) => format!("{} | < step {}: {outcome}", name(place), step + 1),
            Event::Line(place, _, line) => format!("{} | {line}", name(place)),
            Event::Issue(place, _, kind, text) => {
                self.note(|noted| noted.issues.push(format!("{}: {kind}: {text}", name(place))));
                return;
            }
            Event::Tag(tag) => {
                self.note(|noted| noted.tags.push((*tag).to_owned()));
                format!("++ tag {tag}")
            }
            Event::Number(number) => {
                self.note(|noted| noted.number = Some((*number).to_owned()));
                format!("++ number {number}")
            }
            Event::Summary(place, file) => format!("++ summary of {}: {}", name(place), file.display()),
            Event::Attachment(place, kind, title, file) => {
                format!("++ attachment of {}: {kind} {title}: {}", name(place), file.display())
            }
            Event::Artifact(_, artifact) => format!("++ artifact {}: {}", artifact.name, artifact.folder.display()),
            Event::Tests(_, title, tests) => {
                format!(
                    "++ tests: {title}: {} of {} failed, {} skipped",
                    tests.failed.len(),
                    tests.total,
                    tests.skipped
                )
            }
            Event::Coverage(_, coverage) => {
                format!("++ coverage: {:.1} % of {} lines", coverage.percent(), coverage.valid)
            }
        };
        (self.sink)(&line);
    }

    fn group(&self, name: &str) -> Result<Vec<(String, Value)>, String> {
        let found = self.options.groups.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, values)| values.clone()).ok_or_else(|| {
            let known: Vec<&str> = self.options.groups.keys().map(String::as_str).collect();
            format!("there is no variable group `{name}` in the sandbox; it has {}", listed(&known))
        })
    }

    fn counter(&self, prefix: &str, seed: i32) -> Option<i32> {
        let prefix = prefix.to_lowercase();
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = noted.counted.get(&prefix) {
            return Some(*count);
        }
        match counters::next(&self.options.folder, &self.options.path, &prefix, seed) {
            Ok(count) => {
                noted.counted.insert(prefix, count);
                Some(count)
            }
            Err(message) => {
                noted.issues.push(message);
                None
            }
        }
    }

    fn connection(&self, name: &str) -> Result<Connection, String> {
        let found = self.options.connections.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        match found {
            Some((_, environment)) => {
                Ok(Connection { environment: environment.clone(), secrets: Vec::<Secret>::new() })
            }
            None => {
                let known: Vec<&str> = self.options.connections.keys().map(String::as_str).collect();
                Err(format!("there is no service connection `{name}` in the sandbox; it has {}", listed(&known)))
            }
        }
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
