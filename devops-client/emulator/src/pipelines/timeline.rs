//! The timeline of a run.

use serde_json::{Value, json};

use super::builds_api::of_route;
use super::progress;
use super::records::Record;
use crate::core::ids::named;
use crate::core::json::time_text;
use crate::core::locations::TIMELINE;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response};
use crate::state::runs::{Build, Status};

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/build/builds/{buildId}/timeline", &TIMELINE, get),
    Route::get("{project}/_apis/build/builds/{buildId}/timeline/{timelineId}", &TIMELINE, get),
];

fn record_json(call: &Call<'_>, build: &Build, record: &Record) -> Value {
    let url = call.project_url(build.project, &format!("_apis/build/builds/{}", build.id));
    let errors = record.issues.iter().filter(|(kind, _)| kind == "error").count();
    let task = record.task.as_ref().map(|task| {
        let (name, version) = task.split_once('@').unwrap_or((task, "1"));
        json!({ "id": named(&format!("task {name}")), "name": name, "version": format!("{version}.0.0") })
    });
    let agent = record.kind == "Job" && record.start.is_some();
    json!({
        "previousAttempts": record.previous.iter().map(|(attempt, id)| json!({ "attempt": attempt, "timelineId": build.plan_id, "recordId": id })).collect::<Vec<_>>(),
        "id": record.id,
        "parentId": record.parent,
        "type": record.kind,
        "name": record.name,
        "startTime": record.start.map(time_text),
        "finishTime": record.finish.map(time_text),
        "currentOperation": null,
        "percentComplete": null,
        "state": record.state,
        "result": record.result,
        "resultCode": null,
        "changeId": build.change,
        "lastModified": time_text(build.changed),
        "workerName": agent.then_some("Azure Pipelines 1"),
        "order": record.order,
        "details": null,
        "errorCount": errors,
        "warningCount": record.issues.len() - errors,
        "issues": record.issues.iter().map(|(kind, message)| json!({ "type": kind, "category": null, "message": message, "data": {} })).collect::<Vec<_>>(),
        "url": null,
        "log": record.log.map(|log| json!({ "id": log, "type": "Container", "url": format!("{url}/logs/{log}") })),
        "task": task,
        "attempt": record.attempt,
        "identifier": record.identifier,
    })
}

/// 204 until the run has begun.
fn get(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    progress::on_read(call.organization, id, call.now);
    let build = &call.organization.builds[&id];
    if build.status == Status::NotStarted {
        return Ok(Response::no_content());
    }
    let records: Vec<Value> = build.records.iter().map(|record| record_json(call, build, record)).collect();
    Ok(Response::ok(json!({
        "records": records,
        "lastChangedBy": build.requested_by,
        "lastChangedOn": time_text(build.changed),
        "id": build.plan_id,
        "changeId": build.change,
        "url": call.project_url(build.project, &format!("_apis/build/builds/{id}/Timeline/{}", build.plan_id)),
    })))
}
