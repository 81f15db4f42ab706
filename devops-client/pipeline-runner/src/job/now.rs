//! What a task sees of its step, its job and its run.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::bench::{Now, Saving, kept};
use super::built;
use crate::cancel::Cancel;
use crate::files::program;
use crate::host::{Host, Where};
use crate::predefined::Paths;
use crate::process::{Call, End, Limits, Line, MARK, carry_out};
use crate::settings::Facts;
use crate::variables::{Value, Variables};

impl Now<'_, '_> {
    /// An input that is not empty; names do not mind case.
    pub fn input(&self, name: &str) -> Option<&str> {
        let found = self.inputs.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// Whether an input says `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.input(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The folder that an input names, from the sources on; the sources without it.
    pub fn folder_of(&self, name: &str) -> PathBuf {
        let sources = self.paths().sources();
        self.input(name).map_or_else(|| sources.clone(), |folder| sources.join(folder))
    }

    pub fn paths(&self) -> &Paths {
        &self.bench.start.paths
    }

    pub fn facts(&self) -> &Facts {
        self.bench.start.facts
    }

    pub fn host(&self) -> &dyn Host {
        self.bench.start.host
    }

    pub fn place(&self) -> &Where {
        &self.bench.start.place
    }

    pub fn variables(&self) -> &Variables {
        &self.bench.start.variables
    }

    pub fn cancel(&self) -> &Cancel {
        &self.bench.cancel
    }

    pub fn minute(&self) -> Duration {
        self.bench.start.settings.minute
    }

    /// When the step has to end at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        [self.limit, self.bench.deadline].into_iter().flatten().min()
    }

    /// What the run keeps.
    pub fn kept(&self) -> PathBuf {
        kept(self.bench.start.settings, self.bench.start.facts)
    }

    /// The caches of this pipeline.
    pub fn caches(&self) -> PathBuf {
        self.bench.start.settings.folder.join("caches").join(self.facts().folder())
    }

    /// What a cache of that path begins with where it is missed.
    pub fn seed(&self, path: &Path) -> Option<PathBuf> {
        let seeds = self.bench.start.settings.seeds.iter();
        let mut own = seeds.filter(|(name, folder)| path.ends_with(name) && folder.is_dir());
        own.next().map(|(_, folder)| folder.clone())
    }

    pub fn save_later(&mut self, saving: Saving) {
        self.bench.savings.push(saving);
    }

    /// Whether this job has that folder for itself.
    pub fn holds(&self, folder: &Path) -> bool {
        self.bench.held.iter().any(|(known, _)| known == folder)
    }

    /// Keeps a folder for this job alone, as long as the file is locked.
    pub fn hold(&mut self, folder: PathBuf, file: File) {
        self.bench.held.push((folder, file));
    }

    /// Puts what the same job has built the last time into the folder of its sources.
    pub fn bring_built(&mut self, sources: &Path) {
        if built::bring(&self.bench.start.kept, sources) {
            self.output("what this job has built before is there");
        }
    }

    pub fn hide(&self, secret: &str) {
        self.bench.start.mask.add(secret);
    }

    pub fn prepend(&mut self, folder: PathBuf) {
        self.bench.prepended.retain(|known| *known != folder);
        self.bench.prepended.insert(0, folder);
    }

    /// Sets a variable of the job.
    pub fn set(&mut self, name: &str, value: Value) {
        if value.is_secret() {
            self.hide(value.text());
        }
        self.bench.start.variables.set(name, value);
    }

    /// The program of that name on the steps' `PATH`.
    pub fn on_path(&self, name: &str) -> Option<PathBuf> {
        let environment = self.environment();
        let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_str());
        program(name, path.unwrap_or_default())
    }

    /// The environment of the step: what the run was given, variables that are no secrets, and what the step maps.
    pub fn environment(&self) -> Vec<(String, String)> {
        let start = &self.bench.start;
        let mut all: BTreeMap<String, String> = start.settings.environment.iter().cloned().collect();
        let path = all.get("PATH").cloned().unwrap_or_default();
        all.extend(start.variables.environment());
        all.extend(self.environment.iter().cloned());
        let folder = |folder: &PathBuf| folder.display().to_string();
        let first = self.bench.prepended.iter().chain(&start.settings.tools).map(folder);
        let path = all.get("PATH").cloned().unwrap_or(path);
        all.insert("PATH".to_owned(), first.chain([path]).collect::<Vec<_>>().join(":"));
        all.insert(MARK.to_owned(), self.bench.mark());
        all.into_iter().collect()
    }

    /// Carries a process out within the step's time.
    pub fn process(&mut self, call: &Call, on_line: &mut dyn FnMut(&mut Self, Line)) -> Result<End, String> {
        let cancel = self.bench.cancel.clone();
        let limits = Limits {
            cancel: &cancel,
            step: self.limit,
            job: self.bench.deadline,
            patience: self.bench.start.settings.patience,
        };
        let (end, group) = carry_out(call, &limits, &mut |line| on_line(self, line))?;
        self.bench.groups.push(group);
        Ok(end)
    }

    /// Why a process did not end by itself.
    pub fn ended(&self, end: End) -> String {
        match end {
            End::StepTime => "The task has timed out.".to_owned(),
            End::JobTime => "The operation was canceled: the job's time is over.".to_owned(),
            End::Cancelled => "The operation was canceled.".to_owned(),
            End::Exited(code) => format!("ended with {code}"),
        }
    }
}
