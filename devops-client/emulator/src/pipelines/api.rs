//! The Pipelines area: pipelines and preview.

use serde_json::{Map, Value, json};

use super::definitions::{add, find};
use super::queue::{self, Wanted};
use crate::core::json::{at, flag, text, text_at};
use crate::core::locations::{PIPELINES, PREVIEW};
use crate::core::paging::page;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
use crate::pipelines::definition_body::folder;
use crate::state::runs::Definition;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/pipelines", &PIPELINES, list),
    Route::post("{project}/_apis/pipelines", &PIPELINES, create),
    Route::get("{project}/_apis/pipelines/{pipelineId}", &PIPELINES, get),
    Route::query("{project}/_apis/pipelines/{pipelineId}/preview", &PREVIEW, preview),
];

fn to_json(call: &Call<'_>, definition: &Definition, full: bool) -> Value {
    let url = call.project_url(
        definition.project,
        &format!("_apis/pipelines/{}?revision={}", definition.id, definition.revision()),
    );
    let mut body = json!({
        "_links": {
            "self": { "href": url },
            "web": { "href": call.project_url(definition.project, &format!("_build/definition?definitionId={}", definition.id)) },
        },
        "url": url,
        "id": definition.id,
        "revision": definition.revision(),
        "name": definition.name(),
        "folder": definition.path(),
    });
    if full {
        body["configuration"] = json!({
            "path": definition.yaml_path().trim_start_matches('/'),
            "repository": { "id": definition.repository(), "type": "azureReposGit" },
            "type": "yaml",
        });
    }
    body
}

/// The short form that runs embed.
pub fn reference(call: &Call<'_>, definition: &Definition) -> Value {
    let mut body = to_json(call, definition, false);
    body.as_object_mut().map(|map| map.shift_remove("_links"));
    body
}

fn list(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let own = call.organization.definitions.values().filter(|definition| definition.project == project);
    let found = own.map(|definition| (definition.id, to_json(call, definition, false))).collect();
    Ok(page(call, found, call.organization.settings.page_size, false))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let definition = find(call, "pipelineId").map_err(|_| not_found(call.param("pipelineId")))?;
    Ok(Response::ok(to_json(call, definition, true)))
}

/// 404 in the Pipelines area.
pub fn not_found(id: &str) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.Azure.Pipelines.WebApi",
        "PipelineNotFoundException",
        format!("Pipeline with id {id} could not be found."),
    )
}

fn create(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let body = call.body()?;
    let refuse =
        |message: &str| ServiceError::new(400, "Microsoft.Azure.Pipelines.WebApi", "InvalidPipelineException", message);
    if !text_at(&body, &["configuration", "type"]).is_some_and(|kind| kind.eq_ignore_ascii_case("yaml")) {
        return Err(refuse("The configuration type must be yaml."));
    }
    let path = text_at(&body, &["configuration", "path"]).ok_or_else(|| refuse("The configuration has no path."))?;
    let repository =
        at(&body, &["configuration", "repository"]).ok_or_else(|| refuse("The configuration has no repository."))?;
    let kind = text(repository, "type").unwrap_or_default();
    if !kind.eq_ignore_ascii_case("azureReposGit") {
        return Err(refuse("The repository type must be azureReposGit."));
    }
    let definition = json!({
        "name": text(&body, "name"),
        "path": folder(text(&body, "folder").unwrap_or("\\")),
        "process": { "type": 2, "yamlFilename": path },
        "repository": { "id": text(repository, "id"), "name": text(repository, "name"), "type": "TfsGit" },
        "variables": at(&body, &["configuration", "variables"]).cloned().unwrap_or(json!({})),
    });
    let id = add(call, project, definition)?;
    Ok(Response::ok(to_json(call, &call.organization.definitions[&id], true)))
}

/// What a run or preview body asks for.
pub fn wanted(call: &Call<'_>, definition: &Definition, body: &Value) -> Result<Wanted, ServiceError> {
    let own = at(body, &["resources", "repositories", "self"]);
    let branch = own.and_then(|own| text(own, "refName")).map(str::to_owned);
    let version = own.and_then(|own| text(own, "version")).filter(|version| !version.is_empty());
    let map = |key: &str| at(body, &[key]).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut variables = Map::new();
    for (name, variable) in map("variables") {
        variables.insert(name, json!({ "value": variable.get("value").cloned().unwrap_or_default(), "isSecret": flag(&variable, "isSecret").unwrap_or(false) }));
    }
    let (branch, commit) = queue::source(call.organization, definition, branch.as_deref(), version)?;
    Ok(Wanted {
        branch,
        commit,
        parameters: map("templateParameters"),
        variables,
        payloads: Map::new(),
        skip: body
            .get("stagesToSkip")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        yaml: text(body, "yamlOverride").map(str::to_owned),
        reason: "manual".to_owned(),
    })
}

fn preview(call: &mut Call<'_>) -> Outcome {
    let definition = find(call, "pipelineId").map_err(|_| not_found(call.param("pipelineId")))?;
    let body = call.body()?;
    let wanted = wanted(call, definition, &body)?;
    let (yaml, _) = queue::compile(call.organization, definition, &wanted)?;
    Ok(Response::ok(json!({ "finalYaml": yaml })))
}
