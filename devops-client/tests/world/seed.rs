//! An organization on loopback with one of everything, made by the client itself.

use std::time::Duration;

use devops_client::api::checks::{Check, NewCheck};
use devops_client::api::definitions::NewDefinition;
use devops_client::api::environments::{Environment, NewEnvironment, NewKubernetesResource};
use devops_client::api::graph::{Descriptor, ServicePrincipal};
use devops_client::api::identities::Identity;
use devops_client::api::pipeline_permissions::ProtectedResource;
use devops_client::api::policies::{NewPolicy, Policy};
use devops_client::api::projects::{NewProject, TeamProject};
use devops_client::api::pull_requests::{NewPullRequest, PullRequest};
use devops_client::api::pushes::{Change, NewPush};
use devops_client::api::refs::RefUpdate;
use devops_client::api::repositories::{GitRepository, NewRepository, Repository};
use devops_client::api::runs::RunRequest;
use devops_client::api::service_endpoints::{AzureIdentity, NewServiceEndpoint, ServiceEndpoint};
use devops_client::api::service_hooks::{NewSubscription, Subscription};
use devops_client::api::variable_groups::{NewVariableGroup, VariableGroup};
use devops_client::{
    Client, EnvironmentResourceId, IdentityId, ObjectId, PipelineId, Project, QueueId, Result, RunId, Secret,
    WaitOptions,
};

use super::planted;

const BUILD_YAML: &str = "\
parameters:
- name: model
  type: string
  default: diabetes
trigger: none
pool:
  vmImage: ubuntu-24.04
stages:
- stage: Build
  jobs:
  - job: Train
    steps:
    - script: echo training ${{ parameters.model }}
      displayName: Train
- stage: Check
  dependsOn: Build
  jobs:
  - job: Check
    steps:
    - script: echo checking
      displayName: Check
";

const RELEASE_YAML: &str = "\
trigger: none
pool:
  vmImage: ubuntu-24.04
stages:
- stage: Release
  jobs:
  - deployment: Rollout
    environment: production
    strategy:
      runOnce:
        deploy:
          steps:
          - script: echo releasing
            displayName: Release
";

const FAILING_YAML: &str = "\
trigger: none
pool:
  vmImage: ubuntu-24.04
stages:
- stage: Broken
  jobs:
  - job: Broken
    steps:
    - script: exit 1
      displayName: Break
";

/// Object id of a service principal that is a contributor.
pub const PRINCIPAL: &str = "44444444-4444-4444-8444-444444444444";

/// One of everything.
#[derive(Clone)]
pub struct World {
    pub client: Client,
    pub team: TeamProject,
    pub project: Project,
    pub code: GitRepository,
    pub head: ObjectId,
    pub side: ObjectId,
    pub pull_request: PullRequest,
    pub queue: QueueId,
    pub approver: Identity,
    pub endpoint: ServiceEndpoint,
    pub vault_group: VariableGroup,
    pub plain_group: VariableGroup,
    pub environment: Environment,
    pub namespace: EnvironmentResourceId,
    pub lock: Check,
    pub build: PipelineId,
    pub release: PipelineId,
    pub failing: PipelineId,
    pub run: RunId,
    pub failed_run: RunId,
    pub waiting_run: RunId,
    pub policy: Policy,
    pub hook: Subscription,
    pub contributors: Descriptor,
    pub readers: Descriptor,
    pub principal: ServicePrincipal,
}

impl World {
    /// The repository with code.
    pub fn repository(&self) -> Repository {
        self.project.repositories().repository(self.code.id)
    }

    /// The environment that is protected.
    pub fn protected(&self) -> ProtectedResource {
        self.environment.id.into()
    }

