//! Builds: what a run is in the Build area, and the run's state.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::Plan;
use super::queue::Wanted;
use super::records::of_plan;
use crate::core::Call;
use crate::core::ids::IdSource;
use crate::core::json::{number, time_text};
use crate::state::runs::Definition;
pub use crate::state::runs::{Build, Status};

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
            tests: Vec::new(),
            coverage: Vec::new(),
            counted: BTreeMap::new(),
            outputs: BTreeMap::new(),
            tags: Vec::new(),
            keep: false,
            plan_id: ids.guid(),
            change: 1,
            changed: now,
            last_tick: now,
        }
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
