//! Which pipelines may use which resources. They are enforced when a run is queued and before a stage starts.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{at, flag, items, number, text, text_at, time_text};
use crate::core::locations::PIPELINE_PERMISSIONS;
use crate::core::route::Route;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
pub use crate::state::resources::Permissions;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/pipelines/pipelinepermissions/{resourceType}/{resourceId}", &PIPELINE_PERMISSIONS, get),
    Route::patch(
        "{project}/_apis/pipelines/pipelinepermissions/{resourceType}/{resourceId}",
        &PIPELINE_PERMISSIONS,
        update,
    ),
    Route::patch("{project}/_apis/pipelines/pipelinepermissions", &PIPELINE_PERMISSIONS, update_many),
];

const KINDS: &[&str] = &["endpoint", "queue", "variablegroup", "environment", "repository"];

impl Organization {
    /// Whether a pipeline may use a resource.
    pub fn authorized(&self, project: Uuid, kind: &str, id: &str, pipeline: i64) -> bool {
        self.permissions
            .iter()
            .find(|entry| entry.project == project && entry.kind == kind && entry.id.eq_ignore_ascii_case(id))
            .is_some_and(|entry| entry.all || entry.pipelines.iter().any(|(allowed, ..)| *allowed == pipeline))
    }

    /// Drops permissions and checks of a resource that is gone.
    pub fn forget_resource(&mut self, project: Uuid, kind: &str, id: &str) {
        self.permissions
            .retain(|entry| entry.project != project || entry.kind != kind || !entry.id.eq_ignore_ascii_case(id));
        self.checks.retain(|_, check| check.project != project || !check.is_on(kind, id));
    }

    /// Drops a pipeline that is gone from every resource.
    pub fn forget_pipeline(&mut self, pipeline: i64) {
        for entry in &mut self.permissions {
            entry.pipelines.retain(|(allowed, ..)| *allowed != pipeline);
        }
    }

    fn resource_exists(&self, project: Uuid, kind: &str, id: &str) -> bool {
        let number = id.parse::<i64>().ok();
        match kind {
            "endpoint" => self.find_endpoint(project, id).is_some(),
            "variablegroup" => {
                number.and_then(|id| self.groups.get(&id)).is_some_and(|group| group.in_project(project))
            }
            "environment" => number
                .and_then(|id| self.environments.get(&id))
                .is_some_and(|environment| environment.project == project),
            "queue" => number.and_then(|id| self.queues.get(&id)).is_some_and(|queue| queue.project == project),
            "repository" => id
                .split_once('.')
                .and_then(|(_, repository)| Uuid::parse_str(repository).ok())
                .is_some_and(|repository| self.repositories.contains_key(&repository)),
            _ => false,
        }
    }
}

fn target(call: &Call<'_>, kind: &str, id: &str) -> Result<(Uuid, String), ServiceError> {
    let project = call.project_id()?;
    let kind = kind.to_lowercase();
    if !KINDS.contains(&kind.as_str()) {
        return Err(ServiceError::new(
            400,
            "Microsoft.Azure.Pipelines.Authorization.WebApi",
            "InvalidResourceTypeException",
            format!("The resource type {kind} is not one of {}.", KINDS.join(", ")),
        ));
    }
    if !call.organization.resource_exists(project, &kind, id) {
        return Err(ServiceError::not_found(
            "Microsoft.Azure.Pipelines.Authorization.WebApi",
            "ResourceNotFoundException",
            format!("The resource of type {kind} with id {id} could not be found."),
        ));
    }
    Ok((project, kind))
}

fn render(call: &Call<'_>, project: Uuid, kind: &str, id: &str) -> Value {
    let entry = call
        .organization
        .permissions
        .iter()
        .find(|entry| entry.project == project && entry.kind == kind && entry.id.eq_ignore_ascii_case(id));
    let pipelines: Vec<Value> = entry
        .map(|entry| entry.pipelines.as_slice())
        .unwrap_or_default()
        .iter()
        .map(|(pipeline, by, on)| {
            json!({ "id": pipeline, "authorized": true, "authorizedBy": call.identity_ref(*by), "authorizedOn": time_text(*on) })
        })
        .collect();
    let mut body = json!({ "resource": { "type": kind, "id": id }, "pipelines": pipelines });
    if entry.is_some_and(|entry| entry.all) {
        body["allPipelines"] = json!({ "authorized": true, "authorizedBy": null, "authorizedOn": null });
    }
    body
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.param("resourceId").to_owned();
    let (project, kind) = target(call, call.param("resourceType"), &id)?;
    Ok(Response::ok(render(call, project, &kind, &id)))
}

fn apply(call: &mut Call<'_>, kind: &str, id: &str, body: &Value) -> Result<Value, ServiceError> {
    let (project, kind) = target(call, kind, id)?;
    let (by, on) = (call.caller, call.now);
    let changes: Vec<(i64, bool)> = items(body, "pipelines")
        .iter()
        .filter_map(|pipeline| Some((number(pipeline, "id")?, flag(pipeline, "authorized")?)))
        .collect();
    for (pipeline, _) in &changes {
        let known = call.organization.definitions.get(pipeline).is_some_and(|definition| definition.project == project);
        if !known {
            return Err(crate::pipelines::definitions::not_found(*pipeline));
        }
    }
    let at_index = call
        .organization
        .permissions
        .iter()
        .position(|entry| entry.project == project && entry.kind == kind && entry.id.eq_ignore_ascii_case(id));
    let index = at_index.unwrap_or_else(|| {
        let entry = Permissions { project, kind: kind.clone(), id: id.to_owned(), all: false, pipelines: Vec::new() };
        call.organization.permissions.push(entry);
        call.organization.permissions.len() - 1
    });
    let entry = &mut call.organization.permissions[index];
    for (pipeline, authorized) in changes {
        let known = entry.pipelines.iter().any(|(allowed, ..)| *allowed == pipeline);
        if authorized && !known {
            entry.pipelines.push((pipeline, by, on));
        } else if !authorized {
            entry.pipelines.retain(|(allowed, ..)| *allowed != pipeline);
        }
    }
    entry.pipelines.sort_by_key(|(pipeline, ..)| *pipeline);
    if let Some(all) = at(body, &["allPipelines"]).and_then(|all| flag(all, "authorized")) {
        entry.all = all;
    }
    Ok(render(call, project, &kind, id))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let body = call.body()?;
    let (kind, id) = (call.param("resourceType").to_owned(), call.param("resourceId").to_owned());
    Ok(Response::ok(apply(call, &kind, &id, &body)?))
}

fn update_many(call: &mut Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut answers = Vec::new();
    for entry in body.as_array().map_or(&[][..], Vec::as_slice) {
        let kind = text_at(entry, &["resource", "type"]).ok_or_else(|| ServiceError::missing("resource.type"))?;
        let id = at(entry, &["resource"]).and_then(|resource| text(resource, "id"));
        let id = id.ok_or_else(|| ServiceError::missing("resource.id"))?;
        answers.push(apply(call, kind, id, entry)?);
    }
    Ok(Response::list(answers))
}
