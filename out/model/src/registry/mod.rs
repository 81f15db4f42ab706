//! Registering a promoted model with an MLflow tracking server, which is what Azure Machine Learning speaks too.
//!
//! Registration can be repeated: a version that carries the same model file's digest is found again, and a run that was
//! left half done is taken up. The requests are those of MLflow's REST API, version 2.0 ("MLflow REST API").

mod artifacts;
mod client;
mod credential;
mod history;
mod mlmodel;
mod tracking;

pub use credential::{Credential, Secret};
pub use tracking::TrackingUri;

use crate::artifact::Model;
use crate::evaluation::Decision;
use client::{Client, Pair};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// The tag that holds the SHA-256 of the model file, by which a registration is found again.
pub const DIGEST_TAG: &str = "model_sha256";

/// What to register, and where.
#[derive(Debug, Clone)]
pub struct Registration<'a> {
    /// The tracking server.
    pub tracking_uri: TrackingUri,
    /// How to prove who asks.
    pub credential: Credential,
    /// The name of the registered model.
    pub name: &'a str,
    /// The experiment of the run, when no run is given.
    pub experiment: &'a str,
    /// The run that trained the model; without one, a run is made.
    pub run_id: Option<String>,
    /// The model.
    pub model: &'a Model,
    /// The bytes of the model file.
    pub model_file: Vec<u8>,
    /// The SHA-256 of the model file, in hexadecimal.
    pub model_sha256: String,
    /// The decision by which the model is promoted.
    pub decision: &'a Decision,
    /// More tags of the model version.
    pub tags: Vec<(String, String)>,
}

/// A registered model version: the output file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// The name of the registered model.
    pub name: String,
    /// The version.
    pub version: String,
    /// The run that the version comes from.
    pub run_id: String,
    /// Where the version's files are.
    pub source: String,
    /// Whether this registration made the version; false when an earlier one did.
    pub created: bool,
}

