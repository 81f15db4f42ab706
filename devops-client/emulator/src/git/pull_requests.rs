//! Pull requests: made, voted on, completed with a real merge, abandoned. Blocking policies hold the completion.

use serde_json::{Value, json};
use uuid::Uuid;

use super::completion::{complete, error, settle_all, store, try_merge};
use super::json::{commit_ref, url};
use super::repositories::{of_route, writable};
use crate::core::json::{at, flag, items, text, text_at, time_text};
use crate::core::locations::{GIT_PROJECT_PULL_REQUESTS, GIT_PULL_REQUEST_BY_ID, GIT_REPOSITORY_PULL_REQUESTS};
use crate::core::route::Route;
use crate::core::{Call, Event, Organization, Outcome, Response, ServiceError};
pub use crate::state::repositories::PullRequest;
use crate::state::repositories::Repository;

/// The routes.
pub const ROUTES: &[Route] = &[
    Route::get("{project}/_apis/git/pullrequests", &GIT_PROJECT_PULL_REQUESTS, list_project),
    Route::get("{project}/_apis/git/pullrequests/{pullRequestId}", &GIT_PULL_REQUEST_BY_ID, get_any),
    Route::get("{project}/_apis/git/repositories/{repositoryId}/pullrequests", &GIT_REPOSITORY_PULL_REQUESTS, list),
    Route::post("{project}/_apis/git/repositories/{repositoryId}/pullrequests", &GIT_REPOSITORY_PULL_REQUESTS, create),
    Route::get(
        "{project}/_apis/git/repositories/{repositoryId}/pullrequests/{pullRequestId}",
        &GIT_REPOSITORY_PULL_REQUESTS,
        get,
    ),
    Route::patch(
        "{project}/_apis/git/repositories/{repositoryId}/pullrequests/{pullRequestId}",
        &GIT_REPOSITORY_PULL_REQUESTS,
        update,
    ),
    Route::put(
        "{project}/_apis/git/repositories/{repositoryId}/pullrequests/{pullRequestId}/reviewers/{reviewerId}",
        &GIT_REPOSITORY_PULL_REQUESTS,
        vote,
    ),
];

fn not_found(id: i64) -> ServiceError {
    error(404, "GitPullRequestNotFoundException", format!("TF401180: The requested pull request was not found: {id}."))
}

impl Organization {
    /// A project's pull request by id, with its repository.
    pub fn find_pull_request(&self, project: Uuid, id: i64) -> Option<(&Repository, &PullRequest)> {
        let own = self.repositories.values().filter(|repository| repository.project == project);
        own.flat_map(|repository| repository.pull_requests.iter().map(move |one| (repository, one)))
            .find(|(_, one)| one.id == id)
    }
}

impl PullRequest {
    fn to_json(&self, call: &Call<'_>, repository: &Repository) -> Value {
        let (source, target) =
            self.merged.map_or_else(|| self.tips(repository), |(source, target, _)| (source, target));
        let merges = self.merged.is_some() || try_merge(repository, target, source).is_ok();
        let reviewer = |(id, vote): &(Uuid, i64)| {
            let mut body = call.identity_ref(*id);
            body["vote"] = json!(vote);
            body["reviewerUrl"] = json!(url(call, repository, &format!("pullRequests/{}/reviewers/{id}", self.id)));
            body
        };
        let mut body = json!({
            "repository": repository.reference(call),
            "pullRequestId": self.id,
            "codeReviewId": self.id,
            "status": self.status,
            "createdBy": call.identity_ref(self.author),
            "creationDate": time_text(self.created),
            "title": self.title,
            "description": self.description,
            "sourceRefName": self.source,
            "targetRefName": self.target,
            "mergeStatus": if merges { "succeeded" } else { "conflicts" },
            "isDraft": self.draft,
            "mergeId": crate::core::ids::named(&format!("merge {} {source} {target}", self.id)),
            "reviewers": self.reviewers.iter().map(reviewer).collect::<Vec<_>>(),
            "url": url(call, repository, &format!("pullRequests/{}", self.id)),
            "supportsIterations": true,
            "artifactId": format!("vstfs:///Git/PullRequestId/{}%2f{}%2f{}", repository.project, repository.id, self.id),
            "lastMergeSourceCommit": commit_ref(call, repository, source),
            "lastMergeTargetCommit": commit_ref(call, repository, target),
        });
        if let Some((_, _, merged)) = self.merged {
            body["lastMergeCommit"] = commit_ref(call, repository, merged);
        }
        if let Some((by, on)) = self.closed {
            body["closedBy"] = call.identity_ref(by);
            body["closedDate"] = json!(time_text(on));
        }
        if let Some(by) = self.auto_complete {
            body["autoCompleteSetBy"] = call.identity_ref(by);
        }
        if !self.options.is_null() {
            body["completionOptions"] = self.options.clone();
        }
        body
    }
}

