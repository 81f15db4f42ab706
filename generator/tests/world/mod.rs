//! An emulated organization with a project's pipelines in it, and the program run against it.
#![allow(dead_code)] // each test file takes what it needs
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test looks at the disk

use std::path::PathBuf;
use std::process::Output;

use devops_client::api::checks::NewCheck;
use devops_client::api::definitions::NewDefinition;
use devops_client::api::environments::NewEnvironment;
use devops_client::api::pushes::{Change, NewPush};
use devops_client::api::repositories::NewRepository;
use devops_client::{Client, Credential, ObjectId};
use devops_emulator::{Emulator, Running, Scripted};
use tempfile::TempDir;

/// A token that must be seen nowhere.
pub const TOKEN: &str = "planted-token-7d1c";

const SPEC: &str = "\
version: 1
project: {name: churn}
azure: {location: westeurope}
devops: {organization: contoso, project: ml}
data: {path: data/churn.csv, target: churned, columns: [age, tenure, spend, churned]}
model: {runtime: python}
environments:
  - {name: qa, target: container-instances}
  - {name: production, target: kubernetes}
";

const BUILD: &str = "\
trigger: none
pool: {vmImage: ubuntu-24.04}
stages:
- stage: Check
  displayName: Check the code
  jobs:
  - job: Tests
    displayName: Unit tests
    steps:
    - script: echo testing
      displayName: Test
- stage: Publish
  displayName: Publish the pipeline
  dependsOn: Check
  jobs:
  - job: Publish
    steps:
    - script: echo publishing
      displayName: Upload
";

const RELEASE: &str = "\
trigger: none
pool: {vmImage: ubuntu-24.04}
parameters:
- {name: modelName, type: string, default: churn}
- {name: modelVersion, type: string}
- {name: again, type: boolean, default: false}
stages:
- stage: Qa
  displayName: Deploy to qa
  jobs:
  - deployment: Rollout
    environment: churn-qa
    strategy: {runOnce: {deploy: {steps: [{script: echo qa, displayName: Roll out}]}}}
- stage: Production
  displayName: Deploy to production
  dependsOn: Qa
  jobs:
  - deployment: Rollout
    environment: churn-production
    strategy: {runOnce: {deploy: {steps: [{script: echo production, displayName: Roll out}]}}}
";

/// An organization, and a folder with a spec.
pub struct World {
    pub emulator: Running,
    pub client: Client,
    pub folder: TempDir,
}

impl World {
    /// The pipelines `build` and `release`; `release` waits for approval before production.
    pub async fn new() -> World {
        let emulator =
            Emulator::builder().organization("contoso").seed_project("ml").token(TOKEN).start().await.unwrap();
        let client = Client::builder("contoso").base_url(emulator.url()).credential(Credential::pat(TOKEN));
        let client = client.build().unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("mlops.yaml"), SPEC).unwrap();
        let world = World { emulator, client, folder };
        world.seed().await.unwrap_or_else(|error| panic!("{error}: {}", error.next_step()));
        world
    }

    async fn seed(&self) -> devops_client::Result<()> {
        let project = self.client.project("ml");
        let code = project.repositories().create(&NewRepository::new("churn")).await?;
        let push = NewPush::onto("main", ObjectId::zero(), "first")
            .change(Change::add("/pipelines/build.yml", BUILD))
            .change(Change::add("/pipelines/release.yml", RELEASE));
        project.repositories().repository(code.id).push(&push).await?;
        let queue = project.queues().find("Azure Pipelines").await?.expect("the hosted queue").id;
        let mut pipelines = Vec::new();
        for name in ["build", "release"] {
            let new = NewDefinition::yaml(name, format!("/pipelines/{name}.yml"), code.id, "refs/heads/main");
            pipelines.push(project.definitions().create(&new.folder("churn").queue(queue)).await?.id);
        }
        let approver = self.client.identities().find("admin@example.com").await?.expect("the administrator");
        for name in ["churn-qa", "churn-production"] {
            let environment = project.environments().create(&NewEnvironment::new(name)).await?;
            project.pipeline_permissions().allow(&environment.id.into(), &pipelines).await?;
            if name == "churn-production" {
                let check = NewCheck::approval(&environment.id.into(), &[approver.id]).instructions("compare first");
                project.checks().create(&check).await?;
            }
        }
        project.pipeline_permissions().allow(&queue.into(), &pipelines).await.map(drop)
    }

    /// The program with the variables that point it at this organization.
    pub fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
        command
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .env("MLOPS_GEN_DEVOPS_URL", self.emulator.url())
            .env("MLOPS_GEN_DEVOPS_TOKEN", TOKEN);
        command
    }

    /// Runs the program to its end.
    pub async fn run(&self, arguments: &[&str]) -> Said {
        let mut command = self.command();
        command.args(arguments).stdin(std::process::Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        Said::new(arguments, &output)
    }

    /// What a step of a pipeline shall come to, once.
    pub fn step(&self, pipeline: &str, step: &str, result: &str, log: &[&str]) {
        let mut scripted = Scripted::succeeds(pipeline, step);
        scripted.result = result.to_owned();
        scripted.times = Some(1);
        scripted.log = log.iter().map(|line| (*line).to_owned()).collect();
        self.emulator.with_state(|state| state.scripted.push(scripted));
    }

    /// How many runs there are.
    pub fn runs(&self) -> usize {
        self.emulator.with_state(|state| state.builds.len())
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What the program said, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn new(arguments: &[&str], output: &Output) -> Said {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let said = Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
        assert!(!said.out.contains(TOKEN) && !said.err.contains(TOKEN), "{arguments:?} shows the token: {said:?}");
        said
    }

    /// Demands an exit code.
    #[track_caller]
    pub fn code(self, wanted: i32) -> Said {
        assert_eq!(self.code, Some(wanted), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Demands pieces of text in one of the streams, in any order.
    #[track_caller]
    pub fn has(self, pieces: &[&str]) -> Said {
        for piece in pieces {
            let there = self.out.contains(piece) || self.err.contains(piece);
            assert!(there, "{piece:?} is missing in\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        }
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}
