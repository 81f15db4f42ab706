//! `usage:`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much the project is used: what an estimate of its cost assumes (`mlops-gen cost`). Nothing is rendered from it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UsageSpec {
    /// Currency of the prices, by its three letters, as in `EUR`.
    pub currency: String,
    /// Scoring requests a day, in each environment.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub requests_per_day: i64,
    /// Training runs a month, each with a release.
    #[schemars(range(min = 0, max = 100_000))]
    pub training_runs: i64,
    /// Hours of a training run.
    #[schemars(range(min = 0, max = 1000))]
    pub training_hours: f64,
    /// Batch scoring runs a month.
    #[schemars(range(min = 0, max = 100_000))]
    pub batch_runs: i64,
    /// Hours of a batch scoring run.
    #[schemars(range(min = 0, max = 1000))]
    pub batch_hours: f64,
    /// Data and models that are kept, in GiB.
    #[serde(rename = "dataGiB")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub data_gib: f64,
    /// Logs of a month in each place, in GiB.
    #[serde(rename = "logsGiB")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub logs_gib: f64,
}

impl Default for UsageSpec {
    fn default() -> Self {
        Self {
            currency: "USD".to_owned(),
            requests_per_day: 10_000,
            training_runs: 4,
            training_hours: 1.0,
            batch_runs: 4,
            batch_hours: 1.0,
            data_gib: 10.0,
            logs_gib: 2.0,
        }
    }
}