/// Why a model cannot be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The tracking URI is of no kind that is known.
    #[error(
        "the tracking URI '{uri}' is not usable, expected http://, https:// or azureml://: set --tracking-uri or MLFLOW_TRACKING_URI"
    )]
    TrackingUri {
        /// The URI, without a password.
        uri: String,
    },
    /// No token can be had.
    #[error("cannot get a token for the tracking server: {0}")]
    Token(String),
    /// The server cannot be reached or breaks off.
    #[error("cannot {action} at {host}: {source}")]
    Http {
        /// What was tried.
        action: &'static str,
        /// The server.
        host: String,
        /// What the client said.
        source: reqwest::Error,
    },
    /// The server refuses.
    #[error("cannot {action} at {host}: the server answered {status}: {message}")]
    Refused {
        /// What was tried.
        action: &'static str,
        /// The server.
        host: String,
        /// The HTTP status.
        status: u16,
        /// MLflow's error code, when there is one.
        code: String,
        /// The server's words, cut short.
        message: String,
    },
    /// The server's answer is not what MLflow's API says.
    #[error("cannot {action} at {host}: the answer is not as expected: {problem}")]
    Answer {
        /// What was tried.
        action: &'static str,
        /// The server.
        host: String,
        /// What is wrong.
        problem: String,
    },
    /// The server has not finished a version, or could not.
    #[error("model version {name} {version} is {status}, expected READY: see the tracking server's log")]
    NotReady {
        /// The registered model.
        name: String,
        /// The version.
        version: String,
        /// The status.
        status: String,
    },
    /// The run keeps its artifacts where this program cannot put them.
    #[error(
        "the run keeps its artifacts at {uri}, expected mlflow-artifacts:, file: or azureml:: run the tracking server with --serve-artifacts"
    )]
    ArtifactStore {
        /// The store, without credentials.
        uri: String,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// Registers the model: a run with parameters, metrics, tags and the data as input; the model's files as its artifacts;
/// the registered model; and a version of it.
///
/// # Errors
/// The server cannot be reached, refuses, or answers otherwise than MLflow's API says.
pub async fn register(registration: &Registration<'_>) -> Result<Registered, RegisterError> {
    let client = Client::new(&registration.tracking_uri, &registration.credential).await?;
    let Registration { name, model_sha256, .. } = registration;
    if let Some(version) = client.find_version(name, model_sha256).await? {
        return finish(&client, name, version, false).await;
    }
    let run = run(&client, registration).await?;
    client.log_batch(&run.id, &metrics(registration), &params(registration), &run_tags(registration)).await?;
    client.log_input(&run.id, &registration.model.file().training.data_blake3).await?;
    // Before there is a version: who hears of one fetches its files at once.
    let files = mlmodel::files(registration, &run.id);
    let source = artifacts::upload(&client, &run, &files).await?;
    if run.own {
        client.end_run(&run.id, now()).await?;
    }
    client.ensure_registered_model(name).await?;
    let version = client.create_version(name, &source, &run.id, &version_tags(registration, &run)).await?;
    finish(&client, name, version, true).await
}

/// A run, and what is needed of it.
#[derive(Debug, Clone)]
struct Run {
    id: String,
    artifact_uri: String,
    /// Whether this program made the run, and so has to end it.
    own: bool,
}

/// The run given, one left by an earlier attempt, or a new one.
async fn run(client: &Client, registration: &Registration<'_>) -> Result<Run, RegisterError> {
    if let Some(id) = &registration.run_id {
        return client.get_run(id).await;
    }
    let experiment = client.ensure_experiment(registration.experiment).await?;
    if let Some(run) = client.find_run(&experiment, &registration.model_sha256).await? {
        return Ok(run);
    }
    let tags = [Pair::new(DIGEST_TAG, &registration.model_sha256)];
    client.create_run(&experiment, registration.name, now(), &tags).await
}

/// Waits for a version to be ready.
async fn finish(
    client: &Client,
    name: &str,
    mut version: client::Version,
    created: bool,
) -> Result<Registered, RegisterError> {
    for _ in 0..60 {
        if version.status != "PENDING_REGISTRATION" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        version = client.get_version(name, &version.version).await?;
    }
    let client::Version { version, run_id, source, status, .. } = version;
    if status != "READY" {
        return Err(RegisterError::NotReady { name: name.to_owned(), version, status });
    }
    Ok(Registered { name: name.to_owned(), version, run_id, source, created })
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The metrics of the run: those of training, and those of the evaluation that promoted the model.
fn metrics(registration: &Registration<'_>) -> Vec<(String, f64)> {
    let file = registration.model.file();
    let sets = [("train", Some(&file.metrics.train)), ("holdout", file.metrics.holdout.as_ref())];
    let evaluation = ("evaluation", Some(&registration.decision.challenger_metrics));
    let mut all = vec![];
    for (prefix, metrics) in sets.into_iter().chain([evaluation]) {
        let Some(m) = metrics else { continue };
        let named = [
            ("mse", m.mse),
            ("rmse", m.rmse),
            ("mae", m.mae),
            ("r2", m.r2),
            ("mape", m.mape),
            ("auc", m.auc),
            ("log_loss", m.log_loss),
            ("f1", m.f1),
            ("accuracy", m.accuracy),
            ("brier", m.brier),
            ("balanced_accuracy", m.balanced_accuracy),
            ("rows", Some(m.rows as f64)),
        ];
        all.extend(named.into_iter().filter_map(|(name, value)| value.map(|v| (format!("{prefix}_{name}"), v))));
    }
    all
}

fn params(registration: &Registration<'_>) -> Vec<Pair> {
    let file = registration.model.file();
    let (training, split) = (&file.training, &file.training.split);
    vec![
        Pair::new("alpha", file.alpha),
        Pair::new("solver", &training.diagnostics.solver),
        Pair::new("features", file.features.len()),
        Pair::new("target", &file.target.name),
        Pair::new("rows", training.rows),
        Pair::new("holdout_fraction", split.fraction),
        Pair::new("holdout_seed", split.seed),
        Pair::new("holdout_method", &split.method),
        Pair::new("fit_on", &split.fit_on),
    ]
}

fn run_tags(registration: &Registration<'_>) -> Vec<Pair> {
    let file = registration.model.file();
    vec![
        Pair::new(DIGEST_TAG, &registration.model_sha256),
        Pair::new("data_blake3", &file.training.data_blake3),
        Pair::new("code_version", &file.code_version),
    ]
}

/// The tags of the version: lineage, the decision, and what the caller adds.
fn version_tags(registration: &Registration<'_>, run: &Run) -> Vec<Pair> {
    let decision = registration.decision;
    let mut tags = run_tags(registration);
    tags.push(Pair::new("run_id", &run.id));
    tags.push(Pair::new("experiment_name", registration.experiment));
    tags.push(Pair::new("metric", decision.metric.name()));
    tags.push(Pair::new(decision.metric.name(), decision.challenger));
    if let Some(champion) = decision.champion {
        tags.push(Pair::new(&format!("champion_{}", decision.metric.name()), champion));
    }
    // A caller's tag replaces one of ours, except the one by which the registration is found again.
    for (key, value) in registration.tags.iter().filter(|(key, _)| key != DIGEST_TAG) {
        tags.retain(|tag| tag.key != *key);
        tags.push(Pair::new(key, value));
    }
    tags
}
