"""Everything that a plan would create, made by the official Python client, one call after the other as it has no other way.

    apply-peer.py URL TOKEN PLAN FOLDER

PLAN is what `mlops-gen plan --only devops --json` said, FOLDER the rendered project. Each write is followed by a GET of what it made, and what is
read is compared. Prints JSON: seconds (from the first call to the last answer, without the start of Python and its imports) and writes by kind.

All calls are the client's own, but for one: the body of a variable group on a Key Vault goes through the client's `_send`, to the same address,
as its model leaves `providerData` empty. Nothing is looked at beforehand, locked, previewed or read again at the end, and nothing sleeps.
"""

import base64
import hashlib
import json
import pathlib
import sys
import time

from azure.devops.connection import Connection
from azure.devops.v7_1.build import models as build_models
from azure.devops.v7_1.core import models as core_models
from azure.devops.v7_1.git import models as git_models
from azure.devops.v7_1.pipeline_permissions import models as permission_models
from azure.devops.v7_1.pipelines_checks import models as check_models
from azure.devops.v7_1.policy import models as policy_models
from azure.devops.v7_1.service_endpoint import models as endpoint_models
from azure.devops.v7_1.task_agent import models as task_models
from msrest.authentication import BasicAuthentication

ZERO = "0" * 40
AGILE = "adcc42ab-9882-485e-a3ed-7678f01f66bc"
EXCLUSIVE_LOCK = "2ef31ad6-baa0-403a-8b45-2cbc9b4e5563"
BUILD_VALIDATION = "0609b952-1397-4640-95ec-e00a01b2c241"
VARIABLE_GROUPS = "ef5b7057-ffc3-4c77-bbad-c10b4a4abcc7"
RESOURCES = {"service-connection": "endpoint", "variable-group": "variablegroup", "environment": "environment"}


