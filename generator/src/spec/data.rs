//! `data:`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The training data.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DataSpec {
    /// Azure ML data asset. Left out: `<project>-data`.
    pub asset: Option<String>,
    /// File under `data/` in the repository, or `azureml://datastores/…/paths/…`, or `https://….blob.core.windows.net/…`.
    #[schemars(extend("x-required" = true))]
    pub path: Option<String>,
    /// The column to predict.
    #[schemars(extend("x-required" = true))]
    pub target: Option<String>,
    /// Every column, the target among them, in the order of the file: names, or mappings that say more.
    #[schemars(extend("x-required" = true), length(min = 2, max = 2000))]
    pub columns: Option<Vec<ColumnEntry>>,
    /// Rows kept away from training, by which champion and challenger are judged.
    pub holdout: HoldoutSpec,
    /// Limits of drift against the training baseline.
    pub distribution: DistributionSpec,
}

/// A column: its name, or a mapping that says more.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnEntry {
    /// The header of a required column of numbers.
    Name(String),
    /// A column with rules.
    Rules(ColumnSpec),
}

/// A column with rules.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ColumnSpec {
    /// Header in the file.
    #[schemars(extend("x-required" = true))]
    pub name: Option<String>,
    /// What a cell holds.
    #[serde(rename = "type")]
    pub kind: ColumnKind,
    /// Whether an empty cell is an error.
    pub required: bool,
    /// Least value. Left out: none.
    pub min: Option<f64>,
    /// Greatest value. Left out: none.
    pub max: Option<f64>,
    /// The only values allowed.
    #[schemars(length(max = 1000))]
    pub allowed: Vec<f64>,
    /// Moments that history leads us to expect. Left out: nothing is compared with history.
    pub expected: Option<ExpectedSpec>,
}

impl Default for ColumnSpec {
    fn default() -> Self {
        Self {
            name: None,
            kind: ColumnKind::Number,
            required: true,
            min: None,
            max: None,
            allowed: Vec::new(),
            expected: None,
        }
    }
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// A real number.
    Number,
    /// A whole number.
    Integer,
}

/// Moments that history leads us to expect.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExpectedSpec {
    /// Arithmetic mean.
    #[schemars(extend("x-required" = true))]
    pub mean: Option<f64>,
    /// Standard deviation.
    #[schemars(extend("x-required" = true), extend("exclusiveMinimum" = 0))]
    pub standard_deviation: Option<f64>,
}

/// Rows kept away from training.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HoldoutSpec {
    /// Share of the rows.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub fraction: f64,
    /// Seed of the split: same seed, same rows.
    #[schemars(range(min = 0, max = 4_294_967_295_i64))]
    pub seed: i64,
}

impl Default for HoldoutSpec {
    fn default() -> Self {
        Self { fraction: 0.2, seed: 0 }
    }
}

/// Limits of drift; `off` switches a check off.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DistributionSpec {
    /// Greatest population stability index against the training baseline.
    pub psi: Limit,
    /// Least p-value of the Kolmogorov-Smirnov test against the training baseline, below 1.
    pub ks_p_value: Limit,
    /// Greatest distance of a column's mean from the expected one, in standard errors.
    pub mean_sigmas: Limit,
    /// Greatest ratio of a column's standard deviation to the expected one, either way, above 1.
    pub standard_deviation_ratio: Limit,
}

impl Default for DistributionSpec {
    fn default() -> Self {
        Self {
            psi: Limit::At(0.2),
            ks_p_value: Limit::At(0.01),
            mean_sigmas: Limit::At(4.0),
            standard_deviation_ratio: Limit::At(1.5),
        }
    }
}

/// A limit, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Limit {
    /// The limit.
    At(#[schemars(extend("exclusiveMinimum" = 0))] f64),
    /// No limit.
    Switch(Switch),
}

/// Switches a check off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// The check is off.
    Off,
}
