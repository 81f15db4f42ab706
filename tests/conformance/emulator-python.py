"""The official Python client against the emulator: lists, creates, reads, updates and deletes; counts operations."""

import sys
import time
import urllib.error
import urllib.request

from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.build import models as build_models
from azure.devops.v7_1.core import models as core_models
from azure.devops.v7_1.git import models as git_models
from azure.devops.v7_1.pipelines import models as pipelines_models
from azure.devops.v7_1.pipelines_checks import models as checks_models
from azure.devops.v7_1.pipeline_permissions import models as permission_models
from azure.devops.v7_1.policy import models as policy_models
from azure.devops.v7_1.service_endpoint import models as endpoint_models
from azure.devops.v7_1.service_hooks import models as hook_models
from azure.devops.v7_1.task_agent import models as task_models
from msrest.authentication import BasicAuthentication

ZERO = "0" * 40
count = 0
by_area = {}


def op(area, call, *arguments, **options):
    """One operation of the client, counted."""
    global count
    result = call(*arguments, **options)
    count += 1
    by_area[area] = by_area.get(area, 0) + 1
    return result


def refused(area, type_key, call, *arguments, **options):
    """An operation that must be refused, with that typeKey."""
    global count
    try:
        call(*arguments, **options)
    except AzureDevOpsServiceError as error:
        assert error.type_key == type_key, f"expected {type_key}, got {error.type_key}: {error}"
        count += 1
        by_area[area] = by_area.get(area, 0) + 1
        return error
    raise AssertionError(f"expected {type_key}, but it was accepted")


url, token = sys.argv[1], sys.argv[2]
clients = Connection(base_url=url, creds=BasicAuthentication("", token)).clients_v7_1

# projects and operations
core = clients.get_core_client()
projects = op("core", core.get_projects)
assert [project.name for project in projects] == ["shop"], projects
capabilities = {
    "versioncontrol": {"sourceControlType": "Git"},
    "processTemplate": {"templateTypeId": "adcc42ab-9882-485e-a3ed-7678f01f66bc"},
}
operation = op("core", core.queue_create_project, core_models.TeamProject(name="second", description="d", visibility="private", capabilities=capabilities))
operations = clients.get_operations_client()
states = []
while not states or states[-1] != "succeeded":
    states.append(op("operations", operations.get_operation, operation.id).status)
    assert len(states) < 20, states
assert states[0] == "queued", states
second = op("core", core.get_project, "second", include_capabilities=True)
assert second.capabilities["versioncontrol"]["sourceControlType"] == "Git"
project = op("core", core.get_project, "shop")
missing = refused("core", "ProjectDoesNotExistWithNameException", core.get_project, "nowhere")
assert "TF200016" in missing.message
removal = op("core", core.queue_delete_project, second.id)
while op("operations", operations.get_operation, removal.id).status != "succeeded":
    pass
refused("core", "ProjectDoesNotExistWithNameException", core.get_project, "second")

# who am I
location = clients.get_location_client()
me = op("location", location.get_connection_data).authenticated_user
assert me.provider_display_name == "Administrator"
identities = op("identity", clients.get_identity_client().read_identities, search_filter="MailAddress", filter_value="admin@example.com")
assert identities[0].id == me.id
users = op("graph", clients.get_graph_client().list_users)
assert any(user.mail_address == "admin@example.com" for user in users.graph_users)

# repositories
git = clients.get_git_client()
made = op("git", git.create_repository, git_models.GitRepositoryCreateOptions(name="code"), project="shop")
assert made.name == "code" and made.default_branch is None
refused("git", "GitRepositoryNameAlreadyExistsException", git.create_repository, git_models.GitRepositoryCreateOptions(name="CODE"), project="shop")
names = [repository.name for repository in op("git", git.get_repositories, "shop")]
assert names == ["code", "shop"], names


def push(repository, old, changes, comment, branch="refs/heads/main"):
    """A push of changes `(kind, path, text)`."""
    listed = []
    for kind, path, text in changes:
        content = None if text is None else git_models.ItemContent(content=text, content_type="rawtext")
        listed.append({"changeType": kind, "item": {"path": path}, **({"newContent": content.as_dict()} if content else {})})
        if content:
            listed[-1]["newContent"] = {"content": text, "contentType": "rawtext"}
    body = git_models.GitPush(
        ref_updates=[git_models.GitRefUpdate(name=branch, old_object_id=old)],
        commits=[git_models.GitCommitRef(comment=comment, changes=listed)],
    )
    return git.create_push(body, repository, project="shop")


