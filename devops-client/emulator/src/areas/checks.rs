//! Checks on resources: approval, exclusive lock, and task checks such as branch control.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{at, flag, items, number, text, text_at, time_text};
use crate::core::locations::{CHECKS, CHECKS_QUERY};
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
pub use crate::state::checks::Check;

/// The type of approvals.
pub const APPROVAL: &str = "8c6f20a7-a545-4486-9777-f762fafe0d4d";
/// The type of exclusive locks.
pub const EXCLUSIVE_LOCK: &str = "2ef31ad6-baa0-403a-8b45-2cbc9b4e5563";
/// The type of checks that are a task.
pub const TASK_CHECK: &str = "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7";
/// The task of branch control.
pub const BRANCH_CONTROL: &str = "86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b";

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/pipelines/checks/configurations", &CHECKS, list),
    Route::post("{project}/_apis/pipelines/checks/configurations", &CHECKS, create),
    Route::get("{project}/_apis/pipelines/checks/configurations/{id}", &CHECKS, get),
    Route::patch("{project}/_apis/pipelines/checks/configurations/{id}", &CHECKS, update),
    Route::delete("{project}/_apis/pipelines/checks/configurations/{id}", &CHECKS, delete),
    Route::query("{project}/_apis/pipelines/checks/queryconfigurations", &CHECKS_QUERY, query),
];

impl Check {
    fn to_json(&self, call: &Call<'_>, settings: bool) -> Value {
        let mut body = json!({
            "createdBy": call.identity_ref(self.created.0),
            "createdOn": time_text(self.created.1),
            "modifiedBy": call.identity_ref(self.modified.0),
            "modifiedOn": time_text(self.modified.1),
            "timeout": self.timeout,
            "isDisabled": self.disabled,
            "id": self.id,
            "version": self.version,
            "type": self.kind,
            "url": call.project_url(self.project, &format!("_apis/pipelines/checks/configurations/{}", self.id)),
            "resource": self.resource,
        });
        if settings {
            body["settings"] = self.settings.clone();
        }
        body
    }
}

fn refused(message: String) -> ServiceError {
    ServiceError::new(400, "Microsoft.Azure.Pipelines.Checks.WebApi", "CheckConfigurationValidationException", message)
}

fn not_found(id: i64) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.Azure.Pipelines.Checks.WebApi",
        "CheckConfigurationNotFoundException",
        format!("Check configuration with id {id} could not be found."),
    )
}

fn expands_settings(call: &Call<'_>) -> bool {
    call.request.query("$expand").is_some_and(|expand| expand.eq_ignore_ascii_case("settings"))
}

/// Fills in what the service knows about a type, and refuses settings that the type cannot have.
fn complete(call: &Call<'_>, kind: &mut Value, settings: &mut Value, project: Uuid) -> Result<(), ServiceError> {
    let id = text(kind, "id").map(str::to_lowercase);
    let by_name = |name: &str| match name.to_lowercase().as_str() {
        "approval" => Some(APPROVAL),
        "exclusivelock" => Some(EXCLUSIVE_LOCK),
        "task check" | "taskcheck" => Some(TASK_CHECK),
        _ => None,
    };
    let id = id.or_else(|| text(kind, "name").and_then(by_name).map(str::to_owned));
    let id = id.ok_or_else(|| refused("The check type is missing.".to_owned()))?;
    let name = match id.as_str() {
        APPROVAL => {
            let approvers = items(settings, "approvers").to_vec();
            if approvers.is_empty() {
                return Err(refused("At least one approver is required.".to_owned()));
            }
            let mut resolved = Vec::new();
            for approver in &approvers {
                let id = text(approver, "id").and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_default();
                let known = call.organization.identity(id);
                let known = known.ok_or_else(|| refused(format!("The approver with id {id} could not be found.")))?;
                resolved.push(known.reference(&call.root()));
            }
            settings["approvers"] = json!(resolved);
            for (key, default) in [
                ("executionOrder", json!("anyOrder")),
                ("minRequiredApprovers", json!(0)),
                ("instructions", json!("")),
                ("blockedApprovers", json!([])),
                ("requesterCannotBeApprover", json!(false)),
            ] {
                if at(settings, &[key]).is_none() {
                    settings[key] = default;
                }
            }
            "Approval"
        }
        EXCLUSIVE_LOCK => "ExclusiveLock",
        TASK_CHECK => {
            if text_at(settings, &["definitionRef", "id"]).is_none() {
                return Err(refused("The task of the check (definitionRef.id) is missing.".to_owned()));
            }
            "Task Check"
        }
        other => return Err(refused(format!("The check type {other} is not known in project {project}."))),
    };
    *kind = json!({ "id": id, "name": name });
    Ok(())
}

