//! Refs: branches and tags, moved by compare-and-swap.

use serde_json::{Value, json};
use uuid::Uuid;

use super::history::is_ancestor;
use super::object::ObjectId;
use super::repositories::{of_route, writable};
use crate::core::json::{flag, text};
use crate::core::locations::GIT_REFS;
use crate::core::paging::page;
use crate::core::route::Route;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
use crate::state::repositories::Repository;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/git/repositories/{repositoryId}/refs", &GIT_REFS, list),
    Route::post("{project}/_apis/git/repositories/{repositoryId}/refs", &GIT_REFS, update),
    Route::get("{project}/_apis/git/repositories/{repositoryId}/refs/{*filter}", &GIT_REFS, list),
];

fn ref_json(call: &Call<'_>, repository: &Repository, name: &str, id: ObjectId) -> Value {
    json!({
        "name": name,
        "objectId": id.to_string(),
        "creator": call.caller_ref(),
        "url": super::json::url(call, repository, &format!("refs?filter={}", name.trim_start_matches("refs/"))),
        "statuses": [],
    })
}

fn list(call: &mut Call<'_>) -> Outcome {
    let repository = of_route(call)?;
    let filter = match call.param("filter") {
        "" => call.request.query("filter").unwrap_or_default().to_owned(),
        path => path.to_owned(),
    };
    let contains = call.request.query("filterContains").unwrap_or_default();
    let found: Vec<(String, Value)> = repository
        .refs
        .iter()
        .filter(|(name, _)| name.trim_start_matches("refs/").starts_with(&filter) && name.contains(contains))
        .map(|(name, id)| (name.clone(), ref_json(call, repository, name, *id)))
        .collect();
    Ok(page(call, found, usize::MAX, false))
}

/// Why a ref is not moved, in the service's word for it.
fn refusal(
    organization: &Organization,
    repository: &Repository,
    name: &str,
    old: ObjectId,
    new: ObjectId,
    force: bool,
) -> Option<&'static str> {
    if !valid_name(name) {
        return Some("invalidRefName");
    }
    let current = repository.refs.get(name).copied().unwrap_or(ObjectId::ZERO);
    if current != old {
        return Some("staleOldObjectId");
    }
    if !new.is_zero() && repository.objects.commit(new).is_none() {
        return Some("unresolvableToCommit");
    }
    let conflict = repository
        .refs
        .keys()
        .any(|known| known.starts_with(&format!("{name}/")) || name.starts_with(&format!("{known}/")));
    if conflict && !new.is_zero() {
        return Some("refNameConflict");
    }
    if !current.is_zero() && organization.is_protected(repository.project, repository.id, name) {
        return Some("rejectedByPolicy");
    }
    if !force && !current.is_zero() && !new.is_zero() && !is_ancestor(&repository.objects, current, new) {
        return Some("forcePushRequired");
    }
    None
}

/// Whether a ref's name is one that git takes.
pub fn valid_name(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    name.starts_with("refs/")
        && parts.len() > 2
        && parts.iter().all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"))
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.contains([' ', '~', '^', ':', '?', '*', '[', '\\', '\x7f'])
        && !name.chars().any(char::is_control)
}

/// Moves a ref that has been checked, and keeps the default branch right.
pub fn set(repository: &mut Repository, name: &str, new: ObjectId) {
    if new.is_zero() {
        repository.refs.remove(name);
        if repository.default_branch.as_deref() == Some(name) {
            repository.default_branch = repository.refs.keys().find(|name| name.starts_with("refs/heads/")).cloned();
        }
    } else {
        repository.refs.insert(name.to_owned(), new);
        if repository.default_branch.is_none() && name.starts_with("refs/heads/") {
            repository.default_branch = Some(name.to_owned());
        }
    }
}

/// Answers 200 even when every update was rejected: each result says so itself.
fn update(call: &mut Call<'_>) -> Outcome {
    let id: Uuid = writable(call)?;
    let body = call.body()?;
    let updates = body.as_array().ok_or_else(|| ServiceError::missing("refUpdates"))?;
    let mut results = Vec::new();
    let mut moved = false;
    for update in updates {
        let name = text(update, "name").unwrap_or_default();
        let parse = |key: &str| text(update, key).and_then(|id| id.parse::<ObjectId>().ok());
        let (Some(old), Some(new)) = (parse("oldObjectId"), parse("newObjectId")) else {
            return Err(ServiceError::missing("refUpdate.OldObjectId"));
        };
        let repository = &call.organization.repositories[&id];
        let force = flag(update, "force").unwrap_or(true);
        let refused = refusal(call.organization, repository, name, old, new, force);
        if refused.is_none() {
            moved = true;
            if let Some(repository) = call.organization.repositories.get_mut(&id) {
                set(repository, name, new);
            }
        }
        let mut result = json!({
            "repositoryId": id,
            "name": name,
            "oldObjectId": old.to_string(),
            "newObjectId": new.to_string(),
            "isLocked": false,
            "updateStatus": refused.unwrap_or("succeeded"),
            "success": refused.is_none(),
        });
        if refused == Some("rejectedByPolicy") {
            result["rejectedBy"] = json!("branch policy");
            result["customMessage"] = json!(ServiceError::push_refused_by_policy().message);
        }
        results.push(result);
    }
    Ok(Response::list(results).with_effect(moved))
}
