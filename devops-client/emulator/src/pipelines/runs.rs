//! Runs: what a build is in the Pipelines area.

use serde_json::{Map, Value, json};

use super::api::{not_found as pipeline_not_found, reference, wanted};
use super::definitions::find;
use super::{progress, queue};
use crate::core::json::{flag, time_text};
use crate::core::locations::{RUN_ARTIFACTS, RUN_LOGS, RUNS};
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
use crate::state::runs::{Build, Status};

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/pipelines/{pipelineId}/runs", &RUNS, list),
    Route::post("{project}/_apis/pipelines/{pipelineId}/runs", &RUNS, create),
    Route::get("{project}/_apis/pipelines/{pipelineId}/runs/{runId}", &RUNS, get),
    Route::get("{project}/_apis/pipelines/{pipelineId}/runs/{runId}/logs", &RUN_LOGS, logs),
    Route::get("{project}/_apis/pipelines/{pipelineId}/runs/{runId}/logs/{logId}", &RUN_LOGS, log),
    Route::get("{project}/_apis/pipelines/{pipelineId}/runs/{runId}/artifacts", &RUN_ARTIFACTS, artifact),
];

fn to_json(call: &Call<'_>, build: &Build, full: bool) -> Value {
    let url = call.project_url(build.project, &format!("_apis/pipelines/{}/runs/{}", build.definition, build.id));
    let definition = call.organization.definitions.get(&build.definition);
    let mut body = json!({
        "_links": {
            "self": { "href": url },
            "web": { "href": call.project_url(build.project, &format!("_build/results?buildId={}", build.id)) },
            "pipeline": { "href": call.project_url(build.project, &format!("_apis/pipelines/{}?revision={}", build.definition, build.revision)) },
        },
        "templateParameters": build.parameters,
        "pipeline": definition.map(|definition| reference(call, definition)),
        "state": match build.status { Status::NotStarted | Status::InProgress => "inProgress", Status::Cancelling => "canceling", Status::Completed => "completed" },
        "createdDate": time_text(build.queued),
        "url": url,
        "id": build.id,
        "name": build.number,
    });
    if let Some(result) = &build.result {
        // this area has no word for a partial success
        body["result"] = json!(if result == "partiallySucceeded" { "succeeded" } else { result });
    }
    if let Some(finished) = build.finished {
        body["finishedDate"] = json!(time_text(finished));
    }
    if full {
        body["resources"] = json!({ "repositories": { "self": {
            "repository": { "id": definition.map(|definition| definition.repository()), "type": "azureReposGit" },
            "refName": build.branch,
            "version": build.commit.to_string(),
        } } });
        let variables: Map<String, Value> = build
            .variables
            .iter()
            .map(|(name, variable)| {
                let secret = variable["isSecret"] == json!(true);
                (
                    name.clone(),
                    if secret {
                        json!({ "value": null, "isSecret": true })
                    } else {
                        json!({ "value": variable["value"] })
                    },
                )
            })
            .collect();
        if !variables.is_empty() {
            body["variables"] = Value::Object(variables);
        }
    }
    body
}

fn list(call: &mut Call<'_>) -> Outcome {
    let id = find(call, "pipelineId")
        .map(|definition| definition.id)
        .map_err(|_| pipeline_not_found(call.param("pipelineId")))?;
    let builds: Vec<i64> =
        call.organization.builds.values().filter(|build| build.definition == id).map(|build| build.id).collect();
    for build in &builds {
        progress::on_read(call.organization, *build, call.now);
    }
    Ok(Response::list(
        builds.iter().rev().take(10_000).map(|build| to_json(call, &call.organization.builds[build], false)).collect(),
    ))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let definition = find(call, "pipelineId").map_err(|_| pipeline_not_found(call.param("pipelineId")))?;
    let (id, project) = (definition.id, definition.project);
    crate::areas::access::may_queue(call, project, id)?;
    let body = call.body()?;
    let wanted = wanted(call, definition, &body)?;
    if flag(&body, "previewRun").unwrap_or(false) {
        let (yaml, _) = queue::compile(call.organization, definition, &wanted)?;
        return Ok(Response::ok(json!({ "finalYaml": yaml })).with_effect(false));
    }
    if wanted.yaml.is_some() {
        return Err(ServiceError::pipeline_validation("yamlOverride is only accepted on a preview run."));
    }
    let build = queue::queue(call, id, wanted)?;
    Ok(Response::ok(to_json(call, &call.organization.builds[&build], true)))
}

/// The build that a route names.
fn of_route(call: &Call<'_>) -> Result<i64, ServiceError> {
    let pipeline = find(call, "pipelineId")
        .map(|definition| definition.id)
        .map_err(|_| pipeline_not_found(call.param("pipelineId")))?;
    let id = call.number("runId")?;
    let found = call.organization.builds.get(&id).filter(|build| build.definition == pipeline);
    found.map(|build| build.id).ok_or_else(|| {
        ServiceError::not_found(
            "Microsoft.Azure.Pipelines.WebApi",
            "RunNotFoundException",
            format!("Run with id {id} could not be found in pipeline {pipeline}."),
        )
    })
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    progress::on_read(call.organization, id, call.now);
    Ok(Response::ok(to_json(call, &call.organization.builds[&id], true)))
}

fn log_json(call: &Call<'_>, build: &Build, log: &crate::state::runs::Log) -> Value {
    json!({
        "createdOn": time_text(log.created),
        "lastChangedOn": time_text(log.changed),
        "id": log.id,
        "lineCount": log.lines.len(),
        "url": call.project_url(build.project, &format!("_apis/pipelines/{}/runs/{}/logs/{}", build.definition, build.id, log.id)),
    })
}

fn logs(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    progress::on_read(call.organization, id, call.now);
    let build = &call.organization.builds[&id];
    let rows: Vec<Value> = build.logs.iter().map(|log| log_json(call, build, log)).collect();
    Ok(Response::ok(
        json!({ "logs": rows, "url": call.project_url(build.project, &format!("_apis/pipelines/{}/runs/{id}/logs", build.definition)) }),
    ))
}

fn log(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    let number = call.number("logId")?;
    let build = &call.organization.builds[&id];
    let log = build.logs.iter().find(|log| log.id == number).ok_or_else(|| super::logs::not_found(number))?;
    Ok(Response::ok(log_json(call, build, log)))
}

fn artifact(call: &mut Call<'_>) -> Outcome {
    let id = of_route(call)?;
    let build = &call.organization.builds[&id];
    let name = call.request.query("artifactName").unwrap_or_default();
    let found = build.artifacts.iter().find(|artifact| artifact.name == name);
    let found = found.ok_or_else(|| super::artifacts::not_found(name, id))?;
    let url = call.project_url(
        build.project,
        &format!("_apis/pipelines/{}/runs/{id}/artifacts?artifactName={}", build.definition, found.name),
    );
    Ok(Response::ok(json!({ "name": found.name, "url": url })))
}
