//! Runs of a project's pipelines: found, queued, watched, stopped, approved.

mod convert;
mod published;
mod status;
mod watch;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use devops_client::api::approvals::ApprovalStatus;
use devops_client::api::builds::BuildFilter;
use devops_client::api::definitions::{DefinitionFilter, DefinitionRef};
use devops_client::api::runs::RunRequest;
use devops_client::{ApprovalId, PipelineId, Project as Devops, RunId};

pub use watch::{Seen, WatchOptions};

use crate::project::Project;
use crate::project::variables::PipelineKind;
use crate::remote::runs::timeline::Timeline;
use crate::remote::runs::{PendingApproval, Run};

/// A request about runs that failed: why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {operation}: {why}; {next}")]
pub struct RunsError {
    /// What was tried.
    pub operation: String,
    /// Why it failed; never a secret.
    pub why: String,
    /// What to do.
    pub next: String,
}

impl RunsError {
    pub(super) fn new(operation: impl Into<String>, why: impl ToString, next: impl Into<String>) -> Self {
        Self { operation: operation.into(), why: why.to_string(), next: next.into() }
    }

    fn of(operation: impl Into<String>) -> impl FnOnce(devops_client::Error) -> Self {
        move |error| Self::new(operation, &error, error.next_step())
    }
}

/// What was listed; nothing where the team project is not there.
fn or_nothing<T>(listed: devops_client::Result<Vec<T>>, operation: &str) -> Result<Vec<T>, RunsError> {
    match listed {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        listed => listed.map_err(RunsError::of(operation)),
    }
}

/// The runs of one project's pipelines: those in the spec's folder.
#[derive(Clone, Debug)]
pub struct Runs {
    devops: Devops,
    team: String,
    folder: String,
}

impl Runs {
    /// The runs of `project`, over `client`.
    pub fn new(project: &Project, client: &devops_client::Client) -> Self {
        let devops = client.project(project.devops.project.as_str());
        let team = project.devops.project.as_str().to_owned();
        Self { devops, team, folder: project.devops.folder.as_str().to_owned() }
    }