fn create(call: &mut Call<'_>) -> Outcome {
    let id = writable(call)?;
    let body = call.body()?;
    let branch = |key: &str| -> Result<String, ServiceError> {
        let name = text(&body, key).ok_or_else(|| ServiceError::missing(&format!("gitPullRequestToCreate.{key}")))?;
        let known = call.organization.repositories[&id].refs.contains_key(name);
        known.then(|| name.to_owned()).ok_or_else(|| {
            error(
                400,
                "GitPullRequestMustNotBeNullException",
                format!("TF401398: The pull request cannot be activated because the branch '{name}' does not exist."),
            )
        })
    };
    let (source, target) = (branch("sourceRefName")?, branch("targetRefName")?);
    if source == target {
        return Err(ServiceError::invalid("The source and the target branch of a pull request must differ."));
    }
    let title = text(&body, "title")
        .filter(|title| !title.trim().is_empty())
        .ok_or_else(|| ServiceError::missing("gitPullRequestToCreate.Title"))?;
    let doubled = call.organization.repositories[&id]
        .pull_requests
        .iter()
        .any(|one| one.status == "active" && one.source == source && one.target == target);
    if doubled {
        return Err(error(
            409,
            "GitPullRequestExistsException",
            "TF401179: An active pull request for the source and target branch already exists.".to_owned(),
        ));
    }
    let reviewers = items(&body, "reviewers").iter().filter_map(|reviewer| Uuid::parse_str(text(reviewer, "id")?).ok());
    let pull_request = PullRequest {
        id: call.organization.next("pullRequest"),
        title: title.to_owned(),
        description: text(&body, "description").unwrap_or_default().to_owned(),
        source,
        target,
        status: "active".to_owned(),
        draft: flag(&body, "isDraft").unwrap_or(false),
        author: call.caller,
        created: call.now,
        closed: None,
        auto_complete: None,
        options: at(&body, &["completionOptions"]).cloned().unwrap_or_default(),
        reviewers: reviewers.map(|id| (id, 0)).collect(),
        merged: None,
    };
    if let Some(repository) = call.organization.repositories.get_mut(&id) {
        repository.pull_requests.push(pull_request.clone());
    }
    call.events.push(Event::PullRequest { repository: id, pull_request: Box::new(pull_request.clone()) });
    let repository = &call.organization.repositories[&id];
    Ok(Response::created(pull_request.to_json(call, repository)))
}

fn matches(call: &Call<'_>, pull_request: &PullRequest) -> bool {
    let criterion = |name: &str| call.request.query(&format!("searchCriteria.{name}"));
    let status = criterion("status").unwrap_or("active");
    (status.eq_ignore_ascii_case("all") || pull_request.status.eq_ignore_ascii_case(status))
        && criterion("sourceRefName").is_none_or(|name| pull_request.source == name)
        && criterion("targetRefName").is_none_or(|name| pull_request.target == name)
        && criterion("creatorId").is_none_or(|id| pull_request.author.to_string() == id)
}

fn answer_list(call: &Call<'_>, mut found: Vec<(&Repository, &PullRequest)>) -> Outcome {
    found.sort_by_key(|(_, one)| std::cmp::Reverse(one.id));
    let number =
        |name: &str, default: usize| call.request.query_number(name).map_or(default, |value| value.max(0) as usize);
    let found =
        found.into_iter().filter(|(_, one)| matches(call, one)).skip(number("$skip", 0)).take(number("$top", 101));
    Ok(Response::list(found.map(|(repository, one)| one.to_json(call, repository)).collect()))
}

fn list(call: &mut Call<'_>) -> Outcome {
    settle_all(call)?;
    let repository = of_route(call)?;
    answer_list(call, repository.pull_requests.iter().map(|one| (repository, one)).collect())
}

fn list_project(call: &mut Call<'_>) -> Outcome {
    settle_all(call)?;
    let project = call.project_id()?;
    let own = call
        .organization
        .repositories
        .values()
        .filter(|repository| repository.project == project && repository.deleted.is_none());
    answer_list(
        call,
        own.flat_map(|repository| repository.pull_requests.iter().map(move |one| (repository, one))).collect(),
    )
}

