//! Runs that are really carried out: each that is queued gets a thread of its own, which works on this machine and writes
//! down in the organization what happens.

mod execution;
mod host;
mod records;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use azure_pipelines::template::Expanded;
use azure_pipelines::yaml;
use jiff::Timestamp;
use pipeline_runner::{Agents, Cancel, Facts, Outcome, Plan, Source, Value, run};
use serde_json::json;

use crate::core::Organization;
use crate::core::json::{capitalised, shown};
use crate::server::shared::Shared;
use crate::state::runs::{Build, Status};
pub use execution::{ConnectionSource, Execution, SecretSource};
use host::RunHost;

/// Pause between two looks at what was queued.
const LOOK: Duration = Duration::from_millis(20);

/// What carries runs out; it ends them all when it is dropped.
#[derive(Debug)]
pub(crate) struct Executor {
    ended: Arc<AtomicBool>,
    runs: Runs,
    watcher: Option<JoinHandle<()>>,
}

/// The requests to end of the runs under way, by run.
type Runs = Arc<Mutex<BTreeMap<i64, Cancel>>>;

impl Executor {
    /// Carries out what is queued from now on. `root` is the address of the organization, `token` what steps sign in with.
    pub fn start(shared: Arc<Shared>, mut execution: Execution, root: String, token: String) -> Executor {
        // all runs work in one folder: each agent is one job's at a time, whatever run it is of
        execution.settings.shared.get_or_insert(Agents::of(execution.settings.agents));
        end_cut_off(&shared);
        let (ended, runs) = (Arc::new(AtomicBool::new(false)), Runs::default());
        let (stop, under_way) = (Arc::clone(&ended), Arc::clone(&runs));
        let watcher = thread::spawn(move || {
            let mut threads: Vec<JoinHandle<()>> = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                for id in queued(&shared) {
                    let cancel = Cancel::default();
                    lock(&under_way).insert(id, cancel.clone());
                    let (shared, execution) = (Arc::clone(&shared), execution.clone());
                    let (root, token, under_way) = (root.clone(), token.clone(), Arc::clone(&under_way));
                    threads.push(thread::spawn(move || {
                        carry_out(&shared, &execution, &root, &token, id, &cancel);
                        lock(&under_way).remove(&id);
                    }));
                }
                for id in cancelled(&shared) {
                    if let Some(cancel) = lock(&under_way).get(&id) {
                        cancel.ask();
                    }
                }
                threads.retain(|thread| !thread.is_finished());
                thread::sleep(LOOK);
            }
            lock(&under_way).values().for_each(Cancel::ask);
            for thread in threads {
                // what a run's thread says by panicking is in the log already
                let _ = thread.join();
            }
        });
        Executor { ended, runs, watcher: Some(watcher) }
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        lock(&self.runs).values().for_each(Cancel::ask);
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }
}

fn lock(runs: &Runs) -> std::sync::MutexGuard<'_, BTreeMap<i64, Cancel>> {
    runs.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs that went on when the state was saved are over: what carried them out is gone.
fn end_cut_off(shared: &Shared) {
    let mut inner = shared.lock();
    let now = Timestamp::now();
    let organization = &mut inner.organization;
    let going = |build: &&mut Build| matches!(build.status, Status::InProgress | Status::Cancelling);
    for build in organization.builds.values_mut().filter(going) {
        build.result = Some("canceled".to_owned());
        build.status = Status::Completed;
        build.finished = Some(now);
        build.touch(now);
        for record in build.records.iter_mut().filter(|record| record.result.is_none()) {
            record.end("canceled", now);
        }
        for approval in organization.approvals.values_mut().filter(|approval| approval.build == build.id) {
            if approval.status == "pending" {
                approval.settle("canceled");
            }
        }
    }
}

/// The runs that were queued since, which begin now.
fn queued(shared: &Shared) -> Vec<i64> {
    let mut inner = shared.lock();
    let now = Timestamp::now();
    let waiting = inner.organization.builds.values_mut().filter(|build| build.status == Status::NotStarted);
    let begin = |build: &mut Build| {
        build.status = Status::InProgress;
        build.started = Some(now);
        build.touch(now);
        build.id
    };
    waiting.map(begin).collect()
}

fn cancelled(shared: &Shared) -> Vec<i64> {
    let inner = shared.lock();
    let asked = inner.organization.builds.values().filter(|build| build.status == Status::Cancelling);
    asked.map(|build| build.id).collect()
}

