//! The lock file: what the tool wrote last, so that it can tell a person's edit from its own old output.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::RenderedTree;
use super::path::RelPath;
use crate::artifacts::Ownership;

/// Where the lock file lies in a project.
pub const LOCK_PATH: &str = ".mlops-gen/lock.json";

/// What the tool wrote last: version, project, and hash and ownership of every file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Version of this file's own form.
    pub version: u32,
    /// Version of the generator that wrote it.
    pub generator: String,
    /// The project whose files they are; a repository with this file belongs to it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub project: String,
    /// The files, by path.
    pub files: BTreeMap<String, LockedFile>,
}

/// One file, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedFile {
    /// SHA-256 of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// Whose file it is.
    pub ownership: Ownership,
    /// Template or source that made it.
    pub origin: String,
}

impl Lock {
    /// The lock of `tree` as this version of the generator writes it.
    pub fn of(tree: &RenderedTree) -> Self {
        let files = tree.iter().map(|(path, file)| {
            let locked =
                LockedFile { sha256: sha256(&file.bytes), ownership: file.ownership, origin: file.origin.clone() };
            (path.to_string(), locked)
        });
        Self {
            version: 1,
            generator: env!("CARGO_PKG_VERSION").to_owned(),
            project: tree.project.clone(),
            files: files.collect(),
        }
    }

    /// Reads a lock file.
    ///
    /// # Errors
    /// Why the text is not one, with line and column, or which entry is not a path inside the project.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lock: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if lock.version != 1 {
            return Err(format!(
                "lock file version {} is not known to this mlops-gen; install a newer one",
                lock.version
            ));
        }
        for path in lock.files.keys() {
            RelPath::parse(path).map_err(|why| format!("`{path}` in the lock file: {why}"))?;
        }
        Ok(lock)
    }

    /// The file's text, stable from run to run.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a lock serialises");
        text.push('\n');
        text
    }
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        use std::fmt::Write as _;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
