//! How pull requests are completed: merged, on request or as soon as their policies allow it.

use uuid::Uuid;

use super::history::{is_ancestor, log, merge, merge_base};
use super::object::{Commit, Kind, ObjectId};
use super::pushes::{caller_signature, record};
use super::refs::set;
use super::tree::Files;
use crate::core::json::{flag, text};
use crate::core::{Call, ServiceError};
use crate::state::repositories::{PullRequest, Push, Repository};

/// The files of the merge of `source` into `target`; the conflicting paths otherwise.
pub fn try_merge(repository: &Repository, target: ObjectId, source: ObjectId) -> Result<Files, Vec<String>> {
    let store = &repository.objects;
    let base = merge_base(store, target, source).map(|base| store.files_at(base)).unwrap_or_default();
    merge(&base, &store.files_at(target), &store.files_at(source))
}

/// Completes what waits for its policies, now that runs may have moved on.
pub fn settle_all(call: &mut Call<'_>) -> Result<(), ServiceError> {
    let project = call.project_id()?;
    crate::pipelines::progress::on_read_of_project(call.organization, project, call.now);
    let waiting: Vec<(Uuid, PullRequest)> = call
        .organization
        .repositories
        .values()
        .filter(|repository| repository.project == project)
        .flat_map(|repository| repository.pull_requests.iter().map(|one| (repository.id, one.clone())))
        .filter(|(_, one)| one.status == "active" && one.auto_complete.is_some())
        .collect();
    for (repository, mut pull_request) in waiting {
        let held =
            call.organization.policy_states(repository, &pull_request).iter().any(|(_, state)| *state != "approved");
        if !held && complete(call, repository, &mut pull_request).is_ok() {
            store(call, repository, pull_request);
        }
    }
    Ok(())
}

/// Merges and moves the target. Errors: 409 on conflicts.
pub fn complete(call: &mut Call<'_>, id: Uuid, pull_request: &mut PullRequest) -> Result<(), ServiceError> {
    let repository = &call.organization.repositories[&id];
    let (source, target) = pull_request.tips(repository);
    let files = try_merge(repository, target, source).map_err(|paths| {
        error(
            409,
            "GitPullRequestMergeConflictException",
            format!("TF401192: The pull request has conflicts in {}.", paths.join(", ")),
        )
    })?;
    let squash = text(&pull_request.options, "mergeStrategy")
        .is_some_and(|strategy| strategy.eq_ignore_ascii_case("squash"))
        || flag(&pull_request.options, "squashMerge").unwrap_or(false);
    let message = text(&pull_request.options, "mergeCommitMessage")
        .map_or_else(|| format!("Merged PR {}: {}", pull_request.id, pull_request.title), str::to_owned);
    let who = caller_signature(call);
    let mut objects = repository.objects.clone();
    let already = is_ancestor(&objects, source, target);
    let new = if already {
        target
    } else {
        let commit = Commit {
            tree: objects.put_files(&files),
            parents: if squash { vec![target] } else { vec![target, source] },
            author: who.clone(),
            committer: who,
            message,
        };
        objects.put(Kind::Commit, commit.encode())
    };
    let commits = log(&objects, new).into_iter().filter(|one| !is_ancestor(&objects, *one, target)).collect();
    if let Some(repository) = call.organization.repositories.get_mut(&id) {
        repository.objects = objects;
    }
    let push = Push {
        id: call.organization.next("push"),
        reference: pull_request.target.clone(),
        old: target,
        new,
        commits,
        by: call.caller,
        on: call.now,
    };
    record(call, id, push);
    if flag(&pull_request.options, "deleteSourceBranch").unwrap_or(false)
        && let Some(repository) = call.organization.repositories.get_mut(&id)
    {
        set(repository, &pull_request.source, ObjectId::ZERO);
    }
    pull_request.merged = Some((source, target, new));
    pull_request.status = "completed".to_owned();
    pull_request.closed = Some((call.caller, call.now));
    Ok(())
}

pub(super) fn error(status: u16, type_key: &str, message: String) -> ServiceError {
    ServiceError::new(status, "Microsoft.TeamFoundation.Git.Server", type_key, message)
}

pub(super) fn store(call: &mut Call<'_>, repository: Uuid, pull_request: PullRequest) {
    if let Some(repository) = call.organization.repositories.get_mut(&repository)
        && let Some(slot) = repository.pull_requests.iter_mut().find(|one| one.id == pull_request.id)
    {
        *slot = pull_request;
    }
}