fn carry_out(shared: &Arc<Shared>, execution: &Execution, root: &str, token: &str, id: i64, cancel: &Cancel) {
    let prepared = {
        let inner = shared.lock();
        let organization = &inner.organization;
        organization.builds.get(&id).map(|build| (plan(build), facts(organization, build, root, token)))
    };
    let Some((plan, facts)) = prepared else { return };
    let outcome = match plan {
        Ok(plan) => {
            let host = RunHost { shared, execution, id, plan: &plan };
            run(&plan, &execution.settings, &facts, &host, cancel).outcome
        }
        Err(message) => {
            say_on_first_record(shared, id, &message);
            Outcome::Failed
        }
    };
    let mut inner = shared.lock();
    if let Some(build) = inner.organization.builds.get_mut(&id) {
        let now = Timestamp::now();
        build.result = Some(
            match outcome {
                Outcome::Succeeded | Outcome::Skipped => "succeeded",
                Outcome::SucceededWithIssues => "partiallySucceeded",
                Outcome::Failed => "failed",
                Outcome::Canceled => "canceled",
            }
            .to_owned(),
        );
        build.status = Status::Completed;
        build.finished = Some(now);
        build.touch(now);
    }
}

/// A run that cannot be planned says so on its first record.
fn say_on_first_record(shared: &Shared, id: i64, message: &str) {
    let mut inner = shared.lock();
    if let Some(record) = inner.organization.builds.get_mut(&id).and_then(|build| build.records.first_mut()) {
        record.issues.push(("error".to_owned(), message.to_owned()));
        record.end("failed", Timestamp::now());
    }
}

/// What the run's final YAML says, without the stages that were left out on request.
fn plan(build: &Build) -> Result<Plan, String> {
    let root = yaml::parse("final.yml", &build.yaml).map_err(|problem| problem.to_string())?;
    let expanded = Expanded { root, open: false, problems: Vec::new(), files: Default::default() };
    let mut plan =
        Plan::of(&expanded).map_err(|problems| problems.iter().map(ToString::to_string).collect::<String>())?;
    let left_out = |name: &str| build.skip.iter().any(|skipped| skipped.eq_ignore_ascii_case(name));
    plan.stages.retain(|stage| !left_out(&stage.name));
    for stage in &mut plan.stages {
        stage.depends.retain(|name| !left_out(name));
    }
    Ok(plan)
}

fn facts(organization: &Organization, build: &Build, root: &str, token: &str) -> Facts {
    let definition = organization.definitions.get(&build.definition);
    let repository = definition.and_then(|definition| organization.repositories.get(&definition.repository()));
    let project = organization.projects.get(&build.project).map(|project| project.name.clone()).unwrap_or_default();
    let person = organization.identity(build.requested_by);
    let name = repository.map(|repository| repository.name.clone()).unwrap_or_default();
    let mut variables: Vec<(String, Value)> = Vec::new();
    for (name, variable) in definition.and_then(|d| d.body()["variables"].as_object()).into_iter().flatten() {
        variables.push((name.clone(), Value::plain(shown(&variable["value"]))));
    }
    for (name, variable) in &build.variables {
        let text = shown(&variable["value"]);
        let value = if variable["isSecret"] == json!(true) { Value::secret(text) } else { Value::plain(text) };
        variables.push((name.clone(), value));
    }
    Facts {
        id: build.id,
        number: build.number.clone(),
        reason: capitalised(&build.reason),
        definition: (build.definition, definition.map(|d| d.name().to_owned()).unwrap_or_default()),
        collection: format!("{root}/"),
        project: (build.project.to_string(), project.clone()),
        repository: (repository.map(|repository| repository.id.to_string()).unwrap_or_default(), name.clone()),
        requested_for: person
            .map(|person| (person.display_name.clone(), person.unique_name.clone()))
            .unwrap_or_default(),
        token: Some(token.to_owned()),
        variables,
        attempt: 1,
        source: Source {
            url: format!("{root}/{}/_git/{}", encoded(&project), encoded(&name)),
            branch: build.branch.clone(),
            commit: build.commit.to_string(),
            header: Some(format!("Authorization: Bearer {token}")),
        },
    }
}

/// A name as a segment of an address.
fn encoded(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
