//! Builds: what a run is in the Build area, and the run's state.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::artifacts::Artifact;
use super::definitions::{Definition, not_found as definition_not_found};
use super::logs::Log;
use super::model::{Plan, Stage};
use super::queue::{self, Wanted, capitalised};
use super::records::{Record, State, of_plan};
use super::{expression, progress};
use crate::core::call::time_text;
use crate::core::ids::IdSource;
use crate::core::json::{at, number, text, text_at};
use crate::core::locations::{BUILD_CHANGES, BUILD_STAGES, BUILD_TAGS, BUILDS};
use crate::core::paging::page;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
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

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/build/builds", &BUILDS, list),
    Route::post("{project}/_apis/build/builds", &BUILDS, create),
    Route::get("{project}/_apis/build/builds/{buildId}", &BUILDS, get),
    Route::patch("{project}/_apis/build/builds/{buildId}", &BUILDS, update),
    Route::delete("{project}/_apis/build/builds/{buildId}", &BUILDS, delete),
    Route::patch("{project}/_apis/build/builds/{buildId}/stages/{stageRefName}", &BUILD_STAGES, update_stage),
    Route::get("{project}/_apis/build/builds/{buildId}/tags", &BUILD_TAGS, tags),
    Route::put("{project}/_apis/build/builds/{buildId}/tags/{tag}", &BUILD_TAGS, add_tag),
    Route::delete("{project}/_apis/build/builds/{buildId}/tags/{tag}", &BUILD_TAGS, remove_tag),
    Route::get("{project}/_apis/build/builds/{buildId}/changes", &BUILD_CHANGES, changes),
];

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
            let value = expression::text(&variable["value"]);
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
    fn retry(&mut self, stage: &Stage, all: bool, ids: &mut IdSource, now: Timestamp) {
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

/// 404 for a build.
pub fn not_found(id: i64) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.Build.WebApi",
        "BuildNotFoundException",
        format!("The requested build {id} could not be found."),
    )
}