    /// Makes everything, in an organization that has a vault `vault` with the secrets `db-password` and `api-key`.
    pub async fn seed(client: Client) -> Result<World> {
        let wait = quick();
        let started = client.projects().create(&NewProject::new("fabrikam").description("seed")).await?;
        client.operations().wait(&started, &wait).await?;
        let team = client.projects().get("fabrikam").await?;
        let project = client.project(team.id);
        let code = project.repositories().create(&NewRepository::new("code")).await?;
        let repository = project.repositories().repository(code.id);
        let first = NewPush::onto("main", ObjectId::zero(), "first")
            .change(Change::add("/build.yml", BUILD_YAML))
            .change(Change::add("/release.yml", RELEASE_YAML))
            .change(Change::add("/failing.yml", FAILING_YAML))
            .change(Change::add("/a.txt", "one"));
        let head = repository.push(&first).await?.ref_updates[0].new_object_id.clone();
        repository.update_ref(&RefUpdate::create("refs/heads/side", head.clone())).await?;
        let second = NewPush::onto("side", head.clone(), "second").change(Change::edit("/a.txt", "two"));
        let side = repository.push(&second).await?.ref_updates[0].new_object_id.clone();
        let queue = project.queues().find("Azure Pipelines").await?.expect("the hosted queue").id;
        let approver = client.identities().find("admin@example.com").await?.expect("the administrator");
        let endpoint = NewServiceEndpoint::azure_rm("azure", &identity()).project(&team);
        let endpoint = project.service_endpoints().create(&endpoint).await?;
        let endpoint = project.service_endpoints().wait_ready(endpoint.id, &wait).await?;
        let vault_group =
            NewVariableGroup::key_vault("secrets", endpoint.id, "vault").secrets(["db-password"]).project(&team);
        let vault_group = project.variable_groups().create(&vault_group).await?;
        let plain_group = NewVariableGroup::plain("settings")
            .variable("region", "westeurope")
            .variable("password", Secret::new(planted::SECRET))
            .project(&team);
        let plain_group = project.variable_groups().create(&plain_group).await?;
        let environment = project.environments().create(&NewEnvironment::new("production")).await?;
        let namespace = NewKubernetesResource::new("cluster", "scoring", endpoint.id);
        let namespace = project.environments().add_kubernetes(environment.id, &namespace).await?.id;
        let protected = environment.id.into();
        project.checks().create(&NewCheck::approval(&protected, &[approver.id]).instructions("look")).await?;
        let lock = project.checks().create(&NewCheck::exclusive_lock(&protected)).await?;
        let definition = |name: &str, yaml: &str| {
            NewDefinition::yaml(name, yaml, code.id, "refs/heads/main").folder("mlops").queue(queue)
        };
        let definitions = project.definitions();
        let build = definitions.create(&definition("build", "/build.yml")).await?.id;
        let release = definitions.create(&definition("release", "/release.yml")).await?.id;
        let failing = definitions.create(&definition("failing", "/failing.yml")).await?.id;
        for resource in [protected, queue.into()] {
            project.pipeline_permissions().allow(&resource, &[build, release, failing]).await?;
        }
        let runs = project.runs();
        let run = runs.queue(build, &RunRequest::new().parameter("model", "iris")).await?.id;
        runs.wait(run, &wait).await?;
        let failed_run = runs.queue(failing, &RunRequest::new()).await?.id;
        runs.wait(failed_run, &wait).await?;
        let waiting_run = runs.queue(release, &RunRequest::new()).await?.id;
        let policy = NewPolicy::build_validation(build, "Build", code.id, "refs/heads/side");
        let policy = project.policies().create(&policy).await?;
        let hook = NewSubscription::web_hook("tfs", "build.complete", "https://example.com/hook")
            .publisher_input("projectId", team.id.to_string());
        let hook = client.service_hooks().create(&hook).await?;
        let groups = client.graph().groups(&client.graph().scope(team.id).await?).all().await?;
        let group = |name: &str| {
            let found = groups.iter().find(|group| group.principal_name == format!("[fabrikam]\\{name}"));
            found.expect("a group of the project").descriptor.clone()
        };
        let (contributors, readers) = (group("Contributors"), group("Readers"));
        let principal = client.graph().add_service_principal(IdentityId::parse(PRINCIPAL)?, &contributors).await?;
        let pull_request =
            repository.create_pull_request(&NewPullRequest::new("side", "main", "Second").description("d")).await?;
        Ok(World {
            client,
            team,
            project,
            code,
            head,
            side,
            pull_request,
            queue,
            approver,
            endpoint,
            vault_group,
            plain_group,
            environment,
            namespace,
            lock,
            build,
            release,
            failing,
            run,
            failed_run,
            waiting_run,
            policy,
            hook,
            contributors,
            readers,
            principal,
        })
    }
}

/// An identity in Azure.
pub fn identity() -> AzureIdentity {
    AzureIdentity {
        tenant_id: "11111111-1111-4111-8111-111111111111".into(),
        client_id: "22222222-2222-4222-8222-222222222222".into(),
        subscription_id: "33333333-3333-4333-8333-333333333333".into(),
        subscription_name: "contoso".into(),
    }
}

/// Waits without waiting long.
pub fn quick() -> WaitOptions {
    WaitOptions::timeout(Duration::from_secs(20)).every(Duration::from_millis(2))
}
