//! The algorithms, and the parameters that each of them has.

use super::task::Task;

/// The algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ridge regression: least squares with a penalty of alpha times the squared coefficients.
    Ridge,
    /// Logistic regression.
    Logistic,
    /// A random forest of scikit-learn.
    RandomForest,
    /// Gradient boosting of scikit-learn.
    GradientBoosting,
    /// Gradient boosting of LightGBM.
    Lightgbm,
    /// Gradient boosting of XGBoost.
    Xgboost,
    /// What the project's `estimator.py` builds.
    Custom,
}

/// Parameters that regressor and classifier share.
const RIDGE: &[&str] = &["alpha", "copy_X", "fit_intercept", "max_iter", "positive", "random_state", "solver", "tol"];
const LOGISTIC: &[&str] = &[
    "C",
    "class_weight",
    "dual",
    "fit_intercept",
    "intercept_scaling",
    "l1_ratio",
    "max_iter",
    "n_jobs",
    "penalty",
    "random_state",
    "solver",
    "tol",
    "verbose",
    "warm_start",
];
const FOREST: &[&str] = &[
    "bootstrap",
    "ccp_alpha",
    "criterion",
    "max_depth",
    "max_features",
    "max_leaf_nodes",
    "max_samples",
    "min_impurity_decrease",
    "min_samples_leaf",
    "min_samples_split",
    "min_weight_fraction_leaf",
    "n_estimators",
    "n_jobs",
    "oob_score",
    "random_state",
    "verbose",
    "warm_start",
];
const BOOSTING: &[&str] = &[
    "ccp_alpha",
    "criterion",
    "learning_rate",
    "loss",
    "max_depth",
    "max_features",
    "max_leaf_nodes",
    "min_impurity_decrease",
    "min_samples_leaf",
    "min_samples_split",
    "min_weight_fraction_leaf",
    "n_estimators",
    "n_iter_no_change",
    "random_state",
    "subsample",
    "tol",
    "validation_fraction",
    "verbose",
    "warm_start",
];

impl Algorithm {
    /// As in the spec and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ridge => "ridge",
            Self::Logistic => "logistic",
            Self::RandomForest => "random-forest",
            Self::GradientBoosting => "gradient-boosting",
            Self::Lightgbm => "lightgbm",
            Self::Xgboost => "xgboost",
            Self::Custom => "custom",
        }
    }

    /// As people say it, in the middle of a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Ridge => "ridge regression",
            Self::Logistic => "logistic regression",
            Self::RandomForest => "a random forest",
            Self::GradientBoosting => "gradient boosting",
            Self::Lightgbm => "LightGBM",
            Self::Xgboost => "XGBoost",
            Self::Custom => "the project's own estimator",
        }
    }

    /// The names of its parameters in Python (scikit-learn 1.9, signatures of Ridge, LogisticRegression,
    /// RandomForest… and GradientBoosting…); none where it takes any name.
    pub fn parameters(self, task: &Task) -> Option<Vec<&'static str>> {
        let (shared, own): (&[&str], &[&str]) = match (self, task.classifies()) {
            (Self::Ridge, _) => (RIDGE, &[]),
            (Self::Logistic, _) => (LOGISTIC, &[]),
            (Self::RandomForest, true) => (FOREST, &["class_weight", "monotonic_cst"]),
            (Self::RandomForest, false) => (FOREST, &["monotonic_cst"]),
            (Self::GradientBoosting, true) => (BOOSTING, &["init"]),
            (Self::GradientBoosting, false) => (BOOSTING, &["alpha", "init"]),
            (Self::Lightgbm | Self::Xgboost | Self::Custom, _) => return None,
        };
        Some(shared.iter().chain(own).copied().collect())
    }
}