/// The id of the build that a route names.
pub fn of_route(call: &Call<'_>) -> Result<i64, ServiceError> {
    let project = call.project_id()?;
    let id = call.number("buildId")?;
    call.organization
        .builds
        .get(&id)
        .filter(|build| build.project == project)
        .map(|build| build.id)
        .ok_or_else(|| not_found(id))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let request = call.request;
    let split = |name: &str| -> Option<Vec<String>> {
        request
            .query(name)
            .filter(|list| !list.is_empty())
            .map(|list| list.split(',').map(|item| item.trim().to_lowercase()).collect())
    };
    let number_list = |name: &str| {
        split(name).map(|list| list.iter().filter_map(|item| item.parse::<i64>().ok()).collect::<Vec<_>>())
    };
    let (definitions, ids) = (number_list("definitions"), number_list("buildIds"));
    let (statuses, results) = (split("statusFilter"), split("resultFilter"));
    let (reasons, tags) = (split("reasonFilter"), split("tagFilters"));
    let wanted_number = request.query("buildNumber").map(str::to_owned);
    let branch = request.query("branchName").map(str::to_owned);
    let ascending = request.query("queryOrder").is_some_and(|order| order.to_lowercase().ends_with("ascending"));
    let word = |value: Value| value.as_str().unwrap_or_default().to_lowercase();
    let listed: Vec<i64> = call
        .organization
        .builds
        .values()
        .filter(|build| build.project == project)
        .filter(|build| definitions.as_ref().is_none_or(|list| list.contains(&build.definition)))
        .map(|build| build.id)
        .collect();
    for id in &listed {
        progress::on_read(call.organization, *id, call.now);
    }
    let mut found: Vec<(i64, Value)> = listed
        .iter()
        .filter_map(|id| call.organization.builds.get(id))
        .filter(|build| ids.as_ref().is_none_or(|list| list.contains(&build.id)))
        .filter(|build| {
            statuses
                .as_ref()
                .is_none_or(|list| list.contains(&"all".to_owned()) || list.contains(&word(json!(build.status))))
        })
        .filter(|build| {
            results
                .as_ref()
                .is_none_or(|list| build.result.as_ref().is_some_and(|result| list.contains(&result.to_lowercase())))
        })
        .filter(|build| {
            reasons
                .as_ref()
                .is_none_or(|list| list.contains(&"all".to_owned()) || list.contains(&build.reason.to_lowercase()))
        })
        .filter(|build| branch.as_ref().is_none_or(|branch| build.branch == *branch))
        .filter(|build| {
            wanted_number.as_ref().is_none_or(|pattern| crate::core::json::wildcard(pattern, &build.number))
        })
        .filter(|build| {
            tags.as_ref()
                .is_none_or(|list| list.iter().all(|tag| build.tags.iter().any(|own| own.to_lowercase() == *tag)))
        })
        .map(|build| (build.id, build.to_json(call)))
        .collect();
    if !ascending {
        found.reverse();
    }
    Ok(page(call, found, call.organization.settings.page_size, !ascending))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let body = call.body()?;
    let id = at(&body, &["definition"])
        .and_then(|definition| number(definition, "id"))
        .ok_or_else(|| ServiceError::missing("build.Definition"))?;
    let definition = call.organization.definitions.get(&id).filter(|definition| definition.project == project);
    let definition = definition.ok_or_else(|| definition_not_found(id))?;
    let version = text(&body, "sourceVersion").filter(|version| !version.is_empty());
    let (branch, commit) = queue::source(call.organization, definition, text(&body, "sourceBranch"), version)?;
    let given: Value = text(&body, "parameters").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let variables = given
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), json!({ "value": value, "isSecret": false })));
    let wanted = Wanted {
        branch,
        commit,
        parameters: at(&body, &["templateParameters"]).and_then(Value::as_object).cloned().unwrap_or_default(),
        payloads: Map::new(),
        variables: variables.collect(),
        skip: Vec::new(),
        yaml: None,
        reason: text(&body, "reason").unwrap_or("manual").to_owned(),
    };
    let id = queue::queue(call, id, wanted)?;
    Ok(Response::ok(call.organization.builds[&id].to_json(call)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    progress::on_read(call.organization, id, call.now);
    Ok(Response::ok(call.organization.builds[&id].to_json(call)))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    let body = call.body()?;
    let retry = call.request.query_flag("retry");
    let now = call.now;
    let organization = &mut *call.organization;
    let Some(build) = organization.builds.get_mut(&id) else { return Err(not_found(id)) };
    if let Some(keep) = body.get("keepForever").and_then(Value::as_bool) {
        build.keep = keep;
    }
    if let Some(number) = text(&body, "buildNumber") {
        build.number = number.to_owned();
    }
    match text(&body, "status").map(str::to_lowercase).as_deref() {
        Some("cancelling") if build.status_is_open() => build.status = Status::Cancelling,
        Some("cancelling") => {
            return Err(ServiceError::new(
                400,
                "Microsoft.TeamFoundation.Build.WebApi",
                "BuildStatusInvalidChangeException",
                format!("The build {id} has ended and cannot be cancelled."),
            ));
        }
        Some(other) if other != "inprogress" => {
            return Err(ServiceError::new(
                400,
                "Microsoft.TeamFoundation.Build.WebApi",
                "BuildStatusInvalidChangeException",
                format!("The status of the build cannot be changed to {other}."),
            ));
        }
        _ => {}
    }
    if retry {
        let failed: Vec<Stage> = build
            .plan
            .stages
            .iter()
            .filter(|stage| {
                build
                    .stage_record(&stage.name)
                    .is_some_and(|record| matches!(record.result.as_deref(), Some("failed" | "canceled")))
            })
            .cloned()
            .collect();
        for stage in failed {
            build.retry(&stage, false, &mut organization.ids, now);
        }
    }
    Ok(Response::ok(call.organization.builds[&id].to_json(call)))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    call.organization.builds.remove(&id);
    call.organization.approvals.retain(|_, approval| approval.build != id);
    Ok(Response::no_content())
}

/// Retries or cancels a stage; 200 without a body.
fn update_stage(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    let name = call.param("stageRefName").to_owned();
    let body = call.body()?;
    let state = body.get("state").map(|state| match state.as_i64() {
        Some(0) => "cancel".to_owned(),
        Some(1) => "retry".to_owned(),
        _ => state.as_str().unwrap_or_default().to_lowercase(),
    });
    let all = crate::core::json::flag(&body, "forceRetryAllJobs").unwrap_or(false);
    let now = call.now;
    let refuse = |message: String| {
        ServiceError::new(400, "Microsoft.TeamFoundation.Build.WebApi", "InvalidStageStateException", message)
    };
    let Some(mut build) = call.organization.builds.get(&id).cloned() else { return Err(not_found(id)) };
    let stage = build.plan.stages.iter().find(|stage| stage.name.eq_ignore_ascii_case(&name)).cloned();
    let stage = stage.ok_or_else(|| {
        ServiceError::not_found(
            "Microsoft.TeamFoundation.Build.WebApi",
            "StageNotFoundException",
            format!("The stage {name} does not exist in build {id}."),
        )
    })?;
    let record_state = build.stage_record(&stage.name).map(|record| record.state);
    match state.as_deref() {
        Some("retry") if record_state == Some(State::Completed) => {
            build.retry(&stage, all, &mut call.organization.ids, now)
        }
        Some("cancel") if record_state != Some(State::Completed) => {
            progress::cancel(call.organization, &mut build, Some(&stage.name), now);
            build.change += 1;
        }
        Some("retry") => return Err(refuse(format!("The stage {name} has not ended and cannot be retried."))),
        Some("cancel") => return Err(refuse(format!("The stage {name} has ended and cannot be cancelled."))),
        _ => return Err(refuse("The state must be retry or cancel.".to_owned())),
    }
    call.organization.builds.insert(id, build);
    Ok(Response { status: 200, ..Response::no_content() })
}

fn tags(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    Ok(Response::list(call.organization.builds[&id].tags.iter().map(|tag| json!(tag)).collect()))
}

fn add_tag(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    let tag = call.param("tag").to_owned();
    if let Some(build) = call.organization.builds.get_mut(&id)
        && !build.tags.contains(&tag)
    {
        build.tags.push(tag);
    }
    tags(call)
}

fn remove_tag(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    let tag = call.param("tag").to_owned();
    if let Some(build) = call.organization.builds.get_mut(&id) {
        build.tags.retain(|own| *own != tag);
    }
    tags(call)
}

fn changes(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    let build = &call.organization.builds[&id];
    let definition = call.organization.definitions.get(&build.definition);
    let repository = definition.and_then(|definition| call.organization.repositories.get(&definition.repository()));
    let commit = repository.and_then(|repository| repository.objects.commit(build.commit));
    let rows = commit.map(|commit| {
        json!({
            "id": build.commit.to_string(),
            "message": commit.message,
            "type": "TfsGit",
            "author": { "displayName": commit.author.name, "uniqueName": commit.author.email },
            "timestamp": text_at(&crate::git::json::signature(&commit.author), &["date"]),
        })
    });
    Ok(Response::list(rows.into_iter().collect()))
}
