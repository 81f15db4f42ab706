//! Repositories.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::json::{at, flag, same, text, text_at};
use crate::core::locations::{GIT_DELETED_REPOSITORIES, GIT_REPOSITORIES};
use crate::core::route::Route;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
pub use crate::state::repositories::Repository;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("_apis/git/repositories", &GIT_REPOSITORIES, list_all),
    Route::post("_apis/git/repositories", &GIT_REPOSITORIES, create_anywhere),
    Route::get("_apis/git/repositories/{repositoryId}", &GIT_REPOSITORIES, get),
    Route::delete("_apis/git/repositories/{repositoryId}", &GIT_REPOSITORIES, delete),
    Route::patch("_apis/git/repositories/{repositoryId}", &GIT_REPOSITORIES, update),
    Route::get("{project}/_apis/git/repositories", &GIT_REPOSITORIES, list),
    Route::post("{project}/_apis/git/repositories", &GIT_REPOSITORIES, create),
    Route::get("{project}/_apis/git/repositories/{repositoryId}", &GIT_REPOSITORIES, get),
    Route::patch("{project}/_apis/git/repositories/{repositoryId}", &GIT_REPOSITORIES, update),
    Route::delete("{project}/_apis/git/repositories/{repositoryId}", &GIT_REPOSITORIES, delete),
    Route::get("{project}/_apis/git/recycleBin/repositories", &GIT_DELETED_REPOSITORIES, list_deleted),
    Route::patch("{project}/_apis/git/recycleBin/repositories/{repositoryId}", &GIT_DELETED_REPOSITORIES, restore),
    Route::delete("{project}/_apis/git/recycleBin/repositories/{repositoryId}", &GIT_DELETED_REPOSITORIES, purge),
];

impl Repository {
    /// Where git clones it from.
    pub fn remote_url(&self, call: &Call<'_>) -> String {
        let project = call.organization.projects.get(&self.project).map_or("", |project| project.name.as_str());
        let encode = |text: &str| text.replace(' ', "%20");
        format!("{}/{}/_git/{}", call.root(), encode(project), encode(&self.name))
    }

    /// The form that other areas embed.
    pub fn reference(&self, call: &Call<'_>) -> Value {
        let project = call.organization.projects.get(&self.project);
        let mut body = json!({
            "id": self.id,
            "name": self.name,
            "url": super::json::url(call, self, "").trim_end_matches('/'),
            "project": project.map(|project| project.reference(&call.root())),
            "size": self.objects.size(),
            "remoteUrl": self.remote_url(call),
            "sshUrl": self.remote_url(call).replacen("http://", "ssh://", 1),
            "webUrl": self.remote_url(call),
            "isDisabled": self.disabled,
            "isInMaintenance": false,
        });
        if let Some(branch) = &self.default_branch {
            body["defaultBranch"] = json!(branch);
        }
        body
    }
}

impl Organization {
    /// A repository of a project by id or name.
    pub fn find_repository(&self, project: Uuid, key: &str) -> Option<&Repository> {
        let mut own = self
            .repositories
            .values()
            .filter(|repository| repository.project == project && repository.deleted.is_none());
        match Uuid::parse_str(key) {
            Ok(id) => own.find(|repository| repository.id == id),
            Err(_) => own.find(|repository| same(&repository.name, key)),
        }
    }
}

/// The repository that a route names.
pub fn of_route<'a>(call: &'a Call<'_>) -> Result<&'a Repository, ServiceError> {
    let key = call.param("repositoryId");
    let found = if call.param("project").is_empty() {
        let id = Uuid::parse_str(key).unwrap_or_default();
        call.organization.repositories.get(&id).filter(|repository| repository.deleted.is_none())
    } else {
        call.organization.find_repository(call.project_id()?, key)
    };
    found.ok_or_else(|| ServiceError::repository_not_found(key))
}

/// The id of the repository that a route names, if it may be written to.
pub fn writable(call: &Call<'_>) -> Result<Uuid, ServiceError> {
    let repository = of_route(call)?;
    if repository.disabled {
        return Err(ServiceError::new(
            403,
            "Microsoft.TeamFoundation.Git.Server",
            "GitRepositoryDisabledException",
            format!("TF401019: The Git repository {} is disabled.", repository.name),
        ));
    }
    Ok(repository.id)
}

fn list_of(call: &Call<'_>, project: Option<Uuid>) -> Outcome {
    let hidden = call.request.query_flag("includeHidden");
    let found = call.organization.repositories.values().filter(|repository| {
        project.is_none_or(|project| repository.project == project)
            && repository.deleted.is_none()
            && (hidden || !repository.disabled || project.is_some())
    });
    let mut found: Vec<&Repository> = found.collect();
    found.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(Response::list(found.iter().map(|repository| repository.reference(call)).collect()))
}

fn list_all(call: &mut Call<'_>) -> Outcome {
    list_of(call, None)
}