fn create(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let body = call.body()?;
    let mut kind = at(&body, &["type"]).cloned().unwrap_or(json!({}));
    let mut settings = at(&body, &["settings"]).cloned().unwrap_or(json!({}));
    complete(call, &mut kind, &mut settings, project)?;
    let resource = resource(call, project, &body)?;
    let single = kind["id"] == APPROVAL || kind["id"] == EXCLUSIVE_LOCK;
    let doubled = call.organization.checks.values().any(|check| {
        check.project == project
            && check.resource["id"] == resource["id"]
            && check.resource["type"] == resource["type"]
            && check.kind == kind
    });
    if single && doubled {
        return Err(refused(format!(
            "The resource has a check of type {} already.",
            kind["name"].as_str().unwrap_or_default()
        )));
    }
    let stamp = (call.caller, call.now);
    let check = Check {
        id: call.organization.next("check"),
        project,
        kind,
        settings,
        timeout: number(&body, "timeout").unwrap_or(43_200),
        resource,
        version: 1,
        disabled: flag(&body, "isDisabled").unwrap_or(false),
        created: stamp,
        modified: stamp,
    };
    let answer = check.to_json(call, true);
    call.organization.checks.insert(check.id, check);
    Ok(Response::ok(answer))
}

/// The resource that a body names, with its name filled in; 404 if there is none.
fn resource(call: &Call<'_>, project: Uuid, body: &Value) -> Result<Value, ServiceError> {
    let kind = text_at(body, &["resource", "type"]).map(str::to_lowercase);
    let id = at(body, &["resource"]).and_then(|resource| resource.get("id")).map(|id| match id {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let (Some(kind), Some(id)) = (kind, id) else {
        return Err(refused("The resource of the check is missing.".to_owned()));
    };
    let organization = &call.organization;
    let number = id.parse::<i64>().ok();
    let name = match kind.as_str() {
        "environment" => number
            .and_then(|id| organization.environments.get(&id))
            .filter(|environment| environment.project == project)
            .map(|environment| environment.name.clone()),
        "endpoint" => organization.find_endpoint(project, &id).map(|endpoint| endpoint.name().to_owned()),
        "variablegroup" => number
            .and_then(|id| organization.groups.get(&id))
            .filter(|group| group.in_project(project))
            .map(|group| group.name_in(project).to_owned()),
        "queue" => number.and_then(|id| organization.queues.get(&id)).map(|queue| queue.name.clone()),
        "repository" => id
            .split_once('.')
            .and_then(|(_, id)| Uuid::parse_str(id).ok())
            .and_then(|id| organization.repositories.get(&id))
            .map(|repository| repository.name.clone()),
        _ => None,
    };
    let name = name.ok_or_else(|| {
        ServiceError::not_found(
            "Microsoft.Azure.Pipelines.Checks.WebApi",
            "ResourceNotFoundException",
            format!("The resource of type {kind} with id {id} could not be found."),
        )
    })?;
    Ok(json!({ "type": kind, "id": id, "name": name }))
}

fn find(call: &Call<'_>) -> Result<i64, ServiceError> {
    let project = call.project_id()?;
    let id = call.number("id")?;
    call.organization
        .checks
        .get(&id)
        .filter(|check| check.project == project)
        .map(|check| check.id)
        .ok_or_else(|| not_found(id))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let (kind, id) = (call.request.query("resourceType"), call.request.query("resourceId"));
    let settings = expands_settings(call);
    let found = call.organization.checks.values().filter(|check| {
        check.project == project
            && match (kind, id) {
                (Some(kind), Some(id)) => check.is_on(kind, id),
                (Some(kind), None) => text(&check.resource, "type").is_some_and(|own| own.eq_ignore_ascii_case(kind)),
                _ => true,
            }
    });
    Ok(Response::list(found.map(|check| check.to_json(call, settings)).collect()))
}

fn query(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let body = call.body()?;
    let settings = expands_settings(call);
    let wanted: Vec<(String, String)> = body
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .filter_map(|resource| Some((text(resource, "type")?.to_owned(), text(resource, "id")?.to_owned())))
        .collect();
    let found = call
        .organization
        .checks
        .values()
        .filter(|check| check.project == project && wanted.iter().any(|(kind, id)| check.is_on(kind, id)));
    Ok(Response::list(found.map(|check| check.to_json(call, settings)).collect()))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    Ok(Response::ok(call.organization.checks[&id].to_json(call, expands_settings(call))))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let id = find(call)?;
    let body = call.body()?;
    let mut check = call.organization.checks[&id].clone();
    if let Some(version) = number(&body, "version")
        && version != check.version
    {
        return Err(ServiceError::new(
            409,
            "Microsoft.Azure.Pipelines.Checks.WebApi",
            "CheckConfigurationConflictException",
            format!(
                "Check configuration {id} has version {}, not {version}: it has been changed since it was read.",
                check.version
            ),
        ));
    }
    if let Some(settings) = at(&body, &["settings"]) {
        check.settings = settings.clone();
        complete(call, &mut check.kind, &mut check.settings, project)?;
    }
    if let Some(timeout) = number(&body, "timeout") {
        check.timeout = timeout;
    }
    if let Some(disabled) = flag(&body, "isDisabled") {
        check.disabled = disabled;
    }
    check.version += 1;
    check.modified = (call.caller, call.now);
    let answer = check.to_json(call, true);
    call.organization.checks.insert(id, check);
    Ok(Response::ok(answer))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = find(call)?;
    call.organization.checks.remove(&id);
    Ok(Response::no_content())
}
