//! The steps of a registration.

use super::client::{self, Client, Pair};
use super::error::RegisterError;
use super::run::{DIGEST_TAG, Run, now};
use super::{Registered, Registration, artifacts, mlmodel};

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
