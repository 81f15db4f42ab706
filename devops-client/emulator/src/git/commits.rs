//! Commits, trees, blobs and branch statistics.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::history::{changes, log};
use super::items::version;
use super::json::{commit_ref, url};
use super::object::{Kind, ObjectId};
use super::repositories::of_route;
use super::tree::DIRECTORY;
use crate::core::locations::{GIT_BLOBS, GIT_BRANCH_STATS, GIT_BRANCHES_STATS, GIT_CHANGES, GIT_COMMITS, GIT_TREES};
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
use crate::state::repositories::Repository;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/git/repositories/{repositoryId}/commits", &GIT_COMMITS, list),
    Route::get("{project}/_apis/git/repositories/{repositoryId}/commits/{commitId}", &GIT_COMMITS, get),
    Route::get(
        "{project}/_apis/git/repositories/{repositoryId}/commits/{commitId}/changes",
        &GIT_CHANGES,
        commit_changes,
    ),
    Route::get("{project}/_apis/git/repositories/{repositoryId}/trees/{sha1}", &GIT_TREES, tree),
    Route::get("{project}/_apis/git/repositories/{repositoryId}/blobs/{sha1}", &GIT_BLOBS, blob),
    Route::get("{project}/_apis/git/repositories/{repositoryId}/stats/branches", &GIT_BRANCHES_STATS, branches),
    Route::get("{project}/_apis/git/repositories/{repositoryId}/stats/branches/{*name}", &GIT_BRANCH_STATS, branches),
];

fn unknown(id: &str, repository: &Repository) -> ServiceError {
    ServiceError::not_found(
        "Microsoft.TeamFoundation.Git.Server",
        "GitObjectDoesNotExistException",
        format!("TF401035: The object '{id}' does not exist in the repository {}.", repository.name),
    )
}

fn id_of(call: &Call<'_>, repository: &Repository, name: &str) -> Result<ObjectId, ServiceError> {
    let text = call.param(name);
    let id = text.parse().map_err(|_| unknown(text, repository))?;
    repository.objects.get(id).map(|_| id).ok_or_else(|| unknown(text, repository))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let repository = of_route(call)?;
    let number = |name: &str| {
        let value = call
            .request
            .query_number(&format!("searchCriteria.${name}"))
            .or_else(|| call.request.query_number(&format!("${name}")));
        value.map(|value| value.max(0) as usize)
    };
    let (top, skip) = (number("top").unwrap_or(100), number("skip").unwrap_or(0));
    if repository.refs.is_empty() {
        return Ok(Response::list(Vec::new()));
    }
    let start = version(call, repository, "searchCriteria.itemVersion")?;
    let path = call.request.query("searchCriteria.itemPath").unwrap_or("/").trim_matches('/').to_owned();
    let touches = |id: &ObjectId| {
        path.is_empty()
            || diff(repository, *id)
                .iter()
                .any(|(changed, _)| *changed == path || changed.starts_with(&format!("{path}/")))
    };
    let found = log(&repository.objects, start).into_iter().filter(touches).skip(skip).take(top);
    Ok(Response::list(found.map(|id| commit_ref(call, repository, id)).collect()))
}

fn diff(repository: &Repository, id: ObjectId) -> Vec<(String, &'static str)> {
    let parent = repository.objects.commit(id).and_then(|commit| commit.parents.first().copied()).unwrap_or_default();
    changes(&repository.objects.files_at(parent), &repository.objects.files_at(id))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let repository = of_route(call)?;
    let id = id_of(call, repository, "commitId")?;
    let push = repository.pushes.iter().find(|push| push.commits.contains(&id));
    let mut body = commit_ref(call, repository, id);
    if let Some(push) = push {
        body["push"] = json!({ "pushedBy": call.identity_ref(push.by), "pushId": push.id, "date": crate::core::json::time_text(push.on) });
    }
    Ok(Response::ok(body))
}

