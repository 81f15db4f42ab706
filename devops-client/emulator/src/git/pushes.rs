//! Pushes: commits made from changes, and the ref that then points to them.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::json::{commit_ref, url};
use super::object::{Commit, Kind, ObjectId, Signature};
use super::refs::{set, valid_name};
use super::repositories::{of_route, writable};
use super::store::Store;
use super::tree::{self, Change, Refused};
use crate::core::json::{at, items, text, text_at, time_text};
use crate::core::locations::GIT_PUSHES;
use crate::core::route::Route;
use crate::core::{Call, Event, Outcome, Response, ServiceError};
pub use crate::state::repositories::Push;
use crate::state::repositories::Repository;

/// The largest body of a push, in bytes (service limit).
pub const LIMIT: usize = 26_214_400;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/git/repositories/{repositoryId}/pushes", &GIT_PUSHES, list),
    Route::post("{project}/_apis/git/repositories/{repositoryId}/pushes", &GIT_PUSHES, create),
    Route::get("{project}/_apis/git/repositories/{repositoryId}/pushes/{pushId}", &GIT_PUSHES, get),
];

impl Push {
    fn to_json(&self, call: &Call<'_>, repository: &Repository, details: bool) -> Value {
        let mut body = json!({
            "pushedBy": call.identity_ref(self.by),
            "pushId": self.id,
            "date": time_text(self.on),
            "url": url(call, repository, &format!("pushes/{}", self.id)),
        });
        if details {
            body["commits"] = self.commits.iter().map(|id| commit_ref(call, repository, *id)).collect();
            body["refUpdates"] = json!([{
                "repositoryId": repository.id,
                "name": self.reference,
                "oldObjectId": self.old.to_string(),
                "newObjectId": self.new.to_string(),
            }]);
            body["repository"] = repository.reference(call);
        }
        body
    }
}

fn refused(refused: &Refused) -> ServiceError {
    let message = match refused {
        Refused::Exists(path) => {
            format!("The path '/{path}' specified in the add operation already exists. Please specify a new path.")
        }
        Refused::Missing(path) => {
            format!(
                "The path '/{path}' specified in the edit operation does not exist. Please specify an existing path."
            )
        }
        Refused::Invalid(path) => format!("The path '{path}' is not valid."),
    };
    ServiceError::invalid(format!("{message}\r\nParameter name: newPush"))
}

/// Reads one change, putting new content into the store.
fn change(store: &mut Store, change: &Value) -> Result<Change, ServiceError> {
    let path = text_at(change, &["item", "path"]).ok_or_else(|| ServiceError::missing("change.Item.Path"))?;
    let path = tree::path(path).map_err(|error| refused(&error))?;
    let content = at(change, &["newContent"]).map(content).transpose()?;
    let blob = content.map(|bytes| store.put(Kind::Blob, bytes));
    let needed = || blob.ok_or_else(|| ServiceError::missing("change.NewContent"));
    let kind = text(change, "changeType").unwrap_or_default().to_lowercase();
    let kinds: Vec<&str> = kind.split(',').map(str::trim).collect();
    match kinds.as_slice() {
        ["add"] => Ok(Change::Add(path, needed()?)),
        ["edit"] => Ok(Change::Edit(path, needed()?)),
        ["delete"] => Ok(Change::Delete(path)),
        ["rename"] | ["rename", "edit"] | ["edit", "rename"] => {
            let source =
                text(change, "sourceServerItem").ok_or_else(|| ServiceError::missing("change.SourceServerItem"))?;
            let source = tree::path(source).map_err(|error| refused(&error))?;
            Ok(Change::Rename(source, path, blob))
        }
        _ => {
            Err(ServiceError::invalid(format!("The change type '{kind}' is not supported.\r\nParameter name: newPush")))
        }
    }
}

fn content(content: &Value) -> Result<Vec<u8>, ServiceError> {
    let text_of = text(content, "content").ok_or_else(|| ServiceError::missing("change.NewContent.Content"))?;
    let kind = content.get("contentType").map(|kind| kind.as_str().map_or_else(|| kind.to_string(), str::to_lowercase));
    match kind.as_deref() {
        None | Some("rawtext" | "0") => Ok(text_of.as_bytes().to_vec()),
        Some("base64encoded" | "1") => BASE64_STANDARD
            .decode(text_of)
            .map_err(|_| ServiceError::invalid("The content is not valid base64.\r\nParameter name: newPush")),
        Some(other) => Err(ServiceError::invalid(format!(
            "The content type '{other}' is not supported.\r\nParameter name: newPush"
        ))),
    }
}

fn signature(given: Option<&Value>, fallback: &Signature) -> Signature {
    let date = given.and_then(|given| text(given, "date")).and_then(|date| date.parse::<Timestamp>().ok());
    Signature {
        name: given.and_then(|given| text(given, "name")).unwrap_or(&fallback.name).to_owned(),
        email: given.and_then(|given| text(given, "email")).unwrap_or(&fallback.email).to_owned(),
        seconds: date.map_or(fallback.seconds, Timestamp::as_second),
    }
}

