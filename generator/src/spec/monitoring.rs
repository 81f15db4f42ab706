//! `monitoring:`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::MetricKind;

/// What is watched, and who hears of it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MonitoringSpec {
    /// Mail addresses that alerts and budgets are sent to.
    #[schemars(length(max = 50))]
    pub mail: Vec<String>,
    /// Alerts on the scoring service. Left out: none.
    pub alerts: Option<AlertsSpec>,
    /// Scored rows held against the training rows by the clock; needs `scoring.logging`. Left out: nobody looks.
    pub drift: Option<DriftSpec>,
    /// Monthly budget of each resource group. Left out: none.
    pub budget: Option<BudgetSpec>,
    /// Days that logs are kept.
    #[schemars(range(min = 30, max = 730))]
    pub retention_days: i64,
}

impl Default for MonitoringSpec {
    fn default() -> Self {
        Self { mail: Vec::new(), alerts: None, drift: None, budget: None, retention_days: 30 }
    }
}

/// Limits of the scoring service.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AlertsSpec {
    /// Greatest share of failed requests over a quarter of an hour, in percent.
    #[schemars(range(max = 100), extend("exclusiveMinimum" = 0))]
    pub failed_percent: f64,
    /// Greatest mean duration over a quarter of an hour, in milliseconds. Left out: the contract's latency.
    #[schemars(range(min = 1, max = 60_000))]
    pub latency_ms: Option<i64>,
}

impl Default for AlertsSpec {
    fn default() -> Self {
        Self { failed_percent: 5.0, latency_ms: None }
    }
}

/// When and how what was scored is held against what the released model was trained on. Above the limits the run warns, mail
/// is sent, and a retraining starts if it is asked for.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DriftSpec {
    /// When, by five fields as in `training.schedules`, in UTC.
    pub cron: String,
    /// Environment whose scoring log is read. Left out: the last one.
    pub environment: Option<String>,
    /// Days of the log that are judged together.
    #[schemars(range(min = 1, max = 365))]
    pub days: i64,
    /// Rows without which nothing is said.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub min_rows: i64,
    /// Greatest population stability index of a column, and of the predictions.
    #[schemars(range(max = 100), extend("exclusiveMinimum" = 0))]
    pub psi: f64,
    /// Greatest growth of the share of missing values of a column since training.
    #[schemars(range(min = 0, max = 1))]
    pub missing: f64,
    /// Greatest share of levels of a category that were not there in training.
    #[schemars(range(min = 0, max = 1))]
    pub unseen: f64,
    /// Start a retraining, once for a model version, and not while one is waiting or running.
    pub retrain: bool,
    /// What turned out to be true, where it becomes known: the metric of scored rows is held against limits too. Left out:
    /// columns and predictions alone.
    pub outcomes: Option<DriftOutcomesSpec>,
}

/// Files that say what turned out to be true of scored rows: `request_id`, `row` of the request (from 0; without it 0) and the
/// target, or the columns of `key` and the target. CSV, TSV or Parquet, as `data` says; a later line corrects an earlier one.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DriftOutcomesSpec {
    /// Blob container with the files, in the platform's storage account. Left out: that of `training.scoringLogs`, or `outcomes`.
    pub container: Option<String>,
    /// Columns that tell rows apart, in the log and in the files alike. Left out: the request's id, and the row in it.
    #[schemars(length(max = 20))]
    pub key: Vec<String>,
    /// The metric. Left out: `model.metric`.
    pub metric: Option<MetricKind>,
    /// The least value that is good, where greater is better. Left out: that of `model.metric`.
    pub minimum: Option<f64>,
    /// The greatest value that is good, where smaller is better. Left out: that of `model.metric`.
    pub maximum: Option<f64>,
    /// By how much the metric may be worse than on the rows held out in training, in its own units. Left out: anything.
    #[schemars(range(min = 0))]
    pub worse: Option<f64>,
    /// Days of the log whose outcomes are judged together; outcomes may take longer than drift.
    #[schemars(range(min = 1, max = 365))]
    pub days: i64,
    /// Rows with an outcome without which nothing is said.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub min_rows: i64,
}

impl Default for DriftOutcomesSpec {
    fn default() -> Self {
        Self {
            container: None,
            key: Vec::new(),
            metric: None,
            minimum: None,
            maximum: None,
            worse: None,
            days: 30,
            min_rows: 50,
        }
    }
}

impl Default for DriftSpec {
    fn default() -> Self {
        Self {
            cron: "0 6 * * *".to_owned(),
            environment: None,
            days: 7,
            min_rows: 200,
            psi: 0.2,
            missing: 0.05,
            unseen: 0.01,
            retrain: false,
            outcomes: None,
        }
    }
}

/// A monthly budget.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BudgetSpec {
    /// In the subscription's billing currency.
    #[schemars(extend("x-required" = true), range(min = 1, max = 1_000_000_000))]
    pub amount: Option<i64>,
    /// Shares of the amount at which mail is sent, in percent, rising.
    #[schemars(length(min = 1, max = 5), inner(range(min = 1, max = 1000)))]
    pub thresholds: Vec<i64>,
    /// First day of the first month, as in `2026-12-01`; Azure takes no month that is over when the budget is made.
    #[schemars(extend("x-required" = true))]
    pub start: Option<String>,
}

impl Default for BudgetSpec {
    fn default() -> Self {
        Self { amount: None, thresholds: vec![80, 100], start: None }
    }
}