fn commit_changes(call: &mut Call<'_>) -> Outcome {
    let repository = of_route(call)?;
    let id = id_of(call, repository, "commitId")?;
    let found = diff(repository, id);
    let mut counts = json!({});
    let rows: Vec<Value> = found
        .iter()
        .map(|(path, kind)| {
            let name = format!("{}{}", kind[..1].to_uppercase(), &kind[1..]);
            counts[&name] = json!(counts[&name].as_u64().unwrap_or(0) + 1);
            json!({ "item": { "path": format!("/{path}"), "gitObjectType": "blob", "commitId": id.to_string() }, "changeType": kind })
        })
        .collect();
    Ok(Response::ok(json!({ "changeCounts": counts, "changes": rows })))
}

fn tree(call: &mut Call<'_>) -> Outcome {
    let repository = of_route(call)?;
    let id = id_of(call, repository, "sha1")?;
    let entries = repository.objects.tree(id).ok_or_else(|| unknown(call.param("sha1"), repository))?;
    let mut rows = Vec::new();
    let mut open = vec![(String::new(), entries)];
    while let Some((prefix, entries)) = open.pop() {
        for entry in entries {
            let folder = entry.mode == DIRECTORY;
            let path = format!("{prefix}{}", entry.name);
            let size = repository.objects.get(entry.id).map_or(0, |object| object.data.len());
            let kind = if folder { Kind::Tree } else { Kind::Blob };
            rows.push(json!({
                "objectId": entry.id.to_string(),
                "relativePath": path,
                "mode": format!("{:0>6}", entry.mode),
                "gitObjectType": kind.name(),
                "url": url(call, repository, &format!("{}s/{}", kind.name(), entry.id)),
                "size": size,
            }));
            if folder && call.request.query_flag("recursive") {
                open.push((format!("{path}/"), repository.objects.tree(entry.id).unwrap_or_default()));
            }
        }
    }
    let size = repository.objects.get(id).map_or(0, |object| object.data.len());
    Ok(Response::ok(json!({
        "objectId": id.to_string(), "url": url(call, repository, &format!("trees/{id}")), "treeEntries": rows, "size": size,
    })))
}

fn blob(call: &mut Call<'_>) -> Outcome {
    let repository = of_route(call)?;
    let id = id_of(call, repository, "sha1")?;
    let bytes = repository.objects.blob(id).ok_or_else(|| unknown(call.param("sha1"), repository))?;
    let accept = call.request.header("accept").unwrap_or_default();
    match call.request.query("$format").unwrap_or(if accept.contains("json") { "json" } else { "octetstream" }) {
        "json" => Ok(Response::ok(
            json!({ "objectId": id.to_string(), "size": bytes.len(), "url": url(call, repository, &format!("blobs/{id}")) }),
        )),
        "text" => Ok(Response::bytes("text/plain; charset=utf-8", bytes.to_vec())),
        _ => Ok(Response::bytes("application/octet-stream", bytes.to_vec())),
    }
}

/// Statistics of each branch, or of the one that `name` names: commits ahead of and behind the default branch.
fn branches(call: &mut Call<'_>) -> Outcome {
    let repository = of_route(call)?;
    let wanted = Some(call.param("name")).filter(|name| !name.is_empty()).or_else(|| call.request.query("name"));
    let base =
        repository.default_branch.as_ref().and_then(|name| repository.refs.get(name)).copied().unwrap_or_default();
    let behind: BTreeSet<ObjectId> = log(&repository.objects, base).into_iter().collect();
    let rows = repository.refs.iter().filter_map(|(name, id)| {
        let short = name.strip_prefix("refs/heads/")?;
        wanted.is_none_or(|wanted| wanted == short).then(|| {
            let own: BTreeSet<ObjectId> = log(&repository.objects, *id).into_iter().collect();
            json!({
                "commit": commit_ref(call, repository, *id),
                "name": short,
                "aheadCount": own.difference(&behind).count(),
                "behindCount": behind.difference(&own).count(),
                "isBaseVersion": repository.default_branch.as_deref() == Some(name),
            })
        })
    });
    let rows: Vec<Value> = rows.collect();
    match (wanted, rows.first()) {
        (None, _) => Ok(Response::list(rows)),
        (Some(_), Some(row)) => Ok(Response::ok(row.clone())),
        (Some(name), None) => Err(unknown(name, repository)),
    }
}
