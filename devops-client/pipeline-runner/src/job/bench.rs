//! A job and its step while they go.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::time::Instant;

use rustix::process::Pid;

use crate::cancel::Cancel;
use crate::host::{Host, Where};
use crate::mask::Mask;
use crate::outcome::Outcome;
use crate::plan::Step;
use crate::predefined::Paths;
use crate::settings::{Facts, Settings};
use crate::variables::Variables;

/// What a job starts from.
pub(crate) struct Start<'a> {
    pub settings: &'a Settings,
    pub facts: &'a Facts,
    pub host: &'a dyn Host,
    pub cancel: &'a Cancel,
    pub mask: &'a Mask,
    pub place: Where,
    pub agent: usize,
    pub server: bool,
    pub paths: Paths,
    /// Where what this job builds is kept.
    pub kept: PathBuf,
    pub variables: Variables,
    pub steps: &'a [Step],
    pub timeout: Option<&'a str>,
    pub cancel_timeout: Option<&'a str>,
}

/// A job while it goes.
pub(crate) struct Bench<'a> {
    pub(super) start: Start<'a>,
    pub(super) outcome: Outcome,
    /// Set when the job is to end: by request or because its time is over.
    pub(super) ending: bool,
    pub(super) deadline: Option<Instant>,
    /// The request to end, as the steps hear it: those that clean up are not asked twice.
    pub(super) cancel: Cancel,
    pub(super) outputs: BTreeMap<String, String>,
    pub(super) prepended: Vec<PathBuf>,
    pub(super) groups: Vec<Pid>,
    pub(super) savings: Vec<Saving>,
    /// Folders that this job has for itself, and what is locked for it.
    pub(super) held: Vec<(PathBuf, File)>,
}

/// A step while it goes.
pub(crate) struct Now<'a, 'b> {
    pub(super) bench: &'b mut Bench<'a>,
    pub step: &'b Step,
    pub index: usize,
    pub attempt: u32,
    pub server: bool,
    pub inputs: Vec<(String, String)>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) limit: Option<Instant>,
    /// What `task.complete` said.
    pub(super) told: Option<Outcome>,
    pub(super) issues: bool,
    /// Whether a logging command could not be carried out.
    pub(super) broken: bool,
}

/// A cache to keep when the job went well.
pub(crate) struct Saving {
    pub key: String,
    pub path: PathBuf,
    pub folder: PathBuf,
}

impl Bench<'_> {
    pub(super) fn mark(&self) -> String {
        let place = &self.start.place;
        let run = self.start.facts.id;
        format!("{}-{run}-{}-{}-{}", self.start.settings.folder.display(), place.stage, place.job, place.instance)
    }
}

/// The folder of what a run keeps.
pub(super) fn kept(settings: &Settings, facts: &Facts) -> PathBuf {
    settings.folder.join("runs").join(facts.id.to_string())
}
