//! Logs of a run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::builds::Build;
use super::builds_api::of_route;
use super::progress;
use crate::core::call::time_text;
use crate::core::locations::BUILD_LOGS;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};

/// One log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// Its id, from 1 in each run.
    pub id: i64,
    /// The record that it belongs to.
    pub record: Uuid,
    /// Its lines, each with its time.
    pub lines: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub changed: Timestamp,
}

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/build/builds/{buildId}/logs", &BUILD_LOGS, list),
    Route::get("{project}/_apis/build/builds/{buildId}/logs/{logId}", &BUILD_LOGS, get),
];

/// Adds lines to a record's log, which is made if there is none.
pub fn write(build: &mut Build, record: Uuid, lines: &[String], now: Timestamp) {
    let stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%7fZ").to_string();
    let at = build.logs.iter().position(|log| log.record == record).unwrap_or_else(|| {
        let id = build.logs.len() as i64 + 1;
        build.logs.push(Log { id, record, lines: Vec::new(), created: now, changed: now });
        build.with(record, |record| record.log = Some(id));
        build.logs.len() - 1
    });
    let log = &mut build.logs[at];
    log.changed = now;
    log.lines.extend(lines.iter().map(|line| format!("{stamp} {line}")));
}

/// 404 for a log.
pub fn not_found(id: i64) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.Build.WebApi",
        "BuildLogNotFoundException",
        format!("The log {id} could not be found."),
    )
}

fn list(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    progress::on_read(call.organization, id, call.now);
    let build = &call.organization.builds[&id];
    let rows = build.logs.iter().map(|log| {
        json!({
            "lineCount": log.lines.len(),
            "createdOn": time_text(log.created),
            "lastChangedOn": time_text(log.changed),
            "id": log.id,
            "type": "Container",
            "url": call.project_url(build.project, &format!("_apis/build/builds/{id}/logs/{}", log.id)),
        })
    });
    Ok(Response::list(rows.collect()))
}

/// Lines `startLine..=endLine` (from 0) of one log: text, or JSON if that is what is accepted.
fn get(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    progress::on_read(call.organization, id, call.now);
    let number = call.number("logId")?;
    let build = &call.organization.builds[&id];
    let log = build.logs.iter().find(|log| log.id == number).ok_or_else(|| not_found(number))?;
    let bound = |name: &str| call.request.query_number(name).and_then(|line| usize::try_from(line).ok());
    let (start, end) = (bound("startLine").unwrap_or(0), bound("endLine").unwrap_or(usize::MAX));
    let lines: Vec<&str> = log
        .lines
        .iter()
        .enumerate()
        .filter(|(at, _)| (start..=end).contains(at))
        .map(|(_, line)| line.as_str())
        .collect();
    let accept = call.request.header("accept").unwrap_or_default();
    if accept.contains("application/json") && !accept.contains("text/plain") {
        return Ok(Response::list(lines.iter().map(|line| Value::from(*line)).collect()));
    }
    let mut text = lines.join("\r\n");
    if !text.is_empty() {
        text.push_str("\r\n");
    }
    Ok(Response::text("text/plain; charset=utf-8", text))
}
