//! Pipelines and their runs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use super::kept::{Artifact, Covered, Log, Tests};
use crate::core::ids::IdSource;
use crate::core::json::{capitalised, shown, text, text_at};
use crate::git::object::ObjectId;
use crate::pipelines::model::{Plan, Stage};
use crate::pipelines::records::{Record, State};

/// One state of a definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// What was given, completed.
    pub body: Value,
    /// Who made it.
    pub by: Uuid,
    /// When.
    pub on: Timestamp,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Its id, unique in the organization.
    pub id: i64,
    /// Its project.
    pub project: Uuid,
    /// Every state it had, the newest last.
    pub revisions: Vec<Revision>,
}

impl Definition {
    /// The current state.
    pub fn body(&self) -> &Value {
        self.revisions.last().map_or(&Value::Null, |revision| &revision.body)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        text(self.body(), "name").unwrap_or_default()
    }

    /// Its folder, from `\` on.
    pub fn path(&self) -> &str {
        text(self.body(), "path").unwrap_or("\\")
    }

    /// The file that it runs, with a leading slash.
    pub fn yaml_path(&self) -> String {
        format!("/{}", text_at(self.body(), &["process", "yamlFilename"]).unwrap_or_default().trim_start_matches('/'))
    }

    /// The repository's id.
    pub fn repository(&self) -> Uuid {
        text_at(self.body(), &["repository", "id"]).and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_default()
    }

    /// The branch that runs without a branch of their own take.
    pub fn default_branch(&self) -> Option<&str> {
        text_at(self.body(), &["repository", "defaultBranch"]).filter(|branch| !branch.is_empty())
    }

    /// The number of the current state.
    pub fn revision(&self) -> usize {
        self.revisions.len()
    }
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Queued.
    NotStarted,
    /// Under way.
    InProgress,
    /// To be ended.
    Cancelling,
    /// Ended.
    Completed,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// Its id, unique in the organization.
    pub id: i64,
    /// Its project.
    pub project: Uuid,
    /// Its pipeline.
    pub definition: i64,
    /// The pipeline's revision then.
    pub revision: usize,
    /// Its number, e.g. `20261122.1`.
    pub number: String,
    /// The full name of the branch.
    pub branch: String,
    /// The commit.
    pub commit: ObjectId,
    /// Why it runs.
    pub reason: String,
    /// Who asked for it.
    pub requested_by: Uuid,
    /// When it was queued.
    pub queued: Timestamp,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Where it is.
    pub status: Status,
    /// `succeeded`, `partiallySucceeded`, `failed` or `canceled`.
    pub result: Option<String>,
    /// `templateParameters`.
    pub parameters: Map<String, Value>,
    /// Variables given when it was queued: name to `{value, isSecret}`.
    pub variables: Map<String, Value>,
    /// Stages that were left out.
    pub skip: Vec<String>,
    /// What it does.
    pub plan: Plan,
    /// The final YAML.
    pub yaml: String,
    /// The timeline.
    pub records: Vec<Record>,
    /// The logs.
    pub logs: Vec<Log>,
    /// The artifacts.
    pub artifacts: Vec<Artifact>,
    /// Results of tests.
    #[serde(default)]
    pub tests: Vec<Tests>,
    /// What tests reach.
    #[serde(default)]
    pub coverage: Vec<Covered>,
    /// What its counters stand at, by prefix.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counted: BTreeMap<String, i32>,
    /// Output variables: `stage.job.step.name`.
    pub outputs: BTreeMap<String, Value>,
    /// Tags.
    pub tags: Vec<String>,
    /// Whether it is kept.
    pub keep: bool,
    /// The id of the plan, of the timeline.
    pub plan_id: Uuid,
    /// Counts changes of the timeline.
    pub change: i64,
    /// When it last changed.
    pub changed: Timestamp,
    /// When it was last moved on by time.
    pub last_tick: Timestamp,
}

impl Build {
    /// Notes that it has changed.
    pub fn touch(&mut self, now: Timestamp) {
        self.change += 1;
        self.changed = now;
    }

    /// Adds lines to a record's log, which is made if there is none.
    pub fn write_log(&mut self, record: Uuid, lines: &[String], now: Timestamp) {
        let stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%7fZ").to_string();
        let at = self.logs.iter().position(|log| log.record == record).unwrap_or_else(|| {
            let id = self.logs.len() as i64 + 1;
            self.logs.push(Log { id, record, lines: Vec::new(), created: now, changed: now });
            self.with(record, |record| record.log = Some(id));
            self.logs.len() - 1
        });
        let log = &mut self.logs[at];
        log.changed = now;
        log.lines.extend(lines.iter().map(|line| format!("{stamp} {line}")));
    }

    /// Whether it has not ended.
    pub fn status_is_open(&self) -> bool {
        self.status != Status::Completed
    }

    /// How it ended, once it has.
    pub fn result(&self) -> Option<&str> {
        self.result.as_deref()
    }