YAML = """trigger: none
variables:
- group: plain
stages:
- stage: build
  jobs:
  - job: test
    pool: { vmImage: ubuntu-24.04 }
    steps:
    - script: echo hello
      displayName: Say hello
    - publish: out
      artifact: model
- stage: release
  jobs:
  - deployment: ship
    environment: prod
    strategy:
      runOnce:
        deploy:
          steps:
          - task: AzureCLI@2
            inputs: { azureSubscription: azure, scriptType: bash, scriptLocation: inlineScript, inlineScript: az account show }
"""

first = op("git", push, made.id, ZERO, [("add", "/azure-pipelines.yml", YAML), ("add", "/docs/a.txt", "a\n")], "first")
head = first.ref_updates[0].new_object_id
refused("git", "GitReferenceStaleException", push, made.id, ZERO, [("edit", "/docs/a.txt", "b\n")], "stale")
second_push = op("git", push, made.id, head, [("edit", "/docs/a.txt", "hello\n")], "second")
head = second_push.commits[0].commit_id
refs = op("git", git.get_refs, made.id, project="shop", filter="heads/main")
assert refs[0].object_id == head
items = op("git", git.get_items, made.id, project="shop", scope_path="/", recursion_level="full")
paths = {item.path: item.object_id for item in items}
assert paths["/docs/a.txt"] == "ce013625030ba8dba906f756967f9e9ca394464a", "the blob's id is the one that git computes"
content = b"".join(op("git", git.get_item_content, made.id, "/docs/a.txt", project="shop", download=True))
assert content == b"hello\n", content
item = op("git", git.get_item, made.id, "/docs/a.txt", project="shop", include_content=True)
assert item.content == "hello\n"
commits = op("git", git.get_commits, made.id, git_models.GitQueryCommitsCriteria(), project="shop")
assert [commit.comment for commit in commits] == ["second", "first"]
commit = op("git", git.get_commit, head, made.id, project="shop")
assert commit.parents == [first.commits[0].commit_id]
pushes = op("git", git.get_pushes, made.id, project="shop")
assert len(pushes) == 2
assert op("git", git.get_push, made.id, pushes[0].push_id, project="shop").commits[0].comment == "second"
tree = op("git", git.get_tree, made.id, commit.tree_id, project="shop", recursive=True)
assert {entry.relative_path for entry in tree.tree_entries} == {"azure-pipelines.yml", "docs", "docs/a.txt"}
branches = op("git", git.get_branches, made.id, project="shop")
assert branches[0].name == "main" and branches[0].is_base_version
results = op("git", git.update_refs, [git_models.GitRefUpdate(name="refs/heads/topic", old_object_id=ZERO, new_object_id=head)], made.id, project="shop")
assert results[0].success and results[0].update_status == "succeeded"
results = op("git", git.update_refs, [git_models.GitRefUpdate(name="refs/heads/topic", old_object_id=ZERO, new_object_id=head)], made.id, project="shop")
assert not results[0].success and results[0].update_status == "staleOldObjectId"
op("git", push, made.id, head, [("add", "/topic.txt", "t\n")], "topic", branch="refs/heads/topic")
request = op("git", git.create_pull_request, git_models.GitPullRequest(source_ref_name="refs/heads/topic", target_ref_name="refs/heads/main", title="t", description="d"), made.id, project="shop")
assert request.merge_status == "succeeded"
listed = op("git", git.get_pull_requests, made.id, git_models.GitPullRequestSearchCriteria(status="active"), project="shop")
assert len(listed) == 1
change = git_models.GitPullRequest(status="completed", last_merge_source_commit=git_models.GitCommitRef(commit_id=request.last_merge_source_commit.commit_id))
done = op("git", git.update_pull_request, change, made.id, request.pull_request_id, project="shop")
assert done.status == "completed"
assert op("git", git.get_pull_request_by_id, request.pull_request_id, project="shop").status == "completed"
head = op("git", git.get_refs, made.id, project="shop", filter="heads/main")[0].object_id

# service endpoints
endpoints = clients.get_service_endpoint_client()
reference = {"name": "azure", "projectReference": {"id": project.id, "name": "shop"}}


def connection(**extra):
    """A connection with workload identity federation."""
    fields = dict(
        name="azure", type="AzureRM", url="https://management.azure.com/", owner="library", is_shared=False, is_ready=True,
        data={"environment": "AzureCloud", "scopeLevel": "Subscription", "subscriptionId": "s", "subscriptionName": "n", "creationMode": "Manual"},
        authorization=endpoint_models.EndpointAuthorization(scheme="WorkloadIdentityFederation", parameters={"tenantid": "t", "serviceprincipalid": "c"}),
        service_endpoint_project_references=[reference],
    )
    fields.update(extra)
    return endpoint_models.ServiceEndpoint(**fields)


