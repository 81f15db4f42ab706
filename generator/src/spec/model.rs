//! `model:`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The model.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ModelSpec {
    /// Name in the registry. Left out: the project's name.
    pub name: Option<String>,
    /// Language of training and scoring.
    #[schemars(extend("x-required" = true))]
    pub runtime: Option<RuntimeSpec>,
    /// Algorithm.
    pub algorithm: AlgorithmSpec,
    /// Parameters of the algorithm: a fixed `alpha`, or `alphas` and `folds` to search.
    pub parameters: ParametersSpec,
    /// The metric that decides promotion.
    pub metric: MetricSpec,
    /// Tags on every registered version, beside the lineage.
    pub tags: BTreeMap<String, String>,
}

/// Language of training and scoring.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeSpec {
    /// Static binaries.
    Rust,
    /// A Python package with scikit-learn.
    Python,
}

/// Algorithm.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlgorithmSpec {
    /// Least squares with a penalty of alpha times the squared coefficients.
    #[default]
    Ridge,
}

/// Parameters of ridge regression: a fixed `alpha`, or `alphas` and `folds` to search. Left out: `alpha: 1`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ParametersSpec {
    /// The penalty. Left out without `alphas`: 1.
    #[schemars(range(min = 0))]
    pub alpha: Option<f64>,
    /// Penalties to choose from by cross-validation. Left out: no search.
    #[schemars(length(min = 2, max = 100), inner(range(min = 0)))]
    pub alphas: Option<Vec<f64>>,
    /// Folds of the cross-validation. Left out with `alphas`: 5.
    #[schemars(range(min = 2, max = 100))]
    pub folds: Option<i64>,
}

/// A metric, which way is better, and by how much a challenger must win.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MetricSpec {
    /// Which.
    pub name: MetricKind,
    /// Which way is better. Left out, it follows from the metric.
    pub direction: Option<DirectionSpec>,
    /// By how much the challenger must be better, in the metric's own units.
    #[schemars(range(min = 0))]
    pub margin: f64,
}

impl Default for MetricSpec {
    fn default() -> Self {
        Self { name: MetricKind::Mse, direction: None, margin: 0.0 }
    }
}

/// Metrics of regression.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// Mean squared error.
    Mse,
    /// Root mean squared error.
    Rmse,
    /// Mean absolute error.
    Mae,
    /// Coefficient of determination.
    R2,
}

/// Which way a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DirectionSpec {
    /// Smaller is better.
    Minimize,
    /// Greater is better.
    Maximize,
}
