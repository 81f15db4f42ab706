//! `variableGroups:`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A variable group: `keyVault` and `secrets`, or `variables`; never both.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct VariableGroupSpec {
    /// Its name.
    #[schemars(extend("x-required" = true))]
    pub name: Option<String>,
    /// For the portal.
    pub description: String,
    /// Pipelines that see it, and no others.
    #[schemars(extend("x-required" = true), length(min = 1))]
    pub pipelines: Option<Vec<PipelineSpec>>,
    /// Whose Key Vault: `platform`, or the name of an environment. Left out in a group of plain values.
    pub key_vault: Option<String>,
    /// Which of its secrets. Left out in a group of plain values.
    #[schemars(length(min = 1, max = 500))]
    pub secrets: Option<Vec<String>>,
    /// Plain values. Left out in a group of secrets.
    pub variables: Option<BTreeMap<String, String>>,
}

/// The pipelines that are rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PipelineSpec {
    /// Lint, tests, data tests; publishes the training pipeline.
    Build,
    /// Trains, evaluates, registers.
    Retrain,
    /// Image, QA, production.
    Release,
    /// What-if, deploy, destroy.
    Infrastructure,
    /// Validation of pull requests.
    PullRequest,
    /// Takes down deployments whose time to live is over.
    Cleanup,
    /// Holds scoring logs against training data.
    Drift,
}