def below(fields, prefix):
    """The fields under a prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix)}


def same(thing, expected, found):
    """Demands that what is read is what was written."""
    if expected != found:
        raise SystemExit(f"{thing}: expected {expected!r}, read {found!r}")


class Peer:
    """Makes things by kind, and knows the ids of what it has made."""

    def __init__(self, clients, plan, folder):
        self.core = clients.get_core_client()
        self.operations = clients.get_operations_client()
        self.git = clients.get_git_client()
        self.endpoints = clients.get_service_endpoint_client()
        self.tasks = clients.get_task_agent_client()
        self.checks = clients.get_pipelines_checks_client()
        self.builds = clients.get_build_client()
        self.permissions = clients.get_pipeline_permissions_client()
        self.policies = clients.get_policy_client()
        self.folder = folder
        # By this the tool knows what belongs to the project; with it, a plan finds that nothing is left to do.
        self.mark = f"(managed by mlops-gen: {plan['project']})"
        self.ids = {}
        self.project = self.reference = self.branch = None

    def marked(self, text):
        return f"{text} {self.mark}"

    def make(self, step):
        """One step of the plan."""
        kind, name = step["key"]["kind"], step["key"]["name"]
        if step["action"] != "create":
            raise SystemExit(f"{kind}/{name}: only what is created is compared, this is `{step['action']}`")
        fields = {change["field"]: change["after"] for change in step["changes"]}
        call = getattr(self, "make_" + kind.replace("-", "_"), None)
        if call is None:
            raise SystemExit(f"{kind}/{name}: this benchmark knows no call for it")
        self.ids[kind, name] = call(name, fields)

    def make_project(self, name, _):
        capabilities = {"versioncontrol": {"sourceControlType": "Git"}, "processTemplate": {"templateTypeId": AGILE}}
        new = core_models.TeamProject(name=name, description=self.mark, visibility="private", capabilities=capabilities)
        operation = self.core.queue_create_project(new)
        while self.operations.get_operation(operation.id).status != "succeeded":
            pass
        self.project = self.core.get_project(name).id
        self.reference = {"name": name, "id": self.project}
        return self.project

    def make_repository(self, name, fields):
        self.branch = fields["defaultBranch"]
        made = self.git.create_repository(git_models.GitRepositoryCreateOptions(name=name), project=self.project)
        same(name, name, self.git.get_repository(made.id, project=self.project).name)
        return made.id

    def make_service_connection(self, name, fields):
        parameters = below(fields, "authorization.parameters.")
        new = endpoint_models.ServiceEndpoint(
            name=name, type="AzureRM", url=fields["url"], owner="library", is_shared=False, is_ready=True,
            description=self.marked(fields["description"]), data={"creationMode": "Manual", **below(fields, "data.")},
            authorization=endpoint_models.EndpointAuthorization(scheme=fields["authorization.scheme"], parameters=parameters),
            service_endpoint_project_references=[{"name": name, "projectReference": self.reference, "description": self.marked(fields["description"])}],
        )
        made = self.endpoints.create_service_endpoint(new)
        while not (read := self.endpoints.get_service_endpoint_details(self.project, made.id)).is_ready:
            pass
        same(name, parameters, {key: read.authorization.parameters[key] for key in parameters})
        return made.id

    def make_variable_group(self, name, fields):
        variables = below(fields, "variables.")
        references = [{"name": name, "projectReference": self.reference, "description": self.marked(fields["description"])}]
        if fields["type"] == "AzureKeyVault":
            connection = self.ids["service-connection", fields["providerData.serviceEndpoint"]]
            body = {
                "name": name, "description": self.marked(fields["description"]), "type": "AzureKeyVault",
                "variables": {key: {"isSecret": True, "enabled": True, "value": None} for key in variables},
                "providerData": {"serviceEndpointId": connection, "vault": fields["providerData.vault"]},
                "variableGroupProjectReferences": references,
            }
            made = self.tasks._send(http_method="POST", location_id=VARIABLE_GROUPS, version="7.1-preview.2", content=body).json()["id"]
        else:
            new = task_models.VariableGroupParameters(
                name=name, description=self.marked(fields["description"]), type=fields["type"],
                variables={key: {"value": value} for key, value in variables.items()}, variable_group_project_references=references,
            )
            made = self.tasks.add_variable_group(new).id
        read = self.tasks.get_variable_group(self.project, made)
        same(name, (fields["type"], set(variables)), (read.type, set(read.variables)))
        return made

    def make_environment(self, name, fields):
        new = task_models.EnvironmentCreateParameter(name=name, description=self.marked(fields["description"]))
        made = self.tasks.add_environment(new, self.project)
        same(name, name, self.tasks.get_environment_by_id(self.project, made.id).name)
        return made.id

    def make_check(self, name, _):
        environment, kind = name.rsplit("/", 1)
        if kind != "exclusive-lock":
            raise SystemExit(f"check/{name}: this benchmark knows no call for it")
        resource = check_models.Resource(id=str(self.ids["environment", environment]), type="environment")
        new = check_models.CheckConfiguration(type=check_models.CheckType(id=EXCLUSIVE_LOCK, name="ExclusiveLock"), resource=resource)
        made = self.checks.add_check_configuration(new, self.project)
        same(name, EXCLUSIVE_LOCK, self.checks.get_check_configuration(self.project, made.id).type.id)
        return made.id

    def make_pipeline(self, name, fields):
        repository = build_models.BuildRepository(
            id=self.ids["repository", fields["repository.name"]], name=fields["repository.name"], type="TfsGit",
            default_branch=fields["repository.defaultBranch"],
        )
        new = build_models.BuildDefinition(
            name=fields["name"], path=fields["path"], description=self.marked(fields["description"]), repository=repository,
            process={"type": 2, "yamlFilename": fields["process.yamlFilename"]}, triggers=[{"settingsSourceType": 2, "triggerType": 2}],
        )
        made = self.builds.create_definition(new, self.project)
        read = self.builds.get_definition(self.project, made.id)
        same(name, fields["process.yamlFilename"], read.process["yamlFilename"])
        return made.id

    def make_permission(self, name, fields):
        kind, thing = name.split("/", 1)
        resource = (self.project, RESOURCES[kind], str(self.ids[kind, thing]))
        ids = [self.ids["pipeline", pipeline] for pipeline in fields["pipelines"]]
        pipelines = [permission_models.PipelinePermission(id=id, authorized=True) for id in ids]
        self.permissions.update_pipeline_permisions_for_resource(permission_models.ResourcePipelinePermissions(pipelines=pipelines), *resource)
        read = self.permissions.get_pipeline_permissions_for_resource(*resource)
        same(name, set(ids), {entry.id for entry in read.pipelines})

    def make_files(self, name, fields):
        changes = []
        for path, blob in sorted(fields.items()):
            content = (self.folder / path).read_bytes()
            if blob != "seed":
                same(path, blob, hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest())
            try:
                new = {"content": content.decode(), "contentType": "rawtext"}
            except UnicodeDecodeError:
                new = {"content": base64.b64encode(content).decode(), "contentType": "base64encoded"}
            changes.append({"changeType": "add", "item": {"path": f"/{path}"}, "newContent": new})
        (repository,) = (id for (kind, _), id in self.ids.items() if kind == "repository")
        push = git_models.GitPush(
            ref_updates=[git_models.GitRefUpdate(name=self.branch, old_object_id=ZERO)],
            commits=[git_models.GitCommitRef(comment=self.marked("Files"), changes=changes)],
        )
        self.git.create_push(push, repository, project=self.project)
        read = self.git.get_items(repository, project=self.project, scope_path="/", recursion_level="full")
        same(name, set(fields), {item.path.removeprefix("/") for item in read if not item.is_folder})

    def make_branch_policy(self, name, fields):
        branch = name.rsplit("/", 1)[0]
        settings = below(fields, "settings.")
        settings["buildDefinitionId"] = self.ids["pipeline", settings.pop("pipeline")]
        (repository,) = (id for (kind, _), id in self.ids.items() if kind == "repository")
        settings["scope"] = [{"repositoryId": repository, "refName": f"refs/heads/{branch}", "matchKind": "Exact"}]
        new = policy_models.PolicyConfiguration(
            is_enabled=fields["isEnabled"], is_blocking=fields["isBlocking"], type=policy_models.PolicyTypeRef(id=BUILD_VALIDATION), settings=settings,
        )
        made = self.policies.create_policy_configuration(new, self.project)
        read = self.policies.get_policy_configuration(self.project, made.id)
        same(name, settings["buildDefinitionId"], read.settings["buildDefinitionId"])


def main():
    url, token, plan, folder = sys.argv[1:]
    (plan,) = json.loads(pathlib.Path(plan).read_text())["projects"]
    begun = time.monotonic()
    peer = Peer(Connection(base_url=url, creds=BasicAuthentication("", token)).clients_v7_1, plan, pathlib.Path(folder))
    waiting, made = list(plan["steps"]), {}
    while waiting:
        # The first whose needs are met: plans say what needs what.
        ready = (step for step in waiting if all((need["kind"], need["name"]) in peer.ids for need in step["needs"]))
        if (step := next(ready, None)) is None:
            raise SystemExit(f"needs that the plan does not make: {waiting}")
        waiting.remove(step)
        peer.make(step)
        made[step["key"]["kind"]] = made.get(step["key"]["kind"], 0) + 1
    print(json.dumps({"seconds": time.monotonic() - begun, "made": made}))


main()