fn list(call: &mut Call<'_>) -> Outcome {
    list_of(call, Some(call.project_id()?))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let body = call.body()?;
    create_in(call, project, &body)
}

fn create_anywhere(call: &mut Call<'_>) -> Outcome {
    let body = call.body()?;
    let key = text_at(&body, &["project", "id"]).or(text_at(&body, &["project", "name"]));
    let key = key.ok_or_else(|| ServiceError::missing("project"))?;
    let project = call.organization.find_project(key).ok_or_else(|| ServiceError::project_not_found(key))?.id;
    create_in(call, project, &body)
}

fn check_name(call: &Call<'_>, project: Uuid, own: Option<Uuid>, name: &str) -> Result<(), ServiceError> {
    let bad = name.is_empty()
        || name.len() > 64
        || name.starts_with('.')
        || name.ends_with('.')
        || name.contains([
            '/', '\\', ':', '*', '?', '"', '<', '>', '|', '#', '$', '{', '}', ',', '+', '=', '[', ']', ';', '~', '@',
            '&', '%',
        ]);
    if bad {
        return Err(ServiceError::new(
            400,
            "Microsoft.TeamFoundation.Git.Server",
            "InvalidGitRepositoryNameException",
            format!("TF401025: '{name}' is not a valid name for a Git repository."),
        ));
    }
    if call.organization.find_repository(project, name).is_some_and(|other| Some(other.id) != own) {
        return Err(ServiceError::new(
            409,
            "Microsoft.TeamFoundation.Git.Server",
            "GitRepositoryNameAlreadyExistsException",
            format!("TF400948: A Git repository with the name {name} already exists."),
        ));
    }
    Ok(())
}

fn create_in(call: &mut Call<'_>, project: Uuid, body: &Value) -> Outcome {
    let name = text(body, "name").ok_or_else(|| ServiceError::missing("repositoryToCreate.Name"))?;
    check_name(call, project, None, name)?;
    let repository = Repository::new(call.organization.ids.guid(), project, name);
    let answer = repository.reference(call);
    call.organization.repositories.insert(repository.id, repository);
    Ok(Response::created(answer))
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Response::ok(of_route(call)?.reference(call)))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let (id, project) = of_route(call).map(|repository| (repository.id, repository.project))?;
    let body = call.body()?;
    if let Some(name) = text(&body, "name") {
        check_name(call, project, Some(id), name)?;
    }
    let branch = text(&body, "defaultBranch");
    if let Some(repository) = call.organization.repositories.get_mut(&id) {
        if let Some(branch) = branch {
            if !repository.refs.contains_key(branch) {
                return Err(ServiceError::invalid(format!(
                    "TF401398: The branch '{branch}' does not exist in the repository, so it cannot be the default branch."
                )));
            }
            repository.default_branch = Some(branch.to_owned());
        }
        if let Some(name) = text(&body, "name") {
            repository.name = name.to_owned();
        }
        if at(&body, &["isDisabled"]).is_some() {
            repository.disabled = flag(&body, "isDisabled").unwrap_or(false);
        }
    }
    Ok(Response::ok(call.organization.repositories[&id].reference(call)))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let (id, project) = of_route(call).map(|repository| (repository.id, repository.project))?;
    let now = call.now;
    if let Some(repository) = call.organization.repositories.get_mut(&id) {
        repository.deleted = Some(now);
    }
    call.organization.forget_resource(project, "repository", &format!("{project}.{id}"));
    Ok(Response::no_content())
}

fn list_deleted(call: &mut Call<'_>) -> Outcome {
    let project = call.project_id()?;
    let found = call.organization.repositories.values().filter(|repository| repository.project == project);
    let found = found.filter_map(|repository| {
        let mut body = repository.reference(call);
        body["deletedDate"] = json!(crate::core::json::time_text(repository.deleted?));
        Some(body)
    });
    Ok(Response::list(found.collect()))
}

fn in_bin(call: &Call<'_>) -> Result<Uuid, ServiceError> {
    let key = call.param("repositoryId");
    let id = Uuid::parse_str(key).unwrap_or_default();
    let known = call.organization.repositories.get(&id).is_some_and(|repository| repository.deleted.is_some());
    known.then_some(id).ok_or_else(|| ServiceError::repository_not_found(key))
}

fn restore(call: &mut Call<'_>) -> Outcome {
    let id = in_bin(call)?;
    let (project, name) =
        (call.organization.repositories[&id].project, call.organization.repositories[&id].name.clone());
    check_name(call, project, Some(id), &name)?;
    if let Some(repository) = call.organization.repositories.get_mut(&id) {
        repository.deleted = None;
    }
    Ok(Response::ok(call.organization.repositories[&id].reference(call)))
}

fn purge(call: &mut Call<'_>) -> Outcome {
    let id = in_bin(call)?;
    call.organization.repositories.remove(&id);
    Ok(Response::no_content())
}
