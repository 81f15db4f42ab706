//! Registering a promoted model with an MLflow tracking server, which is what Azure Machine Learning speaks too.
//!
//! Registration can be repeated: a version that carries the same model file's digest is found again, and a run that was
//! left half done is taken up. The requests are those of MLflow's REST API, version 2.0 ("MLflow REST API").

mod artifacts;
mod client;
mod credential;
mod error;
mod history;
mod mlmodel;
mod register;
mod run;
mod tracking;

pub use credential::{Credential, Secret};
pub use error::RegisterError;
pub use register::register;
pub use run::DIGEST_TAG;
pub use tracking::TrackingUri;

use crate::artifact::Model;
use crate::evaluation::Decision;
use serde::{Deserialize, Serialize};

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
