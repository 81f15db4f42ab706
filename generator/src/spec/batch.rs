//! `batch:`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::training::{ComputeSpec, ScheduleSpec};

/// Scoring of whole files through an Azure ML batch endpoint.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BatchSpec {
    /// The endpoint. Left out: `<project>-batch-<suffix>`.
    pub endpoint: Option<String>,
    /// A cluster of its own. Left out, the training cluster does the work.
    pub compute: Option<ComputeSpec>,
    /// Files in one mini-batch.
    #[schemars(range(min = 1, max = 100_000))]
    pub mini_batch_size: i64,
    /// Instances of one job.
    #[schemars(range(min = 1, max = 100))]
    pub instances: i64,
    /// When to run by itself. Left out: only when called.
    pub schedule: Option<ScheduleSpec>,
}

impl Default for BatchSpec {
    fn default() -> Self {
        Self { endpoint: None, compute: None, mini_batch_size: 10, instances: 1, schedule: None }
    }
}
