//! Why a registration fails.

use std::path::PathBuf;

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
