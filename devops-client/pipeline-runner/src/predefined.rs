//! The variables that Azure Pipelines gives to every run and job (Microsoft Learn, "Predefined variables").

use std::path::{Path, PathBuf};

use crate::host::Where;
use crate::plan::{Job, Stage};
use crate::settings::Facts;
use crate::variables::{Value, Variables};

/// The folders of one job.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// The agent's own.
    pub root: PathBuf,
    /// `Pipeline.Workspace`.
    pub workspace: PathBuf,
    /// `Agent.TempDirectory`.
    pub temp: PathBuf,
    /// `Agent.ToolsDirectory`, kept from job to job.
    pub tools: PathBuf,
}

impl Paths {
    pub fn of_agent(folder: &Path, agent: usize) -> Self {
        let root = folder.join("agents").join(agent.to_string());
        Self { workspace: root.join("work/1"), temp: root.join("work/_temp"), tools: folder.join("tools"), root }
    }

    pub fn sources(&self) -> PathBuf {
        self.workspace.join("s")
    }

    /// Where reports that the run keeps are put together.
    pub fn staging(&self) -> PathBuf {
        self.workspace.join("a")
    }
}

fn set(variables: &mut Variables, rows: &[(&str, String)]) {
    for (name, value) in rows {
        variables.set(name, Value::plain(value.as_str()).literal());
    }
}

/// What conditions of stages and jobs see already.
pub(crate) fn of_run(facts: &Facts, variables: &mut Variables) {
    let branch = &facts.source.branch;
    let short = match branch.strip_prefix("refs/pull/") {
        Some(rest) => rest.rsplit('/').next().unwrap_or_default(),
        None => branch.rsplit('/').next().unwrap_or_default(),
    };
    let (name, mail) = &facts.requested_for;
    set(
        variables,
        &[
            ("Build.BuildId", facts.id.to_string()),
            ("Build.BuildNumber", facts.number.clone()),
            ("Build.BuildUri", format!("vstfs:///Build/Build/{}", facts.id)),
            ("Build.ContainerId", facts.id.to_string()),
            ("Build.DefinitionName", facts.definition.1.clone()),
            ("Build.DefinitionVersion", "1".to_owned()),
            ("Build.Reason", facts.reason.clone()),
            ("Build.QueuedBy", name.clone()),
            ("Build.RequestedFor", name.clone()),
            ("Build.RequestedForEmail", mail.clone()),
            ("Build.Repository.ID", facts.repository.0.clone()),
            ("Build.Repository.Name", facts.repository.1.clone()),
            ("Build.Repository.Provider", "TfsGit".to_owned()),
            ("Build.Repository.Uri", facts.source.url.clone()),
            ("Build.SourceBranch", branch.clone()),
            ("Build.SourceBranchName", short.to_owned()),
            ("Build.SourceVersion", facts.source.commit.clone()),
            ("System.CollectionUri", facts.collection.clone()),
            ("System.TeamFoundationCollectionUri", facts.collection.clone()),
            ("System.TeamFoundationServerUri", facts.collection.clone()),
            ("System.DefinitionId", facts.definition.0.to_string()),
            ("System.HostType", "build".to_owned()),
            ("System.PullRequest.IsFork", "False".to_owned()),
            ("System.TeamProject", facts.project.1.clone()),
            ("System.TeamProjectId", facts.project.0.clone()),
            ("TF_BUILD", "True".to_owned()),
        ],
    );
    if let Some(token) = &facts.token {
        variables.set("System.AccessToken", Value::secret(token.as_str()));
    }
}

/// What the steps of a job see beside it.
pub(crate) fn of_job(
    facts: &Facts,
    stage: &Stage,
    job: &Job,
    place: &Where,
    agent: usize,
    paths: &Paths,
    variables: &mut Variables,
) {
    let path = |path: PathBuf| path.display().to_string();
    let attempt = facts.attempt.to_string();
    let instance = if place.instance.is_empty() { "__default" } else { &place.instance };
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "X64",
        "aarch64" => "ARM64",
        other => other,
    };
    set(
        variables,
        &[
            ("Agent.BuildDirectory", path(paths.workspace.clone())),
            ("Agent.HomeDirectory", path(paths.root.clone())),
            ("Agent.Id", agent.to_string()),
            ("Agent.JobName", job.display.clone()),
            ("Agent.MachineName", "sandbox".to_owned()),
            ("Agent.Name", format!("Sandbox {agent}")),
            ("Agent.OS", "Linux".to_owned()),
            ("Agent.OSArchitecture", architecture.to_owned()),
            ("Agent.RootDirectory", path(paths.root.join("work"))),
            ("Agent.TempDirectory", path(paths.temp.clone())),
            ("Agent.ToolsDirectory", path(paths.tools.clone())),
            ("Agent.WorkFolder", path(paths.root.join("work"))),
            ("Build.ArtifactStagingDirectory", path(paths.staging())),
            ("Build.BinariesDirectory", path(paths.workspace.join("b"))),
            ("Build.Repository.LocalPath", path(paths.sources())),
            ("Build.SourcesDirectory", path(paths.sources())),
            ("Build.StagingDirectory", path(paths.staging())),
            ("Common.TestResultsDirectory", path(paths.workspace.join("TestResults"))),
            ("Pipeline.Workspace", path(paths.workspace.clone())),
            ("System.ArtifactsDirectory", path(paths.staging())),
            ("System.DefaultWorkingDirectory", path(paths.sources())),
            ("System.JobAttempt", attempt.clone()),
            ("System.JobDisplayName", job.display.clone()),
            ("System.JobIdentifier", format!("{}.{}.{instance}", stage.name, job.name)),
            ("System.JobName", instance.to_owned()),
            ("System.PhaseAttempt", attempt.clone()),
            ("System.PhaseDisplayName", job.display.clone()),
            ("System.PhaseName", job.name.clone()),
            ("System.StageAttempt", attempt),
            ("System.StageDisplayName", stage.display.clone()),
            ("System.StageName", stage.name.clone()),
        ],
    );
    if let Some((name, resource)) = &job.environment {
        set(
            variables,
            &[("Environment.Name", name.clone()), ("Environment.ResourceName", resource.clone().unwrap_or_default())],
        );
    }
}
