//! Build definitions, of which a YAML pipeline is one kind: with revisions, folders, and names that are unique in a folder.

use serde_json::{Value, json};
use uuid::Uuid;

use super::definition_body::{complete, folder, keep_secrets};
use crate::core::json::{number, same, text, time_text, wildcard};
use crate::core::locations::{
    BUILD_FOLDERS, BUILD_GENERAL_SETTINGS, DEFINITION_REVISIONS, DEFINITION_YAML, DEFINITIONS,
};
use crate::core::paging::page;
use crate::core::route::Route;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
use crate::state::repositories::Repository;
pub use crate::state::runs::{Definition, Revision};

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/build/definitions", &DEFINITIONS, list),
    Route::post("{project}/_apis/build/definitions", &DEFINITIONS, create),
    Route::get("{project}/_apis/build/definitions/{definitionId}", &DEFINITIONS, get),
    Route::put("{project}/_apis/build/definitions/{definitionId}", &DEFINITIONS, update),
    Route::delete("{project}/_apis/build/definitions/{definitionId}", &DEFINITIONS, delete),
    Route::get("{project}/_apis/build/definitions/{definitionId}/revisions", &DEFINITION_REVISIONS, revisions),
    Route::get("{project}/_apis/build/definitions/{definitionId}/yaml", &DEFINITION_YAML, yaml),
    Route::get("{project}/_apis/build/folders", &BUILD_FOLDERS, folders),
    Route::get("{project}/_apis/build/folders/{*path}", &BUILD_FOLDERS, folders),
    Route::get("{project}/_apis/build/generalsettings", &BUILD_GENERAL_SETTINGS, general_settings),
];

impl Definition {
    /// The short form that runs embed.
    pub fn reference(&self, call: &Call<'_>) -> Value {
        let project = call.organization.projects.get(&self.project);
        json!({
            "id": self.id,
            "name": self.name(),
            "url": call.project_url(self.project, &format!("_apis/build/Definitions/{}?revision={}", self.id, self.revision())),
            "uri": format!("vstfs:///Build/Definition/{}", self.id),
            "path": self.path(),
            "type": "build",
            "queueStatus": text(self.body(), "queueStatus").unwrap_or("enabled"),
            "revision": self.revision(),
            "project": project.map(|project| project.reference(&call.root())),
        })
    }

    fn to_json(&self, call: &Call<'_>, revision: usize, full: bool) -> Value {
        let mut body = self.reference(call);
        let Some(state) = self.revisions.get(revision) else { return body };
        let url =
            call.project_url(self.project, &format!("_apis/build/Definitions/{}?revision={}", self.id, revision + 1));
        body["_links"] = json!({
            "self": { "href": url },
            "web": { "href": call.project_url(self.project, &format!("_build/definition?definitionId={}", self.id)) },
            "editor": { "href": call.project_url(self.project, &format!("_build/designer?id={}", self.id)) },
            "badge": { "href": call.project_url(self.project, &format!("_apis/build/status/{}", self.id)) },
        });
        body["authoredBy"] = call.identity_ref(state.by);
        body["createdDate"] = json!(time_text(state.on));
        body["quality"] = json!("definition");
        body["drafts"] = json!([]);
        if let Some(queue) = number(&state.body["queue"], "id").and_then(|id| call.organization.queues.get(&id)) {
            body["queue"] = queue.reference(call.organization);
        }
        if !full {
            return body;
        }
        for (key, value) in state.body.as_object().into_iter().flatten() {
            if !matches!(
                key.as_str(),
                "queue" | "id" | "revision" | "project" | "_links" | "url" | "uri" | "createdDate" | "authoredBy"
            ) {
                body[key] = value.clone();
            }
        }
        body["revision"] = json!(revision + 1);
        if let Some(variables) = body.get_mut("variables").and_then(Value::as_object_mut) {
            for variable in variables.values_mut() {
                if variable.get("isSecret") == Some(&json!(true)) {
                    variable["value"] = Value::Null;
                }
            }
        }
        body
    }
}

/// 404 for a definition.
pub fn not_found(id: i64) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.Build.WebApi",
        "DefinitionNotFoundException",
        format!("Build definition {id} does not exist or you do not have permission to access it."),
    )
}

/// Adds a definition; gives back its id.
pub fn add(call: &mut Call<'_>, project: Uuid, body: Value) -> Result<i64, ServiceError> {
    let body = complete(call, project, body, None)?;
    let id = call.organization.next("definition");
    let revision = Revision { body, by: call.caller, on: call.now };
    call.organization.definitions.insert(id, Definition { id, project, revisions: vec![revision] });
    Ok(id)
}

/// The definition with the id of a route parameter.
pub fn find<'a>(call: &'a Call<'_>, parameter: &str) -> Result<&'a Definition, ServiceError> {
    let project = call.project_id()?;
    let id = call.number(parameter)?;
    call.organization
        .definitions
        .get(&id)
        .filter(|definition| definition.project == project)
        .ok_or_else(|| not_found(id))
}

fn answer(call: &Call<'_>, id: i64) -> Value {
    let definition = &call.organization.definitions[&id];
    definition.to_json(call, definition.revision() - 1, true)
}