    /// The record of a stage.
    pub fn stage_record(&self, stage: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.kind == "Stage" && record.identifier.eq_ignore_ascii_case(stage))
    }

    /// Changes one record.
    pub fn with(&mut self, id: Uuid, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.records.iter_mut().find(|record| record.id == id) {
            change(record);
        }
    }

    /// Whether it waits at an exclusive lock.
    pub fn is_at_lock(&self, check: i64) -> bool {
        let wanted = format!("lock {check}");
        self.status_is_open()
            && self.records.iter().any(|record| {
                record.kind == "Checkpoint.ExclusiveLock"
                    && record.identifier == wanted
                    && record.state == State::InProgress
            })
    }

    /// The variables that conditions of a stage see.
    pub fn variables_at(&self, stage: &Stage) -> Map<String, Value> {
        let mut all = self.plan.variables.clone();
        all.extend(stage.variables.clone());
        for (name, variable) in &self.variables {
            all.insert(name.clone(), variable["value"].clone());
        }
        let short = self.branch.rsplit('/').next().unwrap_or_default();
        for (name, value) in [
            ("Build.SourceBranch", self.branch.clone()),
            ("Build.SourceBranchName", short.to_owned()),
            ("Build.SourceVersion", self.commit.to_string()),
            ("Build.Reason", capitalised(&self.reason)),
            ("Build.BuildId", self.id.to_string()),
            ("Build.BuildNumber", self.number.clone()),
        ] {
            all.insert(name.to_owned(), json!(value));
        }
        all
    }

    /// A line with the values of secret variables masked.
    pub fn masked(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for variable in self.variables.values().filter(|variable| variable["isSecret"] == json!(true)) {
            let value = shown(&variable["value"]);
            if !value.is_empty() {
                line = line.replace(&value, "***");
            }
        }
        line
    }

    /// Keeps an artifact that a step published; a second one of the same name replaces the first.
    pub fn publish(&mut self, name: &str, source: Uuid) {
        let id = self
            .artifacts
            .iter()
            .find(|artifact| artifact.name == name)
            .map_or(self.artifacts.len() as i64 + 1, |artifact| artifact.id);
        self.artifacts.retain(|artifact| artifact.name != name);
        self.artifacts.push(Artifact { id, name: name.to_owned(), source, folder: None });
    }

    /// Starts a stage anew. Without `all`, jobs that succeeded are not run again.
    pub(crate) fn retry(&mut self, stage: &Stage, all: bool, ids: &mut IdSource, now: Timestamp) {
        let Some(old) = self.stage_record(&stage.name).cloned() else { return };
        let prefix = format!("{}.", stage.name);
        let gone: Vec<Record> =
            self.records.iter().filter(|record| record.identifier.starts_with(&prefix)).cloned().collect();
        let mut made = crate::pipelines::records::of_stage(stage, old.order, old.attempt + 1, ids);
        made[0].previous = old.previous.clone();
        made[0].previous.push((old.attempt, old.id));
        for record in &mut made {
            let before = gone.iter().find(|other| other.identifier == record.identifier && other.kind == record.kind);
            let job_of = |identifier: &str| identifier.split('.').take(2).collect::<Vec<_>>().join(".");
            let kept = !all
                && gone.iter().any(|other| {
                    other.kind == "Phase" && other.identifier == job_of(&record.identifier) && other.is_good()
                });
            if let Some(before) = before.filter(|_| kept) {
                *record = Record { id: record.id, parent: record.parent, attempt: record.attempt, ..before.clone() };
            }
        }
        let checkpoints: Vec<Uuid> =
            self.records.iter().filter(|record| record.parent == Some(old.id)).map(|record| record.id).collect();
        self.records.retain(|record| {
            record.id != old.id
                && !record.identifier.starts_with(&prefix)
                && record.parent != Some(old.id)
                && !record.parent.is_some_and(|parent| checkpoints.contains(&parent))
        });
        let at = self
            .records
            .iter()
            .position(|record| record.kind == "Stage" && record.order > old.order)
            .unwrap_or(self.records.len());
        self.records.splice(at..at, made);
        // what was skipped because of this stage has its turn again
        let mut again = vec![stage.name.clone()];
        while let Some(name) = again.pop() {
            for next in self.plan.stages.clone() {
                let skipped =
                    self.stage_record(&next.name).is_some_and(|record| record.result.as_deref() == Some("skipped"));
                if next.depends_on.contains(&name) && skipped && !self.skip.contains(&next.name) {
                    for record in self.records.iter_mut().filter(|record| {
                        record.identifier == next.name || record.identifier.starts_with(&format!("{}.", next.name))
                    }) {
                        record.state = State::Pending;
                        record.result = None;
                        record.finish = None;
                    }
                    again.push(next.name);
                }
            }
        }
        self.status = Status::InProgress;
        self.result = None;
        self.finished = None;
        self.change += 1;
        self.changed = now;
        self.last_tick = now;
    }
}

/// What a step shall come to; the patterns may have `*` in them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scripted {
    /// Pipelines, by name.
    #[serde(default = "anything")]
    pub pipeline: String,
    /// Steps, by the name shown.
    #[serde(default = "anything")]
    pub step: String,
    /// `succeeded`, `succeededWithIssues` or `failed`.
    pub result: String,
    /// How often; `None` for always.
    #[serde(default)]
    pub times: Option<u32>,
    /// Output variables that the step sets.
    #[serde(default)]
    pub outputs: Map<String, Value>,
    /// Lines of its log.
    #[serde(default)]
    pub log: Vec<String>,
    /// Tags that it puts on its run.
    #[serde(default)]
    pub tags: Vec<String>,
}

impl Scripted {
    /// A step of a pipeline that succeeds, always; both names may have `*` in them.
    pub fn succeeds(pipeline: &str, step: &str) -> Scripted {
        Scripted {
            pipeline: pipeline.to_owned(),
            step: step.to_owned(),
            result: "succeeded".to_owned(),
            times: None,
            outputs: Map::new(),
            log: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// With an output variable.
    pub fn output(mut self, name: &str, value: &str) -> Scripted {
        self.outputs.insert(name.to_owned(), Value::from(value));
        self
    }

    /// With a line in its log.
    pub fn log(mut self, line: &str) -> Scripted {
        self.log.push(line.to_owned());
        self
    }

    /// With a tag on its run.
    pub fn tag(mut self, tag: &str) -> Scripted {
        self.tags.push(tag.to_owned());
        self
    }
}

fn anything() -> String {
    "*".to_owned()
}
