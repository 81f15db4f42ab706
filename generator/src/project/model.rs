//! What is learned, and when a new model is better than the old one.

use std::collections::BTreeMap;

use super::name::AssetName;
use super::text::Text;

/// The model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Name in the registry.
    pub name: AssetName,
    /// Language of training and scoring.
    pub runtime: Runtime,
    /// Algorithm with its parameters.
    pub algorithm: Algorithm,
    /// The metric that decides promotion.
    pub metric: Metric,
    /// Tags on every registered version, beside the lineage.
    pub tags: BTreeMap<Text, Text>,
}

/// Language of training and scoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// The binaries of the model crate.
    Rust,
    /// A Python package with scikit-learn.
    Python,
}

impl Runtime {
    /// As in the spec: `rust`, `python`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
        }
    }
}

/// The algorithm and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Algorithm {
    /// Ridge regression: least squares with a penalty of alpha times the squared coefficients.
    Ridge(Penalty),
}

/// The penalty of ridge regression.
#[derive(Clone, Debug, PartialEq)]
pub enum Penalty {
    /// A fixed alpha, 0 or greater.
    Alpha(f64),
    /// The best of several by cross-validation.
    Search {
        /// Candidates, at least two.
        alphas: Vec<f64>,
        /// Folds, at least two.
        folds: u32,
    },
}

/// A metric, which way is better, and by how much a challenger must win.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// Which.
    pub name: MetricName,
    /// Which way is better.
    pub direction: Direction,
    /// By how much the challenger must be better, in the metric's own units, 0 or greater.
    pub margin: f64,
}

/// Metrics of regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricName {
    /// Mean squared error.
    Mse,
    /// Root mean squared error.
    Rmse,
    /// Mean absolute error.
    Mae,
    /// Coefficient of determination.
    R2,
}

impl MetricName {
    /// As in the spec and on the command line: `mse`, `rmse`, `mae`, `r2`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mse => "mse",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::R2 => "r2",
        }
    }
}

/// Which way a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smaller is better.
    Minimize,
    /// Greater is better.
    Maximize,
}

impl Direction {
    /// As in the spec and on the command line: `minimize`, `maximize`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimize => "minimize",
            Self::Maximize => "maximize",
        }
    }
}
