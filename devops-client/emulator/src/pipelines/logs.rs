//! Logs of a run.

use serde_json::{Value, json};

use super::builds_api::of_route;
use super::progress;
use crate::core::json::time_text;
use crate::core::locations::BUILD_LOGS;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
pub use crate::state::runs::Log;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/build/builds/{buildId}/logs", &BUILD_LOGS, list),
    Route::get("{project}/_apis/build/builds/{buildId}/logs/{logId}", &BUILD_LOGS, get),
];

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
