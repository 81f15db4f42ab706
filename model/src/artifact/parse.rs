//! A model file from its text, of any version that is known.

use super::error::ModelError;
use super::file::ModelFile;
use super::version::SCHEMA_VERSION;
use super::version_1;
use serde::Deserialize;

/// Only the version: read first, so that a file of a later version is told apart from a malformed one.
#[derive(Deserialize)]
struct VersionOnly {
    schema_version: u32,
}

impl ModelFile {
    /// Parses the JSON text, without the checks of [`Model::new`](super::Model::new).
    ///
    /// # Errors
    /// The text is not JSON of the file's shape or has another schema version.
    pub fn from_json(text: &[u8]) -> Result<Self, ModelError> {
        let VersionOnly { schema_version: found } = serde_json::from_slice(text)?;
        match found {
            1 => Ok(serde_json::from_slice::<version_1::ModelFile>(text)?.into()),
            SCHEMA_VERSION => Ok(serde_json::from_slice(text)?),
            _ => Err(ModelError::Version { found }),
        }
    }
}
