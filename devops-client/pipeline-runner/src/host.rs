//! Whoever has a run carried out: it hears what happens, and answers for what is outside of the run.

use std::path::{Path, PathBuf};

use crate::cancel::Cancel;
use crate::outcome::Outcome;
use crate::results::{Coverage, Tests};
use crate::variables::Value;

/// Which job something happens in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Where {
    /// The stage.
    pub stage: String,
    /// The job.
    pub job: String,
    /// The matrix entry or the hook of a deployment; empty for a job that goes once.
    pub instance: String,
}

/// What happens in a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// A stage begins.
    StageBegan(&'a str),
    /// A stage has ended, with the reason if it never began.
    StageEnded(&'a str, Outcome, Option<&'a str>),
    /// A job begins, on that agent; 0 for a job without one.
    JobBegan(&'a Where, usize),
    /// A job has ended, with the reason if it never began.
    JobEnded(&'a Where, Outcome, Option<&'a str>),
    /// A step begins: its place in the job from 0, and its name as shown.
    StepBegan(&'a Where, usize, &'a str),
    /// A step has ended.
    StepEnded(&'a Where, usize, Outcome),
    /// A line of a step's log, secrets hidden.
    Line(&'a Where, usize, &'a str),
    /// An issue to show: `error` or `warning`, and the text.
    Issue(&'a Where, usize, &'a str, &'a str),
    /// A tag for the run.
    Tag(&'a str),
    /// The run has another number.
    Number(&'a str),
    /// A page for the run's summary: Markdown.
    Summary(&'a Where, &'a Path),
    /// A file that belongs to the run: type, name, file.
    Attachment(&'a Where, &'a str, &'a str, &'a Path),
    /// An artifact was published.
    Artifact(&'a Where, &'a Artifact),
    /// Results of tests were published: title and results.
    Tests(&'a Where, &'a str, &'a Tests),
    /// Coverage was published.
    Coverage(&'a Where, &'a Coverage),
}

/// Something that a run keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Its name.
    pub name: String,
    /// The folder that holds it.
    pub folder: PathBuf,
}

/// What a stage must pass before it begins has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may begin.
    Open,
    /// It will not: what it comes to, and why.
    Shut(Outcome, String),
}

/// A service connection as steps see it.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// What its tools find in their environment.
    pub environment: Vec<(String, String)>,
    /// What no log shows.
    pub secrets: Vec<Secret>,
}

/// A text that is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A person is asked (`ManualValidation@1`).
#[derive(Clone, Debug)]
pub struct Validation {
    /// The job that waits.
    pub place: Where,
    /// What the person reads.
    pub instructions: String,
    /// Who may answer, separated by commas; empty for everybody who may queue the run.
    pub approvers: String,
    /// Whether whoever started the run may answer.
    pub own_runs: bool,
}

/// What a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Resume,
    /// Do not.
    Reject,
    /// Nobody answered before the request to end, or before the time was over.
    Silence,
}

/// Whoever has a run carried out.
pub trait Host: Sync {
    /// Hears what happens. Called from several threads.
    fn event(&self, event: &Event<'_>);

    /// Waits until a stage may begin.
    fn gate(&self, stage: &str, cancel: &Cancel) -> Gate {
        let _ = (stage, cancel);
        Gate::Open
    }

    /// The variables of a group, secrets as such.
    ///
    /// # Errors
    /// Why there are none.
    fn group(&self, name: &str) -> Result<Vec<(String, Value)>, String> {
        Err(format!("there is no variable group `{name}` here"))
    }

    /// A service connection.
    ///
    /// # Errors
    /// Why there is none.
    fn connection(&self, name: &str) -> Result<Connection, String> {
        Err(format!("there is no service connection `{name}` here"))
    }

    /// What a counter of the pipeline stands at in this run (`counter(prefix, seed)`): the first run with a prefix gets the seed,
    /// each after it one more, and one run the same number however often it asks. Nothing where nobody keeps counters.
    fn counter(&self, prefix: &str, seed: i32) -> Option<i32> {
        let _ = (prefix, seed);
        None
    }

    /// Asks a person, and waits for the answer.
    ///
    /// # Errors
    /// Why nobody can be asked.
    fn ask(&self, validation: &Validation, cancel: &Cancel) -> Result<Verdict, String> {
        let _ = (validation, cancel);
        Err("there is nobody here to ask".to_owned())
    }
}
