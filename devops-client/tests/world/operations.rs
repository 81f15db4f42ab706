//! Every operation of the client as a row of a table: its name, the call that does the work, and what it must lead to.

use devops_client::api::approvals::{Approval, ApprovalStatus};
use devops_client::api::builds::{BuildFilter, BuildStatus};
use devops_client::api::checks::NewCheck;
use devops_client::api::definitions::{DefinitionFilter, NewDefinition};
use devops_client::api::environments::{NewEnvironment, NewKubernetesResource};
use devops_client::api::identities::SearchFilter;
use devops_client::api::items::Version;
use devops_client::api::pipelines::NewPipeline;
use devops_client::api::policies::{BUILD_VALIDATION, NewPolicy};
use devops_client::api::projects::NewProject;
use devops_client::api::pull_requests::{NewPullRequest, PullRequestStatus};
use devops_client::api::pushes::{Change, NewPush};
use devops_client::api::refs::RefUpdate;
use devops_client::api::repositories::{NewRepository, RepositoryUpdate};
use devops_client::api::runs::RunRequest;
use devops_client::api::service_endpoints::NewServiceEndpoint;
use devops_client::api::service_hooks::NewSubscription;
use devops_client::api::timelines::RecordKind;
use devops_client::api::variable_groups::NewVariableGroup;
use devops_client::api::variables::Variable;
use devops_client::{Result, RunId, Secret, VariableGroupId};
use futures::future::BoxFuture;

use super::seed::{PLANTED_SECRET, World, identity, quick};

/// What a call is made of: it returns whether the result is as it should be.
pub type Work = for<'a> fn(&'a World) -> BoxFuture<'a, Result<bool>>;

/// One operation.
#[derive(Clone, Copy)]
pub struct Operation {
    /// `area.operation`.
    pub name: &'static str,
    /// The method of the call that does the work.
    pub method: &'static str,
    /// The route of that call, as `METHOD` and template are written in the service's documents, without organization.
    pub route: &'static str,
    /// The work.
    pub work: Work,
}

impl Operation {
    /// Whether a request, its path with the organization, is the call that does the work.
    pub fn is_call(&self, method: &str, path: &str) -> bool {
        let mut parts = path.trim_matches('/').split('/').skip(1);
        self.method == method
            && self
                .route
                .split('/')
                .all(|wanted| parts.next().is_some_and(|part| wanted.starts_with('{') || wanted == part))
            && parts.next().is_none()
    }

    /// The path of that call as a pattern, with the organization.
    pub fn pattern(&self) -> String {
        let parts = self.route.split('/').map(|part| if part.starts_with('{') { "*" } else { part });
        ["/contoso".to_owned()].into_iter().chain(parts.map(str::to_owned)).collect::<Vec<_>>().join("/")
    }
}

macro_rules! operations {
    ($($name:literal $method:ident $route:literal |$w:ident| $body:expr;)+) => {
        /// All operations.
        pub const OPERATIONS: &[Operation] = &[$(Operation {
            name: $name,
            method: stringify!($method),
            route: $route,
            work: |$w| Box::pin(async move { $body }),
        }),+];
    };
}

/// The approval that the waiting run waits for.
async fn pending(w: &World) -> Result<Approval> {
    for _ in 0..20 {
        w.project.builds().timeline(w.waiting_run).await?;
        if let Some(found) = w.project.approvals().list(&ApprovalStatus::Pending).all().await?.pop() {
            return Ok(found);
        }
    }
    panic!("no approval is pending")
}

