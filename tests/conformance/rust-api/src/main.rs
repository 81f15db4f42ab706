//! Reads with azure_devops_rust_api what the official Python client made in the emulator; prints the number of reads.
//!
//! Arguments: the organization's URL and a token. Ends with an error at the first answer that the crate cannot decode, or
//! that does not hold what was made.

use azure_core::http::Url;
use azure_devops_rust_api::{Credential, build, core, distributed_task, git, pipelines, policy, service_endpoint};
use serde_json::{Value, to_value};

type Failure = Box<dyn std::error::Error>;

/// Counts reads, and holds each against what must be in it.
struct Reads(usize);

impl Reads {
    fn list(&mut self, what: &str, answer: impl serde::Serialize, least: usize) -> Result<Vec<Value>, Failure> {
        self.0 += 1;
        let items = to_value(answer)?["value"].as_array().cloned().unwrap_or_default();
        if items.len() < least {
            return Err(format!("{what}: expected at least {least}, got {}", items.len()).into());
        }
        Ok(items)
    }

    fn one(&mut self, what: &str, answer: impl serde::Serialize, field: &str, expected: &str) -> Result<(), Failure> {
        self.0 += 1;
        let answer = to_value(answer)?;
        let found = answer[field].as_str().map_or_else(|| answer[field].to_string(), str::to_owned);
        if found != expected { Err(format!("{what}: expected {field} {expected}, got {found}").into()) } else { Ok(()) }
    }
}

fn number(value: &Value) -> Result<i32, Failure> {
    Ok(i32::try_from(value.as_i64().ok_or("expected a number")?)?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("expected the organization's URL")?;
    let credential = Credential::from_pat(arguments.next().ok_or("expected a token")?);
    let (origin, organization) = url.rsplit_once('/').ok_or("expected an organization in the URL")?;
    let endpoint = Url::parse(origin)?;
    let project = "shop";
    let mut reads = Reads(0);

    let projects = core::ClientBuilder::new(credential.clone()).endpoint(endpoint.clone()).build().projects_client();
    reads.list("projects", projects.list(organization).await?, 1)?;
    reads.one("project", projects.get(organization, project).await?, "name", project)?;

    let client = git::ClientBuilder::new(credential.clone()).endpoint(endpoint.clone()).build();
    reads.list("repositories", client.repositories_client().list(organization, project).await?, 2)?;
    let repository = client.repositories_client().get_repository(organization, "code", project).await?;
    reads.one("repository", repository, "defaultBranch", "refs/heads/main")?;
    reads.list("refs", client.refs_client().list(organization, "code", project).await?, 2)?;
    reads.list("items", client.items_client().list(organization, "code", project).scope_path("/").recursion_level(git::models::VersionControlRecursionType::Full).await?, 4)?;
    let commits = reads.list("commits", client.commits_client().get_commits(organization, "code", project).await?, 3)?;
    let newest = commits[0]["commitId"].as_str().ok_or("expected a commit id")?;
    reads.one("commit", client.commits_client().get(organization, newest, "code", project).await?, "commitId", newest)?;
    let pushes = reads.list("pushes", client.pushes_client().list(organization, "code", project).await?, 4)?;
    let push = number(&pushes[0]["pushId"])?;
    reads.one("push", client.pushes_client().get(organization, "code", push, project).await?, "pushId", &push.to_string())?;
    let requests = client.pull_requests_client().get_pull_requests(organization, "code", project).search_criteria_status(git::models::PullRequestStatus::Completed).await?;
    reads.list("pull requests", requests, 1)?;

    let client = build::ClientBuilder::new(credential.clone()).endpoint(endpoint.clone()).build();
    let definitions = reads.list("definitions", client.definitions_client().list(organization, project).await?, 1)?;
    let definition = number(&definitions[0]["id"])?;
    reads.one("definition", client.definitions_client().get(organization, project, definition).await?, "name", "build")?;
    reads.list("revisions", client.definitions_client().get_definition_revisions(organization, project, definition).await?, 2)?;
    let builds = reads.list("builds", client.builds_client().list(organization, project).await?, 1)?;
    let run = number(&builds[0]["id"])?;
    reads.one("build", client.builds_client().get(organization, project, run).await?, "result", "succeeded")?;
    reads.list("logs", client.builds_client().get_build_logs(organization, project, run).await?, 4)?;
    reads.list("artifacts", client.artifacts_client().list(organization, project, run).await?, 1)?;
    let timeline = to_value(client.timeline_client().get(organization, project, run, "").await?)?;
    reads.0 += 1;
    if timeline["records"].as_array().is_none_or(|records| records.len() < 10) {
        return Err("timeline: expected at least 10 records".into());
    }

    let client = pipelines::ClientBuilder::new(credential.clone()).endpoint(endpoint.clone()).build();
    reads.list("pipelines", client.pipelines_client().list(organization, project).await?, 1)?;
    reads.one("pipeline", client.pipelines_client().get(organization, project, definition).await?, "folder", "\\team")?;
    reads.list("runs", client.runs_client().list(organization, project, definition).await?, 1)?;
    reads.one("run", client.runs_client().get(organization, project, definition, run).await?, "state", "completed")?;

    let client = distributed_task::ClientBuilder::new(credential.clone()).endpoint(endpoint.clone()).build();
    let groups = reads.list("variable groups", client.variablegroups_client().get_variable_groups(organization, project).await?, 1)?;
    let group = number(&groups[0]["id"])?;
    reads.one("variable group", client.variablegroups_client().get(organization, project, group).await?, "name", "plain")?;
    let environments = reads.list("environments", client.environments_client().list(organization, project).await?, 1)?;
    let environment = number(&environments[0]["id"])?;
    reads.one("environment", client.environments_client().get(organization, project, environment).await?, "name", "prod")?;
    reads.list("queues", client.queues_client().get_agent_queues(organization, project).await?, 2)?;

    let client = service_endpoint::ClientBuilder::new(credential.clone()).endpoint(endpoint.clone()).build().endpoints_client();
    let endpoints = reads.list("service endpoints", client.get_service_endpoints(organization, project).await?, 1)?;
    let id = endpoints[0]["id"].as_str().ok_or("expected an id")?;
    reads.one("service endpoint", client.get(organization, project, id).await?, "name", "azure")?;

    let client = policy::ClientBuilder::new(credential).endpoint(endpoint).build();
    reads.list("policies", client.configurations_client().list(organization, project).await?, 0)?;
    println!("azure_devops_rust_api: {} reads decoded", reads.0);
    Ok(())
}
