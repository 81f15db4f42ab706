//! Why a model file cannot be read or written.

use super::version::SCHEMA_VERSION;
use std::path::PathBuf;

/// Why a model file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read the model {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the model {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The text is not JSON of the model file's shape.
    #[error("the model file is not valid: {0}")]
    Syntax(#[from] serde_json::Error),
    /// The schema version is not one that this program reads.
    #[error(
        "the model file has schema version {found}, expected 1 or {SCHEMA_VERSION}: train it again or use the binaries of its release"
    )]
    Version {
        /// The version found.
        found: u32,
    },
    /// A value breaks a rule.
    #[error("the model file is not valid: {place}: {problem}")]
    Invalid {
        /// Where, as a JSON path.
        place: String,
        /// What is wrong and what is expected.
        problem: String,
    },
}

pub(super) fn finite(place: &str, value: f64) -> Result<(), ModelError> {
    if value.is_finite() { Ok(()) } else { Err(invalid(place, format!("{value} is not a finite number"))) }
}

pub(super) fn invalid(place: impl Into<String>, problem: impl Into<String>) -> ModelError {
    ModelError::Invalid { place: place.into(), problem: problem.into() }
}