endpoint = op("serviceEndpoint", endpoints.create_service_endpoint, connection())
refused("serviceEndpoint", "DuplicateServiceConnectionException", endpoints.create_service_endpoint, connection())
while not op("serviceEndpoint", endpoints.get_service_endpoint_details, "shop", endpoint.id).is_ready:
    pass
found = op("serviceEndpoint", endpoints.get_service_endpoints_by_names, "shop", ["azure"], include_failed=True)
assert found[0].authorization.parameters["workloadIdentityFederationIssuer"].startswith("https://login.microsoftonline.com/")
updated = op("serviceEndpoint", endpoints.update_service_endpoint, connection(description="changed"), endpoint.id)
assert updated.description == "changed"
answer = op("serviceEndpoint", endpoints.execute_service_endpoint_request, endpoint_models.ServiceEndpointRequest(data_source_details=endpoint_models.DataSourceDetails(data_source_name="TestConnection")), "shop", endpoint.id)
assert answer.status_code == "ok", answer
assert op("serviceEndpoint", endpoints.get_service_endpoints, "shop")[0].name == "azure"

# variable groups
tasks = clients.get_task_agent_client()


def group(name="plain", variables=None, **extra):
    """A variable group's parameters."""
    references = [{"name": name, "projectReference": {"id": project.id, "name": "shop"}}]
    return task_models.VariableGroupParameters(name=name, type=extra.pop("type", "Vsts"), variables=variables or {"a": {"value": "1"}, "s": {"value": "x", "isSecret": True}}, variable_group_project_references=references, **extra)


plain = op("taskAgent", tasks.add_variable_group, group())
refused("taskAgent", "VariableGroupExistsException", tasks.add_variable_group, group())
assert op("taskAgent", tasks.get_variable_group, "shop", plain.id).variables["s"].value is None
assert op("taskAgent", tasks.get_variable_groups, "shop", group_name="plain")[0].id == plain.id
changed = op("taskAgent", tasks.update_variable_group, group(variables={"a": {"value": "2"}}), plain.id)
assert changed.variables["a"].value == "2" and "s" not in changed.variables
# this client cannot send providerData (its model has no fields), so a Key Vault group of its making is refused
refused("taskAgent", "InvalidVariableGroupException", tasks.add_variable_group, group("kv", {"secret": {"isSecret": True, "enabled": True}}, type="AzureKeyVault", provider_data={"serviceEndpointId": endpoint.id, "vault": "v"}))
other = op("taskAgent", tasks.add_variable_group, group("other"))
op("taskAgent", tasks.delete_variable_group, other.id, [project.id])
assert op("taskAgent", tasks.get_variable_group, "shop", other.id) is None

# environments, queues
environment = op("taskAgent", tasks.add_environment, task_models.EnvironmentCreateParameter(name="prod", description="d"), "shop")
refused("taskAgent", "EnvironmentExistsException", tasks.add_environment, task_models.EnvironmentCreateParameter(name="prod"), "shop")
assert op("taskAgent", tasks.update_environment, task_models.EnvironmentUpdateParameter(name="prod", description="e"), "shop", environment.id).description == "e"
assert op("taskAgent", tasks.get_environments, "shop", name="prod")[0].id == environment.id
assert op("taskAgent", tasks.get_environment_by_id, "shop", environment.id).name == "prod"
spare = op("taskAgent", tasks.add_environment, task_models.EnvironmentCreateParameter(name="spare"), "shop")
op("taskAgent", tasks.delete_environment, "shop", spare.id)
refused("taskAgent", "EnvironmentNotFoundException", tasks.get_environment_by_id, "shop", spare.id)
queue = op("taskAgent", tasks.get_agent_queues, "shop", queue_name="Azure Pipelines")[0]
assert op("taskAgent", tasks.get_agent_pools)[0].name == "Default"

# checks and permissions
checks = clients.get_pipelines_checks_client()
check = op("checks", checks.add_check_configuration, checks_models.CheckConfiguration(type=checks_models.CheckType(id="2ef31ad6-baa0-403a-8b45-2cbc9b4e5563", name="ExclusiveLock"), resource=checks_models.Resource(id=str(environment.id), type="environment"), timeout=60), "shop")
assert op("checks", checks.get_check_configurations_on_resource, "shop", resource_type="environment", resource_id=str(environment.id))[0].id == check.id
assert op("checks", checks.get_check_configuration, "shop", check.id).resource.name == "prod"
op("checks", checks.delete_check_configuration, "shop", check.id)

# definitions
builds = clients.get_build_client()


