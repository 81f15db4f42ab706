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
    /// What is predicted: a number, or one of some classes. Left out: classes if algorithm or metric are of classes, else a
    /// number.
    pub task: Option<TaskSpec>,
    /// The classes of a classification, as texts; of two, the second is the one that the threshold is about. Left out:
    /// those of the training rows, sorted.
    #[schemars(length(max = 1000))]
    pub classes: Option<Vec<String>>,
    /// The probability from which on the second of two classes is predicted. Left out: 0.5.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub threshold: Option<f64>,
    /// Algorithm. Left out: ridge regression, and logistic regression for a classification.
    pub algorithm: Option<AlgorithmSpec>,
    /// Parameters of the algorithm, by the names that it knows them by.
    pub parameters: ParametersSpec,
    /// Parameters to be found by cross-validation. Left out: none.
    pub search: Option<SearchSpec>,
    /// The metric that decides promotion.
    pub metric: MetricSpec,
    /// Tags on every registered version, beside the lineage.
    pub tags: BTreeMap<String, String>,
}

/// Language of training and scoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeSpec {
    /// Static binaries.
    Rust,
    /// A Python package with scikit-learn.
    Python,
}

/// What is predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TaskSpec {
    /// A number.
    #[default]
    Regression,
    /// One of some classes.
    Classification,
}

/// Algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AlgorithmSpec {
    /// Least squares with a penalty of alpha times the squared coefficients.
    Ridge,
    /// Logistic regression.
    Logistic,
    /// A random forest (scikit-learn).
    RandomForest,
    /// Gradient boosting (scikit-learn).
    GradientBoosting,
    /// Gradient boosting with LightGBM.
    Lightgbm,
    /// Gradient boosting with XGBoost.
    Xgboost,
    /// What `estimator.py` builds: an estimator, a whole Pipeline, PyTorch.
    Custom,
}

/// Parameters of the algorithm, by the names that it knows them by: `n_estimators: 200`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct ParametersSpec {
    /// The penalty of ridge regression, and of logistic regression in Rust. Left out without a search: 1.
    #[schemars(range(min = 0))]
    pub alpha: Option<f64>,
    /// Penalties to choose from by cross-validation. Left out: no search.
    #[schemars(length(min = 2, max = 100), inner(range(min = 0)))]
    pub alphas: Option<Vec<f64>>,
    /// Folds of the cross-validation. Left out with `alphas`: 5.
    #[schemars(range(min = 2, max = 100))]
    pub folds: Option<i64>,
    /// Every other parameter.
    #[serde(flatten)]
    pub others: BTreeMap<String, ParameterSpec>,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ParameterSpec {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A word: `sqrt`, `squared_error`.
    Text(String),
}

/// Parameters to be found by cross-validation on the training rows, by the project's metric.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SearchSpec {
    /// How candidates are tried.
    pub strategy: StrategySpec,
    /// Where they are tried.
    #[serde(rename = "where")]
    pub place: SearchPlaceSpec,
    /// Values to choose from, by parameter.
    #[schemars(extend("x-required" = true))]
    pub candidates: Option<BTreeMap<String, CandidatesSpec>>,
    /// Folds of the cross-validation.
    #[schemars(range(min = 2, max = 100))]
    pub folds: i64,
    /// Combinations that a random search tries. Left out: 20.
    #[schemars(range(min = 1, max = 10_000))]
    pub iterations: Option<i64>,
}

impl Default for SearchSpec {
    fn default() -> Self {
        Self {
            strategy: StrategySpec::Grid,
            place: SearchPlaceSpec::Process,
            candidates: None,
            folds: 5,
            iterations: None,
        }
    }
}

/// Values of one parameter to choose from.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct CandidatesSpec(#[schemars(length(min = 1, max = 100))] pub Vec<ParameterSpec>);

/// How candidates are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StrategySpec {
    /// Every combination.
    #[default]
    Grid,
    /// Some combinations, drawn at random.
    Random,
    /// Every combination on few rows, then the best third of them on thrice as many, and so on.
    Halving,
}

/// Where candidates are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SearchPlaceSpec {
    /// In the training job, one after the other.
    #[default]
    Process,
    /// In trials of an Azure ML sweep, as many at a time as the cluster has nodes; `training.timeoutMinutes` is for all together.
    Sweep,
}

/// A metric, which way is better, by how much a challenger must win, and what every model must reach.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MetricSpec {
    /// Which. Left out: mse, and log-loss for a classification.
    pub name: Option<MetricKind>,
    /// Which way is better. Left out, it follows from the metric.
    pub direction: Option<DirectionSpec>,
    /// By how much the challenger must be better, in the metric's own units.
    #[schemars(range(min = 0))]
    pub margin: f64,
    /// What every model must reach, the first one too, where greater is better. Left out: anything.
    pub minimum: Option<f64>,
    /// What no model may exceed, not even the first one, where smaller is better. Left out: anything.
    pub maximum: Option<f64>,
    /// What happens when the champion cannot be measured on today's data: it predicts something else, or its columns
    /// are gone.
    pub incomparable: IncomparableSpec,
}

/// What happens when the champion cannot be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IncomparableSpec {
    /// The challenger takes its place.
    #[default]
    Promote,
    /// The champion stays.
    Keep,
}

/// Metrics of regression and of classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MetricKind {
    /// Mean squared error.
    Mse,
    /// Root mean squared error.
    Rmse,
    /// Mean absolute error.
    Mae,
    /// Coefficient of determination.
    R2,
    /// Mean absolute error relative to the target.
    Mape,
    /// Area under the receiver operating characteristic; of many classes, the mean of each against the others.
    Auc,
    /// Mean negative logarithm of the true class's probability.
    LogLoss,
    /// F1 score; of many classes, the mean of theirs.
    F1,
    /// Share of rows that are decided right.
    Accuracy,
    /// Mean squared distance of probabilities from the truth.
    Brier,
    /// Mean over classes of the share decided right.
    BalancedAccuracy,
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
