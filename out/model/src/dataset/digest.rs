//! The BLAKE3 digest of a data set, by which a model says what it was trained on.
//!
//! Not SHA-256: with the processor's own instructions that takes longer than reading a Parquet file does, and each file
//! is one chain that no second core can help with. BLAKE3 (O'Connor, Aumasson, Neves and Wilcox-O'Hearn, "BLAKE3: one
//! function, fast everywhere", 2020) is as collision-resistant and several times as fast.

use super::{DataError, DataFile, Dataset};
use blake3::{Hash, Hasher};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;

/// The digest of one file of a data set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// The file's name relative to the data set; empty when the data set is one file.
    pub name: String,
    /// The BLAKE3 digest of the file's bytes, in lower-case hexadecimal.
    pub blake3: String,
}

impl FileDigest {
    /// The digest of a file whose bytes were hashed.
    pub(super) fn new(file: &DataFile, hash: Hash) -> Self {
        Self { name: file.name.clone(), blake3: hash.to_hex().to_string() }
    }
}

impl DataFile {
    /// The BLAKE3 digest of the file's bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn digest(&self) -> Result<FileDigest, DataError> {
        let failed = |e| DataError::io("read", &self.path, e);
        let mut file = File::open(&self.path).map_err(failed)?;
        let mut hasher = Hasher::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let n = file.read(&mut buffer).map_err(failed)?;
            if n == 0 {
                break;
            }
            hasher.update(&buffer[..n]);
        }
        Ok(FileDigest::new(self, hasher.finalize()))
    }
}

impl Dataset {
    /// The digest of the data set; see [`combined_digest`].
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn blake3(&self) -> Result<String, DataError> {
        let digests = self.files().iter().map(DataFile::digest).collect::<Result<Vec<_>, _>>()?;
        Ok(combined_digest(digests))
    }
}

/// One digest for a data set: the file's own (what `b3sum` prints) when it is one file; for a folder, that of
/// the lines `digest, two spaces, name` in the order of the names (what `b3sum` prints for the files, hashed).
#[must_use]
pub fn combined_digest(mut digests: Vec<FileDigest>) -> String {
    if let [FileDigest { name, blake3 }] = digests.as_slice()
        && name.is_empty()
    {
        return blake3.clone();
    }
    digests.sort();
    let mut hasher = Hasher::new();
    for FileDigest { name, blake3 } in &digests {
        hasher.update(format!("{blake3}  {name}\n").as_bytes());
    }
    hasher.finalize().to_hex().to_string()
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
