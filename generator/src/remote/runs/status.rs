//! A project at a glance: what its pipelines did last, which model versions there are, what is deployed where, who is
//! waited for.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::{PendingApproval, Run, State, ago, model_version, table};

/// A project at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The project's name.
    pub project: String,
    /// Where it lives: organization and team project.
    pub place: String,
    /// The pipelines that the spec wants, in its order.
    pub pipelines: Vec<PipelineStatus>,
    /// The environments that the spec wants, in order of promotion.
    pub environments: Vec<EnvironmentStatus>,
    /// Versions of the model that runs tell of, the newest first.
    pub models: Vec<ModelVersion>,
    /// Approvals that runs of this project wait for.
    pub approvals: Vec<PendingApproval>,
}

/// A pipeline and its last run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PipelineStatus {
    /// Its name.
    pub name: String,
    /// Whether it is there.
    pub exists: bool,
    /// Its newest run.
    pub last: Option<Run>,
}

/// An environment and what is deployed there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentStatus {
    /// Its name in the spec.
    pub name: String,
    /// Its name in Azure DevOps.
    pub environment: String,
    /// Whether it is there.
    pub exists: bool,
    /// The newest deployment that went well: what runs there.
    pub deployed: Option<Deployed>,
    /// The newest deployment, where it is not that one.
    pub last_attempt: Option<Deployed>,
}

/// A deployment to an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployed {
    /// The run that deployed.
    pub run: i64,
    /// Its number.
    pub number: String,
    /// The model's version, where the run tells.
    pub version: Option<String>,
    /// What came of it.
    pub state: State,
    /// When it ended.
    pub at: Option<Timestamp>,
}

/// A version of the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelVersion {
    /// The version.
    pub version: String,
    /// The run that registered it, where a run says so.
    pub registered_by: Option<i64>,
    /// The newest release of it, and how it stands.
    pub release: Option<(i64, State)>,
    /// Environments where it is deployed now.
    pub live: Vec<String>,
}

/// Versions that `runs` tell of, the newest run first, and where they are live.
pub fn models(runs: &[Run], environments: &[EnvironmentStatus], model: &str) -> Vec<ModelVersion> {
    let mut found: Vec<ModelVersion> = Vec::new();
    for run in runs {
        let Some(version) = model_version::of(run, model) else { continue };
        let at = found.iter().position(|known| known.version == version).unwrap_or_else(|| {
            let live = environments
                .iter()
                .filter(|e| e.deployed.as_ref().is_some_and(|d| d.version.as_ref() == Some(&version)));
            let live = live.map(|environment| environment.name.clone()).collect();
            found.push(ModelVersion { version: version.clone(), registered_by: None, release: None, live });
            found.len() - 1
        });
        if model_version::registers(run) {
            found[at].registered_by.get_or_insert(run.id);
        } else if run.pipeline == "release" {
            found[at].release.get_or_insert((run.id, run.state));
        }
    }
    found
}

/// The whole for people.
pub fn text(status: &Status, now: Timestamp) -> String {
    let mut out = format!("{}  {}\n\n", status.project, status.place);
    out.push_str(&pipelines(status, now));
    out.push('\n');
    out.push_str(&environments(status, now));
    if !status.models.is_empty() {
        out.push('\n');
        out.push_str(&model_table(status));
    }
    for pending in &status.approvals {
        let _ = write!(
            out,
            "\n{} {} (run {}): {}",
            pending.pipeline,
            pending.number,
            pending.run,
            super::timeline::approval(pending)
        );
    }
    if !status.approvals.is_empty() {
        out.push('\n');
    }
    out
}

fn heading(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn pipelines(status: &Status, now: Timestamp) -> String {
    let mut rows = vec![heading(&["pipeline", "last run", "result", "when", "commit"])];
    for pipeline in &status.pipelines {
        let mut row = vec![pipeline.name.clone()];
        match (&pipeline.last, pipeline.exists) {
            (Some(run), _) => row.extend([
                format!("{} (run {})", run.number, run.id),
                run.state.word().to_owned(),
                run.finished.or(run.queued).map_or_else(String::new, |at| ago(at, now)),
                run.short_commit().to_owned(),
            ]),
            (None, true) => row.push("never ran".to_owned()),
            (None, false) => row.push("not there yet: mlops-gen apply".to_owned()),
        }
        rows.push(row);
    }
    table::columns(&rows)
}

fn environments(status: &Status, now: Timestamp) -> String {
    let mut rows = vec![heading(&["environment", "model", "deployed by", "when", ""])];
    for environment in &status.environments {
        let mut row = vec![environment.name.clone()];
        match (&environment.deployed, environment.exists) {
            (Some(deployed), _) => row.extend([
                deployed.version.as_ref().map_or_else(|| "unknown".to_owned(), |version| format!("version {version}")),
                format!("{} (run {})", deployed.number, deployed.run),
                deployed.at.map_or_else(String::new, |at| ago(at, now)),
            ]),
            (None, true) => row.extend(heading(&["nothing yet", "", ""])),
            (None, false) => row.extend(heading(&["not there yet", "", ""])),
        }
        if let Some(last) = &environment.last_attempt {
            row.push(format!("then run {} {}", last.run, last.state.word()));
        }
        rows.push(row);
    }
    table::columns(&rows)
}

fn model_table(status: &Status) -> String {
    let mut rows = vec![heading(&["model version", "registered by", "release", "live in"])];
    for model in &status.models {
        rows.push(vec![
            model.version.clone(),
            model.registered_by.map_or_else(String::new, |run| format!("run {run}")),
            model.release.map_or_else(|| "none".to_owned(), |(run, state)| format!("run {run} {}", state.word())),
            model.live.join(", "),
        ]);
    }
    table::columns(&rows)
}
