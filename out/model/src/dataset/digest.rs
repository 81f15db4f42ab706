//! The SHA-256 of a data set, by which a model says what it was trained on.

use super::{DataError, DataFile, Dataset};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;

/// The digest of one file of a data set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// The file's name relative to the data set; empty when the data set is one file.
    pub name: String,
    /// The SHA-256 of the file's bytes, in lower-case hexadecimal.
    pub sha256: String,
}

impl DataFile {
    /// The SHA-256 of the file's bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn digest(&self) -> Result<FileDigest, DataError> {
        let failed = |e| DataError::io("read", &self.path, e);
        let mut file = File::open(&self.path).map_err(failed)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let n = file.read(&mut buffer).map_err(failed)?;
            if n == 0 {
                break;
            }
            hasher.update(&buffer[..n]);
        }
        Ok(FileDigest { name: self.name.clone(), sha256: hex(&hasher.finalize()) })
    }
}

impl Dataset {
    /// The SHA-256 of the data set; see [`combined_digest`].
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn sha256(&self) -> Result<String, DataError> {
        let digests = self.files().iter().map(DataFile::digest).collect::<Result<Vec<_>, _>>()?;
        Ok(combined_digest(digests))
    }
}

/// One digest for a data set: the file's own (what `sha256sum` prints) when it is one file; for a folder, the SHA-256 of
/// the lines `digest, two spaces, name` in the order of the names (what `sha256sum` prints for the files, hashed).
#[must_use]
pub fn combined_digest(mut digests: Vec<FileDigest>) -> String {
    if let [FileDigest { name, sha256 }] = digests.as_slice()
        && name.is_empty()
    {
        return sha256.clone();
    }
    digests.sort();
    let mut hasher = Sha256::new();
    for FileDigest { name, sha256 } in &digests {
        hasher.update(format!("{sha256}  {name}\n"));
    }
    hex(&hasher.finalize())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
