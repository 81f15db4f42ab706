//! `pins:`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Versions that the team holds still.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PinsSpec {
    /// Version of mlops-gen that must render this project, as in `0.1.0`. Left out: any.
    pub generator: Option<String>,
    /// API version by resource type, over the tool's own table, as in `Microsoft.Storage/storageAccounts: 2025-06-01`.
    pub api_versions: BTreeMap<String, String>,
}
