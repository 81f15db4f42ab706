//! Builds: what a run is in the Build area, and the run's state.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::artifacts::Artifact;
use super::definitions::Definition;
use super::logs::Log;
use super::model::{Plan, Stage};
use super::queue::{Wanted, capitalised};
use super::records::{Record, State, of_plan};
use crate::core::Call;
use crate::core::call::time_text;
use crate::core::ids::IdSource;
use crate::core::json::{number, shown};
use crate::git::object::ObjectId;

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
    /// A run that has just been queued.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        id: i64,
        definition: &Definition,
        number: String,
        wanted: Wanted,
        plan: Plan,
        yaml: String,
        caller: Uuid,
        now: Timestamp,
        ids: &mut IdSource,
    ) -> Build {
        let records = of_plan(&plan, &wanted.skip, ids);
        Build {
            id,
            project: definition.project,
            definition: definition.id,
            revision: definition.revision(),
            number,
            branch: wanted.branch,
            commit: wanted.commit,
            reason: wanted.reason,
            requested_by: caller,
            queued: now,
            started: None,
            finished: None,
            status: Status::NotStarted,
            result: None,
            parameters: wanted.parameters,
            variables: wanted.variables,
            skip: wanted.skip,
            plan,
            yaml,
            records,
            logs: Vec::new(),
            artifacts: Vec::new(),
            outputs: BTreeMap::new(),
            tags: Vec::new(),
            keep: false,
            plan_id: ids.guid(),
            change: 1,
            changed: now,
            last_tick: now,
        }
    }

    /// Notes that it has changed.
    pub fn touch(&mut self, now: Timestamp) {
        self.change += 1;
        self.changed = now;
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
        self.artifacts.push(Artifact { id, name: name.to_owned(), source });
    }

    /// Starts a stage anew. Without `all`, jobs that succeeded are not run again.
    pub(super) fn retry(&mut self, stage: &Stage, all: bool, ids: &mut IdSource, now: Timestamp) {
        let Some(old) = self.stage_record(&stage.name).cloned() else { return };
        let prefix = format!("{}.", stage.name);
        let gone: Vec<Record> =
            self.records.iter().filter(|record| record.identifier.starts_with(&prefix)).cloned().collect();
        let mut made = super::records::of_stage(stage, old.order, old.attempt + 1, ids);
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

    /// The answer's form.
    pub fn to_json(&self, call: &Call<'_>) -> Value {
        let definition = call.organization.definitions.get(&self.definition);
        let repository = definition.and_then(|definition| call.organization.repositories.get(&definition.repository()));
        let project = call.organization.projects.get(&self.project).map(|project| project.reference(&call.root()));
        let url = call.project_url(self.project, &format!("_apis/build/Builds/{}", self.id));
        let queue = definition
            .and_then(|definition| number(&definition.body()["queue"], "id"))
            .and_then(|id| call.organization.queues.get(&id))
            .map(|queue| queue.reference(call.organization));
        let mut body = json!({
            "_links": {
                "self": { "href": url },
                "web": { "href": call.project_url(self.project, &format!("_build/results?buildId={}", self.id)) },
                "timeline": { "href": format!("{url}/Timeline") },
            },
            "properties": {},
            "tags": self.tags,
            "validationResults": [],
            "plans": [{ "planId": self.plan_id }],
            "triggerInfo": if self.reason == "individualCI" { json!({ "ci.sourceBranch": self.branch, "ci.sourceSha": self.commit.to_string() }) } else { json!({}) },
            "id": self.id,
            "buildNumber": self.number,
            "status": self.status,
            "queueTime": time_text(self.queued),
            "url": url,
            "definition": definition.map(|definition| definition.reference(call)),
            "buildNumberRevision": self.number.rsplit('.').next().and_then(|serial| serial.parse::<i64>().ok()),
            "project": project,
            "uri": format!("vstfs:///Build/Build/{}", self.id),
            "sourceBranch": self.branch,
            "sourceVersion": self.commit.to_string(),
            "queue": queue,
            "priority": "normal",
            "reason": self.reason,
            "requestedFor": call.identity_ref(self.requested_by),
            "requestedBy": call.identity_ref(self.requested_by),
            "lastChangedDate": time_text(self.changed),
            "lastChangedBy": call.identity_ref(self.requested_by),
            "templateParameters": self.parameters,
            "orchestrationPlan": { "planId": self.plan_id },
            "logs": { "id": 0, "type": "Container", "url": format!("{url}/logs") },
            "repository": repository.map(|repository| json!({
                "id": repository.id, "type": "TfsGit", "name": repository.name, "url": repository.remote_url(call), "clean": null, "checkoutSubmodules": false,
            })),
            "keepForever": self.keep,
            "retainedByRelease": false,
            "triggeredByBuild": null,
            "appendCommitMessageToRunName": true,
        });
        let parameters: Map<String, Value> = self
            .variables
            .iter()
            .filter(|(_, variable)| variable["isSecret"] != json!(true))
            .map(|(name, variable)| (name.clone(), variable["value"].clone()))
            .collect();
        if !parameters.is_empty() {
            body["parameters"] = json!(Value::Object(parameters).to_string());
        }
        if let Some(started) = self.started {
            body["startTime"] = json!(time_text(started));
        }
        if let Some(finished) = self.finished {
            body["finishTime"] = json!(time_text(finished));
        }
        if let Some(result) = &self.result {
            body["result"] = json!(result);
        }
        body
    }
}