fn create(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let body = call.body()?;
    let id = add(call, project, body)?;
    Ok(Response::ok(answer(call, id)))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let (id, current) = find(call, "definitionId").map(|definition| (definition.id, definition.revision()))?;
    let mut body = call.body()?;
    let stated = number(&body, "revision").unwrap_or_default();
    if usize::try_from(stated) != Ok(current) {
        return Err(ServiceError::new(
            409,
            "Microsoft.TeamFoundation.Build.WebApi",
            "DefinitionRevisionConflictException",
            format!(
                "The definition {id} is at revision {current}, not {stated}: it has been changed since it was read."
            ),
        ));
    }
    let old = call.organization.definitions[&id].body().clone();
    keep_secrets(&old, &mut body);
    let body = complete(call, project, body, Some(id))?;
    let revision = Revision { body, by: call.caller, on: call.now };
    if let Some(definition) = call.organization.definitions.get_mut(&id) {
        definition.revisions.push(revision);
    }
    Ok(Response::ok(answer(call, id)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let definition = find(call, "definitionId")?;
    let wanted = call.request.query_number("revision").and_then(|number| usize::try_from(number - 1).ok());
    let revision = wanted.unwrap_or(definition.revision() - 1);
    if revision >= definition.revision() {
        return Err(not_found(definition.id));
    }
    Ok(Response::ok(definition.to_json(call, revision, true)))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = find(call, "definitionId")?.id;
    let organization = &mut *call.organization;
    organization.definitions.remove(&id);
    organization.builds.retain(|_, build| build.definition != id);
    let builds: Vec<i64> = organization.builds.keys().copied().collect();
    organization.approvals.retain(|_, approval| builds.contains(&approval.build));
    organization.forget_pipeline(id);
    Ok(Response::no_content())
}

fn list(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let request = call.request;
    let pattern = request.query("name").filter(|name| !name.is_empty()).unwrap_or("*");
    let path = request.query("path").filter(|path| !path.is_empty()).map(folder);
    let file = request.query("yamlFilename").map(|name| format!("/{}", name.trim_start_matches('/')));
    let repository = request.query("repositoryId").and_then(|id| Uuid::parse_str(id).ok());
    let ids: Option<Vec<i64>> =
        request.query("definitionIds").map(|ids| ids.split(',').filter_map(|id| id.trim().parse().ok()).collect());
    let full = request.query_flag("includeAllProperties");
    let found: Vec<(i64, Value)> = call
        .organization
        .definitions
        .values()
        .filter(|definition| definition.project == project && wildcard(pattern, definition.name()))
        .filter(|definition| path.as_ref().is_none_or(|path| same(definition.path(), path)))
        .filter(|definition| file.as_ref().is_none_or(|file| definition.yaml_path() == *file))
        .filter(|definition| repository.is_none_or(|id| definition.repository() == id))
        .filter(|definition| ids.as_ref().is_none_or(|ids| ids.contains(&definition.id)))
        .map(|definition| (definition.id, definition.to_json(call, definition.revision() - 1, full)))
        .collect();
    Ok(page(call, found, call.organization.settings.page_size, false))
}

fn revisions(call: &mut Call<'_>) -> Outcome {
    let definition = find(call, "definitionId")?;
    let rows = definition.revisions.iter().enumerate().map(|(index, revision)| {
        json!({
            "revision": index + 1,
            "name": text(&revision.body, "name"),
            "changedBy": call.identity_ref(revision.by),
            "changedDate": time_text(revision.on),
            "changeType": if index == 0 { "add" } else { "update" },
            "comment": text(&revision.body, "comment"),
            "definitionUrl": call.project_url(definition.project, &format!("_apis/build/Definitions/{}?revision={}", definition.id, index + 1)),
        })
    });
    Ok(Response::list(rows.collect()))
}

fn yaml(call: &mut Call<'_>) -> Outcome {
    let definition = find(call, "definitionId")?;
    let source = call.organization.pipeline_text(definition, None);
    match source {
        Some(yaml) => Ok(Response::ok(json!({ "yaml": yaml }))),
        None => Err(ServiceError::pipeline_validation(format!(
            "{}: File not found in the repository.",
            definition.yaml_path()
        ))),
    }
}

fn folders(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let own = call.organization.definitions.values().filter(|definition| definition.project == project);
    let mut paths: Vec<String> = own.map(|definition| definition.path().to_owned()).collect();
    paths.push("\\".to_owned());
    paths.sort();
    paths.dedup();
    let reference = call.project()?.reference(&call.root());
    Ok(Response::list(paths.iter().map(|path| json!({ "path": path, "project": reference })).collect()))
}

fn general_settings(call: &mut Call<'_>) -> Outcome {
    call.project()?;
    Ok(Response::ok(json!({
        "statusBadgesArePrivate": true, "enforceSettableVar": true, "enforceJobAuthScope": true,
        "publishPipelineMetadata": false, "enforceReferencedRepoScopedToken": true,
    })))
}

impl Organization {
    /// The pipeline's YAML at a commit, or at its default branch.
    pub fn pipeline_text(
        &self,
        definition: &Definition,
        commit: Option<crate::git::object::ObjectId>,
    ) -> Option<String> {
        let repository = self.repositories.get(&definition.repository())?;
        let branch = definition.default_branch().or(repository.default_branch.as_deref())?;
        let commit = commit.or_else(|| repository.refs.get(branch).copied())?;
        file_text(repository, commit, &definition.yaml_path())
    }
}

/// A file's text at a commit, by its path with a leading slash.
pub fn file_text(repository: &Repository, commit: crate::git::object::ObjectId, path: &str) -> Option<String> {
    let files = repository.objects.files_at(commit);
    let file = files.get(path.trim_start_matches('/'))?;
    Some(String::from_utf8_lossy(repository.objects.blob(file.id)?).into_owned())
}