    /// The project's pipelines that are there, by name; none while the team project is not there.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn pipelines(&self) -> Result<BTreeMap<String, PipelineId>, RunsError> {
        let filter = DefinitionFilter::new().folder(&self.folder);
        let found = or_nothing(self.devops.definitions().list(&filter).all().await, "list the pipelines")?;
        let own = |pipeline: &DefinitionRef| pipeline.path.eq_ignore_ascii_case(&self.folder);
        Ok(found.into_iter().filter(own).map(|pipeline| (pipeline.name, pipeline.id)).collect())
    }

    /// The pipeline of one kind.
    ///
    /// # Errors
    /// If it cannot be read, or is not there yet.
    pub async fn pipeline(&self, kind: PipelineKind) -> Result<PipelineId, RunsError> {
        let operation = format!("find the pipeline {}", self.path(kind.as_str()));
        let found = self.devops.definitions().find(kind.as_str(), &self.folder).await;
        match found {
            Ok(Some(pipeline)) => Ok(pipeline.id),
            Ok(None) => Err(RunsError::new(operation, "it is not there", "`mlops-gen apply` makes it")),
            Err(error) if error.is_not_found() => {
                let why = format!("there is no team project {}", self.team);
                Err(RunsError::new(operation, why, "`mlops-gen apply` makes it, and `mlops-gen plan` shows it first"))
            }
            Err(error) => Err(RunsError::of(operation)(error)),
        }
    }

    fn path(&self, name: &str) -> String {
        format!("{}\\{name}", self.folder.trim_end_matches('\\'))
    }

    /// Queues a run, once.
    ///
    /// # Errors
    /// What the service refuses, in its words.
    pub async fn queue(
        &self,
        kind: PipelineKind,
        branch: Option<&str>,
        parameters: &[(String, String)],
    ) -> Result<Run, RunsError> {
        let pipeline = self.pipeline(kind).await?;
        let mut request = RunRequest::new();
        if let Some(branch) = branch {
            let full = if branch.starts_with("refs/") { branch.to_owned() } else { format!("refs/heads/{branch}") };
            request = request.branch(full);
        }
        for (name, value) in parameters {
            request = request.parameter(name, value);
        }
        let run = self.devops.runs().queue(pipeline, &request).await;
        let run = run.map_err(RunsError::of(format!("run the pipeline {}", self.path(kind.as_str()))))?;
        self.get(run.id.0).await
    }

    /// One run.
    ///
    /// # Errors
    /// If it cannot be read, is not there, or is not of this project's pipelines.
    pub async fn get(&self, id: i64) -> Result<Run, RunsError> {
        let operation = format!("read run {id}");
        let found = self.devops.builds().get(RunId(id)).await.map_err(RunsError::of(operation.as_str()))?;
        let Some(build) = found else {
            return Err(RunsError::new(operation, "there is no such run", "`mlops-gen runs list` names them"));
        };
        let path = build.definition.as_ref().map_or("", |pipeline| pipeline.path.as_str());
        if !path.eq_ignore_ascii_case(&self.folder) {
            let why = format!("it is a run of another project's pipeline, in the folder {path}");
            return Err(RunsError::new(operation, why, "`mlops-gen runs list` names this project's runs"));
        }
        Ok(convert::run(&build))
    }

    /// The newest runs of these pipelines, or of all of the project's, newest first; `top` at most.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn list(&self, kinds: &[PipelineKind], top: usize) -> Result<Vec<Run>, RunsError> {
        let pipelines = self.pipelines().await?;
        let wanted = |name: &str| kinds.is_empty() || kinds.iter().any(|kind| kind.as_str() == name);
        let ids: Vec<PipelineId> = pipelines.iter().filter(|(name, _)| wanted(name)).map(|(_, id)| *id).collect();
        self.newest(&ids, top).await
    }

    async fn newest(&self, ids: &[PipelineId], top: usize) -> Result<Vec<Run>, RunsError> {
        use futures::{StreamExt as _, TryStreamExt as _};
        if ids.is_empty() || top == 0 {
            return Ok(Vec::new());
        }
        let page = u32::try_from(top.min(100)).unwrap_or(100);
        let builds = self.devops.builds().list(&BuildFilter::of_any(ids).top(page)).take(top);
        let builds: Vec<_> = builds.try_collect().await.map_err(RunsError::of("list the runs"))?;
        Ok(builds.iter().map(convert::run).collect())
    }

    /// Stages, jobs and steps of a run as they are now.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn timeline(&self, id: i64) -> Result<Timeline, RunsError> {
        let found = self.devops.builds().timeline(RunId(id)).await;
        let found = found.map_err(RunsError::of(format!("read the stages of run {id}")))?;
        Ok(Timeline::new(convert::parts(&found.records)))
    }

    /// What a run has published: each artifact's name and the address that it is got from, if it says one.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn artifacts(&self, id: i64) -> Result<Vec<(String, Option<String>)>, RunsError> {
        let found = self.devops.builds().artifacts(RunId(id)).all().await;
        let found = found.map_err(RunsError::of(format!("read the artifacts of run {id}")))?;
        Ok(found.into_iter().map(|artifact| (artifact.name, artifact.resource.download_url)).collect())
    }

    /// The lines of one log of a run, as they were written.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn log(&self, id: i64, log: i64) -> Result<String, RunsError> {
        let text = self.devops.builds().log(RunId(id), devops_client::LogId(log)).await;
        text.map_err(RunsError::of(format!("read log {log} of run {id}")))
    }

    /// Asks for a run to be stopped.
    ///
    /// # Errors
    /// If the service refuses.
    pub async fn cancel(&self, id: i64) -> Result<(), RunsError> {
        let build = self.devops.builds().cancel(RunId(id)).await;
        build.map(drop).map_err(RunsError::of(format!("cancel run {id}")))
    }

    /// Runs a stage again, by its name in the YAML: what failed in it, or `all` of its jobs.
    ///
    /// # Errors
    /// If the service refuses.
    pub async fn retry(&self, id: i64, stage: &str, all: bool) -> Result<(), RunsError> {
        let done = self.devops.builds().retry_stage(RunId(id), stage, all).await;
        done.map_err(RunsError::of(format!("retry the stage {stage} of run {id}")))
    }

    /// Approvals that are waited for, of all runs in the team project or of one, with the stages that wait.
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn approvals(&self, run: Option<i64>) -> Result<Vec<PendingApproval>, RunsError> {
        let mut pending = self.pending().await?;
        pending.retain(|approval| run.is_none_or(|run| approval.run == run));
        self.name_stages(&mut pending).await?;
        Ok(pending)
    }

    /// All approvals that are waited for in the team project; the stages are not known.
    async fn pending(&self) -> Result<Vec<PendingApproval>, RunsError> {
        let found = self.devops.approvals().list(&ApprovalStatus::Pending).all().await;
        let found = or_nothing(found, "list the approvals")?;
        Ok(found.iter().filter_map(convert::approval).collect())
    }

    /// Reads the timeline of each run that waits: an approval's id is that of its record there, below the stage.
    async fn name_stages(&self, pending: &mut [PendingApproval]) -> Result<(), RunsError> {
        let mut records = BTreeMap::new();
        for approval in pending {
            if let Entry::Vacant(entry) = records.entry(approval.run) {
                let timeline = self.devops.builds().timeline(RunId(approval.run)).await;
                let timeline = timeline.map_err(RunsError::of(format!("read the stages of run {}", approval.run)))?;
                entry.insert(timeline.records);
            }
            approval.stage = convert::stage_of(&records[&approval.run], &approval.id);
        }
        Ok(())
    }

    /// Gives or refuses an approval; whether the service waits for more of them.
    ///
    /// # Errors
    /// If it is not the caller's to give, or settled.
    pub async fn decide(&self, approval: &PendingApproval, approve: bool, comment: &str) -> Result<bool, RunsError> {
        let verb = if approve { "approve" } else { "reject" };
        let wrong = |why: String| RunsError::new(format!("{verb} run {}", approval.run), why, "look at the portal");
        let id = approval.id.parse::<ApprovalId>();
        let id = id.map_err(|_| wrong(format!("`{}` is no approval's id", approval.id)))?;
        let approvals = self.devops.approvals();
        let done = if approve { approvals.approve(id, comment).await } else { approvals.reject(id, comment).await };
        let done = done.map_err(RunsError::of(format!("{verb} run {}", approval.run)))?;
        Ok(done.status == ApprovalStatus::Pending)
    }
}
