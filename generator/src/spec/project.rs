//! `project:`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the project is called.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProjectSpec {
    /// Name of the project: 1 to 24 lower-case letters, digits and hyphens. Names of resources, pipelines and folders
    /// start with it.
    #[schemars(extend("x-required" = true))]
    pub name: Option<String>,
    /// One sentence for READMEs and descriptions. Left out: one made of the name.
    pub description: Option<String>,
    /// Tags on every Azure resource, beside the tool's own (`project`, `environment`, `managed-by`).
    pub tags: BTreeMap<String, String>,
}