def definition(name="build", **extra):
    """A YAML build definition."""
    return build_models.BuildDefinition(
        name=name, path="\\team", process={"type": 2, "yamlFilename": "azure-pipelines.yml"},
        repository=build_models.BuildRepository(id=made.id, name="code", type="TfsGit", default_branch="refs/heads/main"),
        queue=build_models.AgentPoolQueue(id=queue.id), triggers=[{"settingsSourceType": 2, "triggerType": 2}], **extra,
    )


pipeline = op("build", builds.create_definition, definition(), "shop")
refused("build", "DefinitionExistsException", builds.create_definition, definition(), "shop")
assert op("build", builds.get_definitions, "shop", name="build", path="\\team")[0].id == pipeline.id
full = op("build", builds.get_definition, "shop", pipeline.id)
assert full.revision == 1 and full.repository.default_branch == "refs/heads/main"
stale = definition(revision=0)
refused("build", "DefinitionRevisionConflictException", builds.update_definition, stale, "shop", pipeline.id)
renewed = op("build", builds.update_definition, definition(revision=1, description="new", id=pipeline.id), "shop", pipeline.id)
assert renewed.revision == 2
assert len(op("build", builds.get_definition_revisions, "shop", pipeline.id)) == 2
assert "stage: build" in op("build", builds.get_definition_yaml, "shop", pipeline.id).yaml

# pipelines, preview, permissions, runs
pipelines = clients.get_pipelines_client()
assert op("pipelines", pipelines.list_pipelines, "shop")[0].folder == "\\team"
assert op("pipelines", pipelines.get_pipeline, "shop", pipeline.id).name == "build"
preview = op("pipelines", pipelines.preview, pipelines_models.RunPipelineParameters(preview_run=True), "shop", pipeline.id)
assert "displayName: Say hello" in preview.final_yaml, preview.final_yaml
bad = refused("pipelines", "PipelineValidationException", pipelines.preview, pipelines_models.RunPipelineParameters(preview_run=True, yaml_override="steps:\n- scrip: x\n"), "shop", pipeline.id)
assert "(Line: 2, Col: 3)" in bad.message, bad.message
denied = refused("pipelines", "BuildRequestValidationFailedException", pipelines.run_pipeline, pipelines_models.RunPipelineParameters(), "shop", pipeline.id)
assert "plain" in denied.message and "azure" in denied.message
permissions = clients.get_pipeline_permissions_client()
for kind, resource in (("variablegroup", plain.id), ("endpoint", endpoint.id), ("environment", environment.id)):
    grant = permission_models.ResourcePipelinePermissions(pipelines=[permission_models.PipelinePermission(id=pipeline.id, authorized=True)])
    op("permissions", permissions.update_pipeline_permisions_for_resource, grant, "shop", kind, str(resource))
    read = op("permissions", permissions.get_pipeline_permissions_for_resource, "shop", kind, str(resource))
    assert [entry.id for entry in read.pipelines] == [pipeline.id]
run = op("pipelines", pipelines.run_pipeline, pipelines_models.RunPipelineParameters(variables={"v": {"value": "1"}}), "shop", pipeline.id)
assert run.state == "inProgress"
until = time.monotonic() + 30
while (state := op("pipelines", pipelines.get_run, "shop", pipeline.id, run.id)).state != "completed":
    assert time.monotonic() < until, state
assert state.result == "succeeded", state
assert op("pipelines", pipelines.list_runs, "shop", pipeline.id)[0].id == run.id

# builds: timeline, logs, artifacts, cancel
build = op("build", builds.get_build, "shop", run.id)
assert build.status == "completed" and build.source_version == head
timeline = op("build", builds.get_build_timeline, "shop", run.id)
stages = [record.identifier for record in timeline.records if record.type == "Stage"]
assert stages == ["build", "release"], stages
record = next(record for record in timeline.records if record.name == "Say hello")
assert record.result == "succeeded"
lines = op("build", builds.get_build_log_lines, "shop", run.id, record.log.id)
assert any("echo hello" in line for line in lines), lines
assert len(op("build", builds.get_build_logs, "shop", run.id)) > 3
text = b"".join(op("build", builds.get_build_log, "shop", run.id, record.log.id)).decode()
assert "##[section]Starting: Say hello" in text
assert op("build", builds.get_artifacts, "shop", run.id)[0].name == "model"
assert op("build", builds.get_artifact, "shop", run.id, "model").resource.type == "PipelineArtifact"
assert op("pipelines", pipelines.list_logs, "shop", pipeline.id, run.id).logs
op("build", builds.update_stage, build_models.UpdateStageParameters(state="retry", force_retry_all_jobs=True), run.id, "release", project="shop")
assert op("build", builds.get_build, "shop", run.id).status == "inProgress"
while op("build", builds.get_build, "shop", run.id).status != "completed":
    pass