/// Who the caller is, as a signature at the time of the request.
pub fn caller_signature(call: &Call<'_>) -> Signature {
    let identity = call.organization.identity(call.caller);
    Signature {
        name: identity.map_or_else(String::new, |identity| identity.display_name.clone()),
        email: identity.map_or_else(String::new, |identity| identity.unique_name.clone()),
        seconds: call.now.as_second(),
    }
}

fn create(call: &mut Call<'_>) -> Outcome {
    let id = writable(call)?;
    if call.request.body.len() > LIMIT {
        return Err(ServiceError::invalid(format!(
            "The request is too large: it has {} bytes, the largest that is accepted is {LIMIT}.\r\nParameter name: newPush",
            call.request.body.len()
        )));
    }
    let body = call.body()?;
    let [update] = items(&body, "refUpdates") else {
        return Err(ServiceError::invalid("A push must have exactly one ref update.\r\nParameter name: newPush"));
    };
    let commits = items(&body, "commits");
    if commits.is_empty() {
        return Err(ServiceError::invalid("A push must have at least one commit.\r\nParameter name: newPush"));
    }
    let name = text(update, "name").unwrap_or_default().to_owned();
    if !valid_name(&name) {
        return Err(ServiceError::invalid(format!("The ref name '{name}' is not valid.\r\nParameter name: newPush")));
    }
    let old: ObjectId = text(update, "oldObjectId")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| ServiceError::missing("refUpdate.OldObjectId"))?;
    let repository = &call.organization.repositories[&id];
    let current = repository.refs.get(&name).copied().unwrap_or(ObjectId::ZERO);
    // a branch may also be made on top of a commit that is known, by naming it as the old one
    let branch_off = current.is_zero() && repository.objects.commit(old).is_some();
    if current != old && !branch_off {
        return Err(ServiceError::stale_reference(&name));
    }
    if !current.is_zero() && call.organization.is_protected(repository.project, id, &name) {
        return Err(ServiceError::push_refused_by_policy());
    }
    // everything is made in a copy of the store, so that a refused change leaves nothing behind
    let mut store = repository.objects.clone();
    let caller = caller_signature(call);
    let mut tip = old;
    let mut made = Vec::new();
    for commit in commits {
        let mut files = store.files_at(tip);
        for given in items(commit, "changes") {
            let change = change(&mut store, given)?;
            tree::apply(&mut files, change).map_err(|error| refused(&error))?;
        }
        let author = signature(at(commit, &["author"]), &caller);
        let new = Commit {
            tree: store.put_files(&files),
            parents: if tip.is_zero() { Vec::new() } else { vec![tip] },
            committer: signature(at(commit, &["committer"]), &caller),
            author,
            message: text(commit, "comment").unwrap_or_default().to_owned(),
        };
        tip = store.put(Kind::Commit, new.encode());
        made.insert(0, tip);
    }
    let push = Push {
        id: call.organization.next("push"),
        reference: name,
        old: current,
        new: tip,
        commits: made,
        by: call.caller,
        on: call.now,
    };
    if let Some(repository) = call.organization.repositories.get_mut(&id) {
        repository.objects = store;
    }
    record(call, id, push.clone());
    Ok(Response::created(push.to_json(call, &call.organization.repositories[&id], true)))
}

/// Moves the ref, keeps the push, and says that it happened.
pub fn record(call: &mut Call<'_>, id: Uuid, push: Push) {
    let Some(repository) = call.organization.repositories.get_mut(&id) else { return };
    set(repository, &push.reference, push.new);
    repository.pushes.push(push.clone());
    call.events.push(Event::Pushed { repository: id, push });
}

fn list(call: &mut Call<'_>) -> Outcome {
    let repository = of_route(call)?;
    let top = call.request.query_number("$top").map_or(100, |top| top.max(0) as usize);
    let skip = call.request.query_number("$skip").map_or(0, |skip| skip.max(0) as usize);
    let wanted = call.request.query("searchCriteria.refName");
    let refs_too = call.request.query_flag("searchCriteria.includeRefUpdates");
    let found = repository.pushes.iter().rev().filter(|push| wanted.is_none_or(|name| push.reference == name));
    let found = found.skip(skip).take(top).map(|push| {
        let mut body = push.to_json(call, repository, false);
        if refs_too {
            body["refUpdates"] = push.to_json(call, repository, true)["refUpdates"].clone();
        }
        body
    });
    Ok(Response::list(found.collect()))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.number("pushId")?;
    let repository = of_route(call)?;
    let found = repository.pushes.iter().find(|push| push.id == id);
    found.map(|push| Response::ok(push.to_json(call, repository, true))).ok_or_else(|| {
        ServiceError::not_found(
            "Microsoft.TeamFoundation.Git.Server",
            "GitPushNotFoundException",
            format!("TF401029: The push with ID {id} does not exist."),
        )
    })
}