/// A run that has just been queued.
async fn fresh(w: &World) -> Result<RunId> {
    Ok(w.project.runs().queue(w.build, &RunRequest::new()).await?.id)
}

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
    "service_endpoints.list" GET "{project}/_apis/serviceendpoint/endpoints" |w|
        Ok(w.project.service_endpoints().list().all().await?.len() == 1);
    "service_endpoints.get" GET "{project}/_apis/serviceendpoint/endpoints/{endpointId}" |w|
        Ok(w.project.service_endpoints().get(w.endpoint.id).await?.is_some_and(|e| e.federation().is_some()));
    "service_endpoints.find" GET "{project}/_apis/serviceendpoint/endpoints" |w|
        Ok(w.project.service_endpoints().find("azure").await?.is_some());
    "service_endpoints.create_azure_rm" POST "_apis/serviceendpoint/endpoints" |w| {
        let endpoint = NewServiceEndpoint::azure_rm("azure2", &identity()).description("d").project(&w.team);
        Ok(w.project.service_endpoints().create(&endpoint).await?.name == "azure2")
    };
    "service_endpoints.create_registry" POST "_apis/serviceendpoint/endpoints" |w| {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/x";
        let endpoint = NewServiceEndpoint::container_registry("acr", &identity(), "x.azurecr.io", id).project(&w.team);
        Ok(w.project.service_endpoints().create(&endpoint).await?.name == "acr")
    };
    "service_endpoints.create_kubernetes" POST "_apis/serviceendpoint/endpoints" |w| {
        let endpoint = NewServiceEndpoint::azure_kubernetes(
            "aks", &identity(), "https://aks.example.com", "/subscriptions/s/aks", "scoring", false,
        ).project(&w.team);
        Ok(w.project.service_endpoints().create(&endpoint).await?.name == "aks")
    };
    "service_endpoints.create_webhook" POST "_apis/serviceendpoint/endpoints" |w| {
        let secret = Secret::new(PLANTED_SECRET);
        let endpoint = NewServiceEndpoint::incoming_webhook("hook", "model", Some((&secret, "X-Signature"))).project(&w.team);
        Ok(w.project.service_endpoints().create(&endpoint).await?.name == "hook")
    };
    "service_endpoints.update" PUT "_apis/serviceendpoint/endpoints/{endpointId}" |w| {
        let mut endpoint = w.endpoint.clone();
        endpoint.description = Some("changed".into());
        let now = w.project.service_endpoints().update(&endpoint).await?;
        Ok(now.description.as_deref() == Some("changed") && now.name == "azure")
    };
    "service_endpoints.delete" DELETE "_apis/serviceendpoint/endpoints/{endpointId}" |w| {
        let endpoint = NewServiceEndpoint::azure_rm("doomed", &identity()).project(&w.team);
        let doomed = w.project.service_endpoints().create(&endpoint).await?;
        w.project.service_endpoints().delete(doomed.id, &[w.team.id], false).await?;
        Ok(w.project.service_endpoints().find("doomed").await?.is_none())
    };
    "endpoint_proxy.test" POST "{project}/_apis/serviceendpoint/endpointproxy" |w|
        w.project.service_endpoints().test(w.endpoint.id, &quick()).await.map(|()| true);
    "endpoint_proxy.key_vault_secrets" POST "{project}/_apis/serviceendpoint/endpointproxy" |w| {
        let names = w.project.service_endpoints().key_vault_secrets(w.endpoint.id, "vault").await?;
        Ok(names == ["api-key", "db-password"])
    };
    "variable_groups.list" GET "{project}/_apis/distributedtask/variablegroups" |w|
        Ok(w.project.variable_groups().list().all().await?.len() == 2);
    "variable_groups.get" GET "{project}/_apis/distributedtask/variablegroups/{groupId}" |w|
        Ok(w.project.variable_groups().get(w.vault_group.id).await?.is_some());
    "variable_groups.get_missing" GET "{project}/_apis/distributedtask/variablegroups/{groupId}" |w|
        Ok(w.project.variable_groups().get(VariableGroupId(999)).await?.is_none());
    "variable_groups.get_many" GET "{project}/_apis/distributedtask/variablegroups" |w|
        Ok(w.project.variable_groups().get_many(&[w.vault_group.id, w.plain_group.id]).await?.len() == 2);
    "variable_groups.find" GET "{project}/_apis/distributedtask/variablegroups" |w|
        Ok(w.project.variable_groups().find("Settings").await?.is_some_and(|g| g.id == w.plain_group.id));
    "variable_groups.create_key_vault" POST "_apis/distributedtask/variablegroups" |w| {
        let group = NewVariableGroup::key_vault("kv2", w.endpoint.id, "vault").secret("api-key").project(&w.team);
        Ok(w.project.variable_groups().create(&group).await?.variables["api-key"].is_secret())
    };
    "variable_groups.create_plain" POST "_apis/distributedtask/variablegroups" |w| {
        let group = NewVariableGroup::plain("plain2").description("d").variable("a", "b")
            .variable("c", Secret::new(PLANTED_SECRET)).project(&w.team);
        let made = w.project.variable_groups().create(&group).await?;
        Ok(made.variables["a"].value() == Some("b") && made.variables["c"].is_secret())
    };
    "variable_groups.update" PUT "_apis/distributedtask/variablegroups/{groupId}" |w| {
        let mut group = w.plain_group.clone();
        group.variables.insert("more".into(), Variable::plain("x"));
        let now = w.project.variable_groups().update(&group).await?;
        Ok(now.variables.len() == 3 && now.variables["password"].is_secret())
    };
    "variable_groups.delete" DELETE "_apis/distributedtask/variablegroups/{groupId}" |w| {
        w.project.variable_groups().delete(w.plain_group.id, &[w.team.id]).await?;
        Ok(w.project.variable_groups().get(w.plain_group.id).await?.is_none())
    };
    "environments.list" GET "{project}/_apis/distributedtask/environments" |w|
        Ok(w.project.environments().list().all().await?.len() == 1);
    "environments.find" GET "{project}/_apis/distributedtask/environments" |w|
        Ok(w.project.environments().find("production").await?.is_some());
    "environments.get" GET "{project}/_apis/distributedtask/environments/{environmentId}" |w|
        Ok(w.project.environments().get(w.environment.id).await?.is_some_and(|e| e.resources.len() == 1));
    "environments.deployments" GET "{project}/_apis/distributedtask/environments/{environmentId}/environmentdeploymentrecords" |w|
        Ok(w.project.environments().deployments(w.environment.id).all().await?.iter().all(|d| d.run_id().is_some()));
    "environments.create" POST "{project}/_apis/distributedtask/environments" |w|
        Ok(w.project.environments().create(&NewEnvironment::new("qa").description("d")).await?.name == "qa");
    "environments.update" PATCH "{project}/_apis/distributedtask/environments/{environmentId}" |w| {
        let changed = NewEnvironment::new("production").description("changed");
        Ok(w.project.environments().update(w.environment.id, &changed).await?.description.as_deref() == Some("changed"))
    };
    "environments.delete" DELETE "{project}/_apis/distributedtask/environments/{environmentId}" |w| {
        w.project.environments().delete(w.environment.id).await?;
        Ok(w.project.environments().find("production").await?.is_none())
    };
    "environments.add_kubernetes" POST "{project}/_apis/distributedtask/environments/{environmentId}/providers/kubernetes" |w| {
        let resource = NewKubernetesResource::new("cluster", "canary", w.endpoint.id).tag("t");
        Ok(w.project.environments().add_kubernetes(w.environment.id, &resource).await?.name == "canary")
    };
    "environments.get_kubernetes" GET "{project}/_apis/distributedtask/environments/{environmentId}/providers/kubernetes/{resourceId}" |w|
        Ok(w.project.environments().get_kubernetes(w.environment.id, w.namespace).await?.is_some());
    "environments.delete_kubernetes" DELETE "{project}/_apis/distributedtask/environments/{environmentId}/providers/kubernetes/{resourceId}" |w| {
        w.project.environments().delete_kubernetes(w.environment.id, w.namespace).await?;
        Ok(w.project.environments().get_kubernetes(w.environment.id, w.namespace).await?.is_none())
    };
    "checks.list" GET "{project}/_apis/pipelines/checks/configurations" |w|
        Ok(w.project.checks().list(&w.protected()).all().await?.iter().filter(|c| c.settings.is_some()).count() >= 1);
    "checks.get" GET "{project}/_apis/pipelines/checks/configurations/{id}" |w|
        Ok(w.project.checks().get(w.lock.id).await?.is_some());
    "checks.create_approval" POST "{project}/_apis/pipelines/checks/configurations" |w| {
        let check = NewCheck::approval(&w.endpoint.id.into(), &[w.approver.id]).required(1).requester_cannot_approve(true);
        Ok(check.is_in(&w.project.checks().create(&check).await?))
    };
    "checks.create_lock" POST "{project}/_apis/pipelines/checks/configurations" |w| {
        let check = NewCheck::exclusive_lock(&w.endpoint.id.into());
        Ok(w.project.checks().create(&check).await?.kind.id == devops_client::api::checks::EXCLUSIVE_LOCK)
    };
    "checks.create_branch_control" POST "{project}/_apis/pipelines/checks/configurations" |w| {
        let check = NewCheck::branch_control(&w.endpoint.id.into(), &["refs/heads/main"], true);
        Ok(check.is_in(&w.project.checks().create(&check).await?))
    };
    "checks.create_business_hours" POST "{project}/_apis/pipelines/checks/configurations" |w| {
        let check = NewCheck::business_hours(&w.endpoint.id.into(), "Monday, Tuesday", "09:00", "17:00", "UTC");
        Ok(check.is_in(&w.project.checks().create(&check).await?))
    };
    "checks.update" PATCH "{project}/_apis/pipelines/checks/configurations/{id}" |w| {
        let mut check = w.lock.clone();
        check.timeout = Some(60);
        Ok(w.project.checks().update(&check).await?.timeout == Some(60))
    };
    "checks.delete" DELETE "{project}/_apis/pipelines/checks/configurations/{id}" |w| {
        w.project.checks().delete(w.lock.id).await?;
        Ok(w.project.checks().get(w.lock.id).await?.is_none())
    };
    "approvals.list" GET "{project}/_apis/pipelines/approvals" |w|
        Ok(pending(w).await?.run_id().is_none_or(|run| run == w.waiting_run));
    "approvals.get" GET "{project}/_apis/pipelines/approvals/{approvalId}" |w| {
        let id = pending(w).await?.id;
        Ok(w.project.approvals().get(id).await?.status == ApprovalStatus::Pending)
    };
    "approvals.approve" PATCH "{project}/_apis/pipelines/approvals" |w| {
        let id = pending(w).await?.id;
        Ok(w.project.approvals().approve(id, "good").await?.status == ApprovalStatus::Approved)
    };
    "approvals.reject" PATCH "{project}/_apis/pipelines/approvals" |w| {
        let id = pending(w).await?.id;
        Ok(w.project.approvals().reject(id, "bad").await?.status == ApprovalStatus::Rejected)
    };
    "permissions.get" GET "{project}/_apis/pipelines/pipelinepermissions/{resourceType}/{resourceId}" |w| {
        let now = w.project.pipeline_permissions().get(&w.protected()).await?;
        Ok(now.allows(w.release) && !now.is_open_to_all())
    };
    "permissions.allow" PATCH "{project}/_apis/pipelines/pipelinepermissions/{resourceType}/{resourceId}" |w| {
        let now = w.project.pipeline_permissions().allow(&w.vault_group.id.into(), &[w.build]).await?;
        Ok(now.allows(w.build) && !now.allows(w.release))
    };
    "permissions.revoke" PATCH "{project}/_apis/pipelines/pipelinepermissions/{resourceType}/{resourceId}" |w| {
        let now = w.project.pipeline_permissions().revoke(&w.protected(), &[w.build]).await?;
        Ok(!now.allows(w.build) && now.allows(w.release))
    };
    "pipelines.list" GET "{project}/_apis/pipelines" |w|
        Ok(w.project.pipelines().list().all().await?.len() == 3);
    "pipelines.get" GET "{project}/_apis/pipelines/{pipelineId}" |w|
        Ok(w.project.pipelines().get(w.build).await?.is_some_and(|p| p.folder == "\\mlops"));
    "pipelines.find" GET "{project}/_apis/build/definitions" |w|
        Ok(w.project.pipelines().find("build", "mlops").await?.is_some_and(|p| p.id == w.build));
    "pipelines.create" POST "{project}/_apis/pipelines" |w| {
        let pipeline = NewPipeline::yaml("again", "/build.yml", w.code.id).folder("other");
        Ok(w.project.pipelines().create(&pipeline).await?.name == "again")
    };
    "preview.preview" POST "{project}/_apis/pipelines/{pipelineId}/preview" |w| {
        let request = RunRequest::new().parameter("model", "wine");
        Ok(w.project.pipelines().preview(w.build, &request, None).await?.final_yaml.contains("wine"))
    };
    "preview.override" POST "{project}/_apis/pipelines/{pipelineId}/preview" |w| {
        let yaml = "trigger: none\npool:\n  vmImage: ubuntu-24.04\nsteps:\n- script: echo override\n";
        let shown = w.project.pipelines().preview(w.build, &RunRequest::new(), Some(yaml)).await?;
        Ok(shown.final_yaml.contains("echo override"))
    };
    "definitions.list" GET "{project}/_apis/build/definitions" |w| {
        let filter = DefinitionFilter::new().name("b*").folder("mlops").yaml("/build.yml");
        Ok(w.project.definitions().list(&filter).all().await?.iter().any(|d| d.id == w.build))
    };
    "definitions.get" GET "{project}/_apis/build/definitions/{definitionId}" |w| {
        let definition = w.project.definitions().get(w.build).await?;
        Ok(definition.and_then(|d| d.repository).and_then(|r| r.default_branch).as_deref() == Some("refs/heads/main"))
    };
    "definitions.create" POST "{project}/_apis/build/definitions" |w| {
        let definition = NewDefinition::yaml("extra", "/build.yml", w.code.id, "refs/heads/side").queue(w.queue);
        Ok(w.project.definitions().create(&definition.variable("v", "1")).await?.name == "extra")
    };
    "definitions.update" PUT "{project}/_apis/build/definitions/{definitionId}" |w| {
        let Some(mut definition) = w.project.definitions().get(w.build).await? else { return Ok(false) };
        let before = definition.revision;
        definition.path = "\\moved".into();
        let now = w.project.definitions().update(&definition).await?;
        Ok(now.path == "\\moved" && now.revision == before + 1)
    };
    "definitions.delete" DELETE "{project}/_apis/build/definitions/{definitionId}" |w| {
        w.project.definitions().delete(w.failing).await?;
        Ok(w.project.definitions().get(w.failing).await?.is_none())
    };
    "runs.queue" POST "{project}/_apis/pipelines/{pipelineId}/runs" |w| {
        let request = RunRequest::new().branch("refs/heads/main").commit(&w.head).parameter("model", "wine");
        let run = w.project.runs().queue(w.build, &request.skip_stage("Check")).await?;
        Ok(run.id > w.waiting_run)
    };
    "runs.get" GET "{project}/_apis/pipelines/{pipelineId}/runs/{runId}" |w|
        Ok(w.project.runs().get(w.build, w.run).await?.id == w.run);
    "runs.wait" GET "{project}/_apis/build/builds/{buildId}" |w| {
        let run = fresh(w).await?;
        Ok(w.project.runs().wait(run, &quick()).await?.is_over())
    };
    "builds.list" GET "{project}/_apis/build/builds" |w|
        Ok(w.project.builds().list(&BuildFilter::of_any(&[w.build, w.failing]).branch("refs/heads/main").top(1)).all().await?.len() == 2);
    "builds.list_by_status" GET "{project}/_apis/build/builds" |w|
        Ok(w.project.builds().list(&BuildFilter::new().status(BuildStatus::Completed)).all().await?.len() == 2);
    "builds.latest" GET "{project}/_apis/build/builds" |w|
        Ok(w.project.builds().latest(w.build).await?.is_some_and(|b| b.id == w.run));
    "builds.get" GET "{project}/_apis/build/builds/{buildId}" |w|
        Ok(w.project.builds().get(w.run).await?.is_some_and(|build| build.is_over()));
    "builds.cancel" PATCH "{project}/_apis/build/builds/{buildId}" |w| {
        w.project.builds().cancel(w.waiting_run).await?;
        let over = w.project.runs().wait(w.waiting_run, &quick()).await?;
        Ok(over.result == Some(devops_client::api::builds::BuildResult::Canceled))
    };
    "timelines.get" GET "{project}/_apis/build/builds/{buildId}/timeline" |w|
        Ok(w.project.builds().timeline(w.run).await?.of_kind(&RecordKind::Stage).len() == 2);
    "logs.list" GET "{project}/_apis/build/builds/{buildId}/logs" |w|
        Ok(!w.project.builds().logs(w.run).all().await?.is_empty());
    "logs.get" GET "{project}/_apis/build/builds/{buildId}/logs/{logId}" |w| {
        let Some(log) = w.project.builds().logs(w.run).find(|log| log.line_count > 0).await? else { return Ok(false) };
        Ok(w.project.builds().log(w.run, log.id).await?.lines().count() as u64 == log.line_count)
    };
    "logs.range" GET "{project}/_apis/build/builds/{buildId}/logs/{logId}" |w| {
        let Some(log) = w.project.builds().logs(w.run).find(|log| log.line_count > 0).await? else { return Ok(false) };
        Ok(w.project.builds().log_range(w.run, log.id, 1, Some(1)).await?.lines().count() <= 1)
    };
    "artifacts.list" GET "{project}/_apis/build/builds/{buildId}/artifacts" |w|
        w.project.builds().artifacts(w.run).all().await.map(|_| true);
    "stages.retry" PATCH "{project}/_apis/build/builds/{buildId}/stages/{stageRefName}" |w| {
        w.project.builds().retry_stage(w.failed_run, "Broken", false).await?;
        let timeline = w.project.builds().timeline(w.failed_run).await?;
        Ok(timeline.of_kind(&RecordKind::Stage).iter().any(|stage| stage.attempt == Some(2)))
    };
    "stages.cancel" PATCH "{project}/_apis/build/builds/{buildId}/stages/{stageRefName}" |w| {
        w.project.builds().cancel_stage(w.waiting_run, "Release").await?;
        Ok(w.project.runs().wait(w.waiting_run, &quick()).await?.is_over())
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
    "service_hooks.list" GET "_apis/hooks/subscriptions" |w|
        Ok(w.client.service_hooks().list().all().await?.len() == 1);
    "service_hooks.get" GET "_apis/hooks/subscriptions/{subscriptionId}" |w|
        Ok(w.client.service_hooks().get(w.hook.id).await?.is_some());
    "service_hooks.create" POST "_apis/hooks/subscriptions" |w| {
        let hook = NewSubscription::web_hook("tfs", "git.push", "https://example.com/push")
            .publisher_input("projectId", w.team.id.to_string())
            .consumer_input("basicAuthPassword", PLANTED_SECRET);
        Ok(w.client.service_hooks().create(&hook).await?.event_type == "git.push")
    };
    "service_hooks.replace" PUT "_apis/hooks/subscriptions/{subscriptionId}" |w| {
        let mut hook = w.hook.clone();
        hook.consumer_inputs.set("url", "https://example.com/other");
        let now = w.client.service_hooks().replace(&hook).await?;
        Ok(now.consumer_inputs.get("url") == Some("https://example.com/other"))
    };
    "service_hooks.delete" DELETE "_apis/hooks/subscriptions/{subscriptionId}" |w| {
        w.client.service_hooks().delete(w.hook.id).await?;
        Ok(w.client.service_hooks().list().all().await?.is_empty())
    };
    "queues.list" GET "{project}/_apis/distributedtask/queues" |w|
        Ok(w.project.queues().list().all().await?.iter().any(|queue| queue.id == w.queue));
    "queues.find" GET "{project}/_apis/distributedtask/queues" |w|
        Ok(w.project.queues().find("azure pipelines").await?.is_some());
    "identities.search" GET "_apis/identities" |w|
        Ok(w.client.identities().search(&SearchFilter::General, "Administrator").all().await?.iter().any(|i| i.id == w.approver.id));
    "identities.find" GET "_apis/identities" |w|
        Ok(w.client.identities().find("nobody@example.com").await?.is_none());
    "identities.by_ids" GET "_apis/identities" |w|
        Ok(w.client.identities().by_ids(&[w.approver.id]).all().await?.len() == 1);
    "yaml_schema.get" GET "_apis/distributedtask/yamlschema" |w|
        Ok(w.client.yaml_schema().get(true).await?.is_object());
}
