//! Versions that the team holds still.

use std::collections::BTreeMap;

/// Versions that the team holds still.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    /// Version of mlops-gen that must render this project, if pinned.
    pub generator: Option<String>,
    /// API version by resource type (`Microsoft.Storage/storageAccounts`), over the tool's own table.
    pub api_versions: BTreeMap<String, String>,
}