fn get_any(call: &mut Call<'_>) -> Outcome {
    settle_all(call)?;
    let project = call.project_id()?;
    let id = call.number("pullRequestId")?;
    let (repository, found) = call.organization.find_pull_request(project, id).ok_or_else(|| not_found(id))?;
    Ok(Response::ok(found.to_json(call, repository)))
}

fn get(call: &mut Call<'_>) -> Outcome {
    settle_all(call)?;
    let id = call.number("pullRequestId")?;
    let repository = of_route(call)?;
    let found = repository.pull_requests.iter().find(|one| one.id == id).ok_or_else(|| not_found(id))?;
    Ok(Response::ok(found.to_json(call, repository)))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let id = writable(call)?;
    let number = call.number("pullRequestId")?;
    let body = call.body()?;
    let found = call.organization.repositories[&id].pull_requests.iter().find(|one| one.id == number);
    let mut pull_request = found.cloned().ok_or_else(|| not_found(number))?;
    if let Some(title) = text(&body, "title") {
        pull_request.title = title.to_owned();
    }
    if let Some(description) = text(&body, "description") {
        pull_request.description = description.to_owned();
    }
    if let Some(draft) = flag(&body, "isDraft") {
        pull_request.draft = draft;
    }
    if let Some(options) = at(&body, &["completionOptions"]) {
        pull_request.options = options.clone();
    }
    if let Some(id) = text_at(&body, &["autoCompleteSetBy", "id"]) {
        pull_request.auto_complete = Uuid::parse_str(id).ok().filter(|id| !id.is_nil());
    }
    match text(&body, "status").map(str::to_lowercase).as_deref() {
        None => {}
        Some("abandoned") if pull_request.status == "active" => {
            pull_request.status = "abandoned".to_owned();
            pull_request.closed = Some((call.caller, call.now));
        }
        Some("active") if pull_request.status == "abandoned" => {
            pull_request.status = "active".to_owned();
            pull_request.closed = None;
        }
        Some("active") if pull_request.status == "active" => {}
        Some("completed") if pull_request.status == "active" => {
            let (source, _) = pull_request.tips(&call.organization.repositories[&id]);
            let stated = text_at(&body, &["lastMergeSourceCommit", "commitId"]);
            if stated != Some(source.to_string().as_str()) {
                return Err(error(
                    409,
                    "GitPullRequestStaleException",
                    "TF401409: The pull request could not be completed because its source branch is not at lastMergeSourceCommit.".to_owned(),
                ));
            }
            let bypass = flag(&pull_request.options, "bypassPolicy").unwrap_or(false);
            let held =
                call.organization.policy_states(id, &pull_request).into_iter().find(|(_, state)| *state != "approved");
            if let Some((policy, state)) = held.filter(|_| !bypass) {
                return Err(error(
                    403,
                    "GitPullRequestUpdateRejectedByPolicyException",
                    format!("TF402455: The pull request cannot be completed: blocking policy {policy} is {state}."),
                ));
            }
            complete(call, id, &mut pull_request)?;
        }
        Some(other) => {
            return Err(ServiceError::invalid(format!(
                "The status of the pull request cannot go from {} to {other}.",
                pull_request.status
            )));
        }
    }
    store(call, id, pull_request.clone());
    let repository = &call.organization.repositories[&id];
    Ok(Response::ok(pull_request.to_json(call, repository)))
}

fn vote(call: &mut Call<'_>) -> Outcome {
    let id = writable(call)?;
    let number = call.number("pullRequestId")?;
    let body = call.body()?;
    let reviewer = Uuid::parse_str(call.param("reviewerId")).unwrap_or_default();
    if call.organization.identity(reviewer).is_none() {
        return Err(ServiceError::invalid(format!("The reviewer {reviewer} does not exist.")));
    }
    let vote = crate::core::json::number(&body, "vote").unwrap_or(0);
    if vote != 0 && reviewer != call.caller {
        return Err(error(
            403,
            "GitPullRequestReviewerException",
            "TF401186: One cannot vote for somebody else.".to_owned(),
        ));
    }
    let found = call.organization.repositories[&id].pull_requests.iter().find(|one| one.id == number);
    let mut pull_request = found.cloned().ok_or_else(|| not_found(number))?;
    pull_request.reviewers.retain(|(id, _)| *id != reviewer);
    pull_request.reviewers.push((reviewer, vote));
    store(call, id, pull_request);
    let mut answer = call.identity_ref(reviewer);
    answer["vote"] = json!(vote);
    Ok(Response::ok(answer))
}
