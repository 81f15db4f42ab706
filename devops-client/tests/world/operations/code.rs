//! Projects, code, branch policies, people.

use devops_client::api::identities::SearchFilter;
use devops_client::api::items::Version;
use devops_client::api::policies::{BUILD_VALIDATION, NewPolicy};
use devops_client::api::projects::NewProject;
use devops_client::api::pull_requests::{NewPullRequest, PullRequestStatus};
use devops_client::api::pushes::{Change, NewPush};
use devops_client::api::refs::RefUpdate;
use devops_client::api::repositories::{NewRepository, RepositoryUpdate};

use super::super::seed::quick;
use super::Operation;

operations! {
    "projects.list" GET "_apis/projects" |w|
        Ok(w.client.projects().list().all().await?.iter().any(|p| p.id == w.team.id));
    "projects.get" GET "_apis/projects/{projectId}" |w|
        Ok(w.client.projects().get("FABRIKAM").await?.id == w.team.id);
    "projects.find" GET "_apis/projects/{projectId}" |w|
        Ok(w.client.projects().find("nobody").await?.is_none());
    "projects.create" POST "_apis/projects" |w| {
        let started = w.client.projects().create(&NewProject::new("second")).await?;
        w.client.operations().wait(&started, &quick()).await?;
        Ok(w.client.projects().find("second").await?.is_some())
    };
    "projects.delete" DELETE "_apis/projects/{projectId}" |w| {
        let started = w.client.projects().delete(w.team.id).await?;
        w.client.operations().wait(&started, &quick()).await?;
        Ok(w.client.projects().find(w.team.id).await?.is_none())
    };
    "operations.get" GET "_apis/operations/{operationId}" |w| {
        let started = w.client.projects().create(&NewProject::new("third")).await?;
        let Some(id) = started.id else { return Ok(true) };
        Ok(w.client.operations().get(id).await?.id == id)
    };
    "repositories.list" GET "{project}/_apis/git/repositories" |w|
        Ok(w.project.repositories().list().all().await?.iter().any(|r| r.name == "code"));
    "repositories.get" GET "{project}/_apis/git/repositories/{repositoryId}" |w|
        Ok(w.project.repositories().get("CODE").await?.id == w.code.id);
    "repositories.create" POST "{project}/_apis/git/repositories" |w|
        Ok(w.project.repositories().create(&NewRepository::new("more")).await?.name == "more");
    "repositories.update" PATCH "{project}/_apis/git/repositories/{repositoryId}" |w|
        Ok(w.project.repositories().update(w.code.id, &RepositoryUpdate::new().name("renamed")).await?.name == "renamed");
    "repositories.delete" DELETE "{project}/_apis/git/repositories/{repositoryId}" |w| {
        w.project.repositories().delete(w.code.id).await?;
        Ok(w.project.repositories().find(w.code.id).await?.is_none())
    };
    "refs.list" GET "{project}/_apis/git/repositories/{repositoryId}/refs" |w|
        Ok(w.repository().refs("heads/").all().await?.len() == 2);
    "refs.branch" GET "{project}/_apis/git/repositories/{repositoryId}/refs" |w|
        Ok(w.repository().branch("main").await?.map(|found| found.object_id) == Some(w.head.clone()));
    "refs.create" POST "{project}/_apis/git/repositories/{repositoryId}/refs" |w|
        Ok(w.repository().update_ref(&RefUpdate::create("refs/heads/new", w.head.clone())).await?.success);
    "refs.change" POST "{project}/_apis/git/repositories/{repositoryId}/refs" |w|
        Ok(w.repository().update_ref(&RefUpdate::change("refs/heads/main", w.head.clone(), w.side.clone())).await?.success);
    "refs.delete" POST "{project}/_apis/git/repositories/{repositoryId}/refs" |w| {
        w.repository().update_ref(&RefUpdate::create("refs/heads/gone", w.head.clone())).await?;
        Ok(w.repository().update_ref(&RefUpdate::delete("refs/heads/gone", w.head.clone())).await?.success)
    };
    "items.list" GET "{project}/_apis/git/repositories/{repositoryId}/items" |w|
        Ok(w.repository().items("/", &Version::branch("main")).all().await?.iter().any(|item| item.path == "/build.yml"));
    "items.file" GET "{project}/_apis/git/repositories/{repositoryId}/items" |w|
        Ok(w.repository().file("/a.txt", &Version::commit(&w.side)).await?.as_deref() == Some("two"));
    "pushes.push" POST "{project}/_apis/git/repositories/{repositoryId}/pushes" |w| {
        let push = NewPush::onto("main", w.head.clone(), "third").change(Change::edit("/a.txt", "three"))
            .change(Change::add("/b.bin", [0xff_u8, 0])).change(Change::rename("/release.yml", "/r.yml"))
            .change(Change::delete("/failing.yml"));
        let made = w.repository().push(&push).await?;
        Ok(w.repository().branch("main").await?.is_some_and(|b| b.object_id == made.ref_updates[0].new_object_id))
    };
    "pushes.in_parts" POST "{project}/_apis/git/repositories/{repositoryId}/pushes" |w| {
        let push = NewPush::onto("parts", devops_client::ObjectId::zero(), "parts").changes([Change::add("/x", "1")]);
        Ok(w.repository().push_in_parts(&push).await?.len() == 1)
    };
    "pushes.list" GET "{project}/_apis/git/repositories/{repositoryId}/pushes" |w|
        Ok(w.repository().pushes("refs/heads/main").all().await?.len() == 1);
    "pushes.get" GET "{project}/_apis/git/repositories/{repositoryId}/pushes/{pushId}" |w| {
        let Some(push) = w.repository().pushes("refs/heads/main").all().await?.pop() else { return Ok(false) };
        Ok(w.repository().get_push(push.push_id).await?.commits.len() == 1)
    };
    "pull_requests.list" GET "{project}/_apis/git/repositories/{repositoryId}/pullrequests" |w|
        Ok(w.repository().pull_requests(&PullRequestStatus::Active).all().await?.len() == 1);
    "pull_requests.active" GET "{project}/_apis/git/repositories/{repositoryId}/pullrequests" |w|
        Ok(w.repository().active_pull_request("side", "main").await?.is_some());
    "pull_requests.get" GET "{project}/_apis/git/repositories/{repositoryId}/pullrequests/{pullRequestId}" |w|
        Ok(w.repository().pull_request(w.pull_request.pull_request_id).await?.title == "Second");
    "pull_requests.create" POST "{project}/_apis/git/repositories/{repositoryId}/pullrequests" |w| {
        w.repository().update_ref(&RefUpdate::create("refs/heads/topic", w.side.clone())).await?;
        let made = w.repository().create_pull_request(&NewPullRequest::new("topic", "main", "Topic")).await?;
        Ok(made.status == PullRequestStatus::Active)
    };
    "pull_requests.complete" PATCH "{project}/_apis/git/repositories/{repositoryId}/pullrequests/{pullRequestId}" |w| {
        let done = w.repository().complete_pull_request(w.pull_request.pull_request_id, &w.side).await?;
        Ok(done.status == PullRequestStatus::Completed)
    };
    "pull_requests.abandon" PATCH "{project}/_apis/git/repositories/{repositoryId}/pullrequests/{pullRequestId}" |w| {
        let done = w.repository().abandon_pull_request(w.pull_request.pull_request_id).await?;
        Ok(done.status == PullRequestStatus::Abandoned)
    };
    "policies.list" GET "{project}/_apis/policy/configurations" |w|
        Ok(w.project.policies().list(Some(BUILD_VALIDATION)).all().await?.len() == 1);
    "policies.for_branch" GET "{project}/_apis/git/policy/configurations" |w|
        Ok(w.project.policies().for_branch(w.code.id, "refs/heads/side", None).all().await?.len() == 1);
    "policies.get" GET "{project}/_apis/policy/configurations/{configurationId}" |w|
        Ok(w.project.policies().get(w.policy.id).await?.is_some());
    "policies.create" POST "{project}/_apis/policy/configurations" |w| {
        let policy = NewPolicy::minimum_reviewers(2, w.code.id, "refs/heads/main").blocking(false);
        Ok(policy.is_in(&w.project.policies().create(&policy).await?))
    };
    "policies.update" PUT "{project}/_apis/policy/configurations/{configurationId}" |w| {
        let mut policy = w.policy.clone();
        policy.is_blocking = false;
        Ok(!w.project.policies().update(&policy).await?.is_blocking)
    };
    "policies.delete" DELETE "{project}/_apis/policy/configurations/{configurationId}" |w| {
        w.project.policies().delete(w.policy.id).await?;
        Ok(w.project.policies().get(w.policy.id).await?.is_none())
    };
    "identities.search" GET "_apis/identities" |w|
        Ok(w.client.identities().search(&SearchFilter::General, "Administrator").all().await?.iter().any(|i| i.id == w.approver.id));
    "identities.find" GET "_apis/identities" |w|
        Ok(w.client.identities().find("nobody@example.com").await?.is_none());
    "identities.by_ids" GET "_apis/identities" |w|
        Ok(w.client.identities().by_ids(&[w.approver.id]).all().await?.len() == 1);
}
