//! What is given for a definition: checked, and completed as the service completes it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{at, number, same, text, text_at};
use crate::core::{Call, ServiceError};
use crate::state::repositories::Repository;
use crate::state::resources::HOSTED;

/// Checks a body and fills in what the service fills in.
pub fn complete(call: &Call<'_>, project: Uuid, mut body: Value, own: Option<i64>) -> Result<Value, ServiceError> {
    let refuse = |message: String| {
        ServiceError::new(400, "Microsoft.TeamFoundation.Build.WebApi", "InvalidDefinitionException", message)
    };
    let name = text(&body, "name")
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ServiceError::missing("definition.Name"))?
        .to_owned();
    if name.contains(['/', '\\', '<', '>', '|', '"', '*', '?', ':']) {
        return Err(refuse(format!("The name '{name}' of the definition has characters that are not allowed.")));
    }
    let path = folder(text(&body, "path").unwrap_or("\\"));
    let taken = call.organization.definitions.values().any(|other| {
        Some(other.id) != own && other.project == project && same(other.name(), &name) && same(other.path(), &path)
    });
    if taken {
        return Err(ServiceError::new(
            400,
            "Microsoft.TeamFoundation.Build.WebApi",
            "DefinitionExistsException",
            format!("A definition with name {name} already exists in folder {path}."),
        ));
    }
    if number(&body["process"], "type") != Some(2) {
        return Err(refuse("Only YAML pipelines are served: process.type must be 2.".to_owned()));
    }
    if text_at(&body, &["process", "yamlFilename"]).is_none_or(str::is_empty) {
        return Err(refuse("The definition has no process.yamlFilename.".to_owned()));
    }
    let kind = text_at(&body, &["repository", "type"]).unwrap_or_default();
    if !matches!(kind.to_lowercase().as_str(), "tfsgit" | "azurereposgit") {
        return Err(refuse(format!("The repository type '{kind}' is not served: only TfsGit is.")));
    }
    let key = text_at(&body, &["repository", "id"]).or(text_at(&body, &["repository", "name"])).unwrap_or_default();
    let repository: &Repository =
        call.organization.find_repository(project, key).ok_or_else(|| ServiceError::repository_not_found(key))?;
    let branch = text_at(&body, &["repository", "defaultBranch"]).filter(|branch| !branch.is_empty());
    let branch = branch
        .map(|branch| if branch.starts_with("refs/") { branch.to_owned() } else { format!("refs/heads/{branch}") });
    let branch = branch.or_else(|| repository.default_branch.clone());
    body["repository"] = json!({
        "properties": at(&body, &["repository", "properties"]).cloned().unwrap_or(json!({ "reportBuildStatus": "true", "fetchDepth": "1" })),
        "id": repository.id,
        "type": "TfsGit",
        "name": repository.name,
        "url": repository.remote_url(call),
        "defaultBranch": branch,
        "clean": at(&body, &["repository", "clean"]).cloned().unwrap_or_default(),
        "checkoutSubmodules": at(&body, &["repository", "checkoutSubmodules"]).cloned().unwrap_or(json!(false)),
    });
    match number(&body["queue"], "id") {
        Some(id) if call.organization.queues.get(&id).is_none_or(|queue| queue.project != project) => {
            return Err(refuse(format!("The queue {id} of the definition does not exist in the project.")));
        }
        Some(_) => {}
        None => {
            let named = text_at(&body, &["queue", "name"]).unwrap_or(HOSTED);
            let queue =
                call.organization.queues.values().find(|queue| queue.project == project && same(&queue.name, named));
            body["queue"] = json!({ "id": queue.map(|queue| queue.id) });
        }
    }
    for (key, default) in [
        (
            "triggers",
            json!([{ "branchFilters": [], "pathFilters": [], "settingsSourceType": 2, "batchChanges": false, "maxConcurrentBuildsPerBranch": 1, "triggerType": "continuousIntegration" }]),
        ),
        ("variables", json!({})),
        ("properties", json!({})),
        ("tags", json!([])),
        ("queueStatus", json!("enabled")),
        ("jobAuthorizationScope", json!("project")),
        ("jobTimeoutInMinutes", json!(60)),
        ("jobCancelTimeoutInMinutes", json!(5)),
    ] {
        if at(&body, &[key]).is_none() {
            body[key] = default;
        }
    }
    for trigger in body["triggers"].as_array_mut().into_iter().flatten() {
        if trigger["triggerType"] == json!(2) {
            trigger["triggerType"] = json!("continuousIntegration");
        }
    }
    body["name"] = json!(name);
    body["path"] = json!(path);
    body["type"] = json!("build");
    Ok(body)
}

/// A secret variable that comes back without value keeps the one it had.
pub fn keep_secrets(old: &Value, new: &mut Value) {
    let Some(variables) = new.get_mut("variables").and_then(Value::as_object_mut) else { return };
    for (name, variable) in variables {
        if variable.get("isSecret") == Some(&json!(true)) && variable.get("value").is_none_or(Value::is_null) {
            variable["value"] = old["variables"][name]["value"].clone();
        }
    }
}

/// A folder as the service writes it: backslashes, one at the start, none at the end.
pub fn folder(path: &str) -> String {
    let parts: Vec<&str> = path.split(['\\', '/']).filter(|part| !part.is_empty()).collect();
    format!("\\{}", parts.join("\\"))
}
