//! The Build area's routes on runs.

use serde_json::{Map, Value, json};

use super::definitions::not_found as definition_not_found;
use super::model::Stage;
use super::progress;
use super::queue::{self, Wanted};
use super::records::State;
use crate::core::json::{at, number, text, text_at};
use crate::core::locations::{BUILD_CHANGES, BUILD_STAGES, BUILD_TAGS, BUILDS};
use crate::core::paging::page;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
use crate::state::runs::Status;

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