queued = op("build", builds.queue_build, build_models.Build(definition=build_models.DefinitionReference(id=pipeline.id), source_branch="refs/heads/main"), "shop")
op("build", builds.update_build, build_models.Build(status="cancelling"), "shop", queued.id)
while op("build", builds.get_build, "shop", queued.id).status != "completed":
    pass
assert op("build", builds.get_build, "shop", queued.id).result == "canceled"
assert len(op("build", builds.get_builds, "shop", definitions=[pipeline.id])) == 2
op("build", builds.delete_build, "shop", queued.id)

# policies
policies = clients.get_policy_client()


def validation(**extra):
    """A build validation on main."""
    return policy_models.PolicyConfiguration(
        is_enabled=True, is_blocking=True, type=policy_models.PolicyTypeRef(id="0609b952-1397-4640-95ec-e00a01b2c241"),
        settings={"buildDefinitionId": pipeline.id, "displayName": "check", "manualQueueOnly": False, "queueOnSourceUpdateOnly": True, "validDuration": 0, "scope": [{"repositoryId": made.id, "refName": "refs/heads/main", "matchKind": "Exact"}], **extra},
    )


policy = op("policy", policies.create_policy_configuration, validation(), "shop")
assert op("policy", policies.get_policy_configurations, "shop")[0].id == policy.id
assert op("policy", policies.update_policy_configuration, validation(displayName="renamed"), "shop", policy.id).revision == 2
assert op("policy", policies.get_policy_configuration, "shop", policy.id).settings["displayName"] == "renamed"
assert op("git", git.get_policy_configurations, "shop", repository_id=made.id, ref_name="refs/heads/main").policy_configurations[0].id == policy.id
assert "Build" in [kind.display_name for kind in op("policy", policies.get_policy_types, "shop")]
rejected = refused("git", "GitRefUpdateRejectedByPolicyException", push, made.id, head, [("edit", "/docs/a.txt", "z\n")], "direct")
assert "TF402455" in rejected.message
op("policy", policies.delete_policy_configuration, "shop", policy.id)
refused("policy", "PolicyConfigurationNotFoundException", policies.get_policy_configuration, "shop", policy.id)
op("git", push, made.id, head, [("edit", "/docs/a.txt", "z\n")], "direct again")

# service hooks
hooks = clients.get_service_hooks_client()
subscription = op("hooks", hooks.create_subscription, hook_models.Subscription(publisher_id="tfs", event_type="build.complete", consumer_id="webHooks", consumer_action_id="httpRequest", publisher_inputs={"projectId": project.id}, consumer_inputs={"url": "https://example.com/hook", "basicAuthPassword": "p"}))
assert op("hooks", hooks.get_subscription, subscription.id).consumer_inputs["basicAuthPassword"] == "********"
assert op("hooks", hooks.list_subscriptions)[0].id == subscription.id
op("hooks", hooks.delete_subscription, subscription.id)

# what was made for deleting goes again; the rest stays for whoever reads next
spare_pipeline = op("build", builds.create_definition, definition("spare"), "shop")
op("build", builds.delete_definition, "shop", spare_pipeline.id)
refused("build", "DefinitionNotFoundException", builds.get_definition, "shop", spare_pipeline.id)
doomed = op("serviceEndpoint", endpoints.create_service_endpoint, connection(name="doomed", service_endpoint_project_references=[{"name": "doomed", "projectReference": {"id": project.id}}]))
op("serviceEndpoint", endpoints.delete_service_endpoint, doomed.id, [project.id])
assert op("serviceEndpoint", endpoints.get_service_endpoint_details, "shop", doomed.id) is None
temporary = op("git", git.create_repository, git_models.GitRepositoryCreateOptions(name="temporary"), project="shop")
op("git", git.update_repository, git_models.GitRepository(name="renamed"), temporary.id, project="shop")
op("git", git.delete_repository, temporary.id, project="shop")
refused("git", "GitRepositoryNotFoundException", git.get_repository, temporary.id, project="shop")

# credentials that are not known
try:
    Connection(base_url=url, creds=BasicAuthentication("", "wrong")).clients_v7_1.get_core_client().get_projects()
    raise AssertionError("a wrong token was accepted")
except Exception as error:  # the client has several classes for this
    assert "401" in str(error) or "authentication" in str(error), error

print(f"python client: {count} operations accepted: " + ", ".join(f"{area} {number}" for area, number in sorted(by_area.items())))
