//! A run at the registry.

use std::time::{SystemTime, UNIX_EPOCH};

/// The tag that holds the SHA-256 of the model file, by which a registration is found again.
pub const DIGEST_TAG: &str = "model_sha256";

/// A run, and what is needed of it.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) artifact_uri: String,
    /// Whether this program made the run, and so has to end it.
    pub(super) own: bool,
}

pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
