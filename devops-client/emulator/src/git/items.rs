//! Items: files and directories of a version.

use serde_json::{Value, json};

use super::json::url;
use super::object::{Kind, ObjectId};
use super::repositories::of_route;
use crate::core::locations::GIT_ITEMS;
use crate::core::route::Route;
use crate::core::{Call, Outcome, Response, ServiceError};
use crate::state::repositories::Repository;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/git/repositories/{repositoryId}/items", &GIT_ITEMS, get),
    Route::get("{project}/_apis/git/repositories/{repositoryId}/items/{*path}", &GIT_ITEMS, get),
];

/// The commit that a version descriptor names: a branch (the default one at first), a tag or a commit.
/// Errors: 404 if there is none.
pub fn version(call: &Call<'_>, repository: &Repository, prefix: &str) -> Result<ObjectId, ServiceError> {
    let stated = |name: &str| call.request.query(&format!("{prefix}.{name}")).or_else(|| call.request.query(name));
    let kind = stated("versionType").unwrap_or("branch").to_lowercase();
    let default = repository.default_branch.as_deref().unwrap_or("refs/heads/main").trim_start_matches("refs/heads/");
    let name = stated("version").filter(|name| !name.is_empty()).unwrap_or(default);
    let found = match kind.as_str() {
        "commit" => name.parse::<ObjectId>().ok().filter(|id| repository.objects.commit(*id).is_some()),
        "tag" => repository.refs.get(&format!("refs/tags/{name}")).copied(),
        _ => repository.refs.get(&format!("refs/heads/{}", name.trim_start_matches("refs/heads/"))).copied(),
    };
    found.ok_or_else(|| {
        ServiceError::not_found(
            "Microsoft.TeamFoundation.Git.Server",
            "GitUnresolvableToCommitException",
            format!(
                "TF401175: The version descriptor <{kind}: {name}> could not be resolved to a version in the repository {}",
                repository.name
            ),
        )
    })
}

/// One item of the answer.
struct Item {
    path: String,
    id: ObjectId,
    folder: bool,
}

fn children(repository: &Repository, tree: ObjectId, prefix: &str, deep: bool, found: &mut Vec<Item>) {
    for entry in repository.objects.tree(tree).unwrap_or_default() {
        let folder = entry.mode == super::tree::DIRECTORY;
        let path = format!("{prefix}/{}", entry.name);
        found.push(Item { path: path.clone(), id: entry.id, folder });
        if folder && deep {
            children(repository, entry.id, &path, deep, found);
        }
    }
}

fn find(repository: &Repository, root: ObjectId, path: &str) -> Option<Item> {
    let mut item = Item { path: String::new(), id: root, folder: true };
    for name in path.split('/').filter(|part| !part.is_empty()) {
        let entry = repository.objects.tree(item.id)?.into_iter().find(|entry| entry.name == name)?;
        item =
            Item { path: format!("{}/{name}", item.path), id: entry.id, folder: entry.mode == super::tree::DIRECTORY };
    }
    if item.path.is_empty() {
        item.path = "/".to_owned();
    }
    Some(item)
}

fn item_json(call: &Call<'_>, repository: &Repository, commit: ObjectId, item: &Item) -> Value {
    let kind = if item.folder { Kind::Tree } else { Kind::Blob };
    let mut body = json!({
        "objectId": item.id.to_string(),
        "gitObjectType": kind.name(),
        "commitId": commit.to_string(),
        "path": item.path,
        "url": url(call, repository, &format!("items{}?versionType=Branch&versionOptions=None", item.path)),
    });
    if item.folder {
        body["isFolder"] = json!(true);
    }
    if call.request.query_flag("includeContentMetadata") && !item.folder {
        let name = item.path.rsplit('/').next().unwrap_or_default();
        let binary = repository.objects.blob(item.id).is_some_and(|bytes| bytes.contains(&0));
        body["contentMetadata"] = json!({
            "fileName": name,
            "extension": name.rsplit_once('.').map_or("", |(_, extension)| extension),
            "contentType": if binary { "application/octet-stream" } else { "text/plain" },
            "encoding": 65001,
            "isBinary": binary,
        });
    }
    body
}

fn get(call: &mut Call<'_>) -> Outcome {
    let repository = of_route(call)?;
    let commit = version(call, repository, "versionDescriptor")?;
    let tree = repository.objects.commit(commit).map(|commit| commit.tree).unwrap_or_default();
    let path = match call.param("path") {
        "" => call.request.query("path").or_else(|| call.request.query("scopePath")).unwrap_or("/").to_owned(),
        path => path.to_owned(),
    };
    let Some(item) = find(repository, tree, &path) else {
        return Err(ServiceError::not_found(
            "Microsoft.TeamFoundation.Git.Server",
            "GitItemNotFoundException",
            format!(
                "TF401174: The item '{path}' could not be found in the repository '{}' at the version specified by '<Commit: {commit}>' \
                 (resolved to commit '{commit}')",
                repository.name
            ),
        ));
    };
    let level = call.request.query("recursionLevel").unwrap_or("none").to_lowercase();
    let listed = call.request.query("scopePath").is_some() || level != "none";
    if listed {
        let mut found = Vec::new();
        let prefix = if item.path == "/" { "" } else { item.path.as_str() };
        if item.folder && level != "none" {
            children(repository, item.id, prefix, level == "full", &mut found);
        }
        found.insert(0, item);
        return Ok(Response::list(found.iter().map(|item| item_json(call, repository, commit, item)).collect()));
    }
    let accept = call.request.header("accept").unwrap_or_default();
    let format = call.request.query("$format").unwrap_or_default();
    let wants_json = item.folder
        || call.request.query_flag("includeContent")
        || format.eq_ignore_ascii_case("json")
        || (format.is_empty()
            && (accept.contains("application/json") || accept.is_empty() || accept == "*/*")
            && !call.request.query_flag("download")
            && accept.contains("json"));
    if wants_json {
        let mut body = item_json(call, repository, commit, &item);
        if call.request.query_flag("includeContent") && !item.folder {
            let bytes = repository.objects.blob(item.id).unwrap_or_default();
            body["content"] = json!(String::from_utf8_lossy(bytes));
        }
        return Ok(Response::ok(body));
    }
    let bytes = repository.objects.blob(item.id).unwrap_or_default().to_vec();
    let media_type =
        if accept.contains("text/plain") { "text/plain; charset=utf-8" } else { "application/octet-stream" };
    Ok(Response::bytes(media_type, bytes))
}
