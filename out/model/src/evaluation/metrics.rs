//! Regression metrics of streamed predictions.

use crate::artifact::Metrics;
use serde::{Deserialize, Serialize};

/// A metric by which models are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Mean squared error.
    Mse,
    /// Root of the mean squared error.
    Rmse,
    /// Mean absolute error.
    Mae,
    /// Coefficient of determination.
    R2,
    /// Mean absolute error relative to the target's size.
    Mape,
    /// Area under the receiver operating characteristic.
    Auc,
    /// Mean negative logarithm of the true class's probability.
    LogLoss,
    /// F1 score.
    F1,
    /// Share of rows that are decided right.
    Accuracy,
    /// Mean squared distance of probabilities from the truth.
    Brier,
    /// Mean over classes of the share decided right.
    BalancedAccuracy,
}

/// Which way a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Less is better.
    Minimize,
    /// More is better.
    Maximize,
}

impl Metric {
    /// The way that the metric is better by its nature.
    #[must_use]
    pub fn natural_direction(self) -> Direction {
        match self {
            Self::Mse | Self::Rmse | Self::Mae | Self::Mape | Self::LogLoss | Self::Brier => Direction::Minimize,
            Self::R2 | Self::Auc | Self::F1 | Self::Accuracy | Self::BalancedAccuracy => Direction::Maximize,
        }
    }

    /// The metric's value; `None` where it is not defined (r2 of a constant target, or a metric of another task).
    #[must_use]
    pub fn of(self, metrics: &Metrics) -> Option<f64> {
        match self {
            Self::Mse => metrics.mse,
            Self::Rmse => metrics.rmse,
            Self::Mae => metrics.mae,
            Self::R2 => metrics.r2,
            Self::Mape => metrics.mape,
            Self::Auc => metrics.auc,
            Self::LogLoss => metrics.log_loss,
            Self::F1 => metrics.f1,
            Self::Accuracy => metrics.accuracy,
            Self::Brier => metrics.brier,
            Self::BalancedAccuracy => metrics.balanced_accuracy,
        }
    }

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mse => "mse",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::R2 => "r2",
            Self::Mape => "mape",
            Self::Auc => "auc",
            Self::LogLoss => "log-loss",
            Self::F1 => "f1",
            Self::Accuracy => "accuracy",
            Self::Brier => "brier",
            Self::BalancedAccuracy => "balanced-accuracy",
        }
    }
}

/// A metric that can be written down: the square of a great error is beyond the range of numbers.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Adds up the errors of predictions, as scikit-learn's `mean_squared_error`, `root_mean_squared_error`,
/// `mean_absolute_error` and `r2_score` define them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RegressionMetrics {
    rows: u64,
    squares: Sum,
    absolutes: Sum,
    relatives: Sum,
    mean: f64,
    /// The sum of squared distances of the targets from their mean (Welford, "Note on a method for calculating
    /// corrected sums of squares and products", 1962).
    spread: f64,
}

/// A sum that keeps its rounding error (Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
/// Summen", 1974).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Sum {
    sum: f64,
    error: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.error += if self.sum.abs() >= value.abs() { (self.sum - sum) + value } else { (value - sum) + self.sum };
        self.sum = sum;
    }

    fn value(self) -> f64 {
        self.sum + self.error
    }
}

impl RegressionMetrics {
    /// Adds a row: what is true and what was predicted.
    pub fn push(&mut self, truth: f64, prediction: f64) {
        let error = truth - prediction;
        self.rows += 1;
        self.squares.add(error * error);
        self.absolutes.add(error.abs());
        self.relatives.add(error.abs() / truth.abs());
        let delta = truth - self.mean;
        self.mean += delta / self.rows as f64;
        self.spread += delta * (truth - self.mean);
    }

    /// The number of rows added.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The metrics; of no rows, zeros and no r2. What is beyond the range of numbers is left out.
    #[must_use]
    pub fn finish(&self) -> Metrics {
        let n = self.rows.max(1) as f64;
        let mse = self.squares.value() / n;
        Metrics {
            rows: self.rows,
            mse: finite(mse),
            rmse: finite(mse.sqrt()),
            mae: finite(self.absolutes.value() / n),
            r2: (self.rows > 1 && self.spread > 0.0).then(|| 1.0 - self.squares.value() / self.spread).and_then(finite),
            mape: finite(self.relatives.value() / n),
            ..Metrics::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_those_of_scikit_learn() {
        // The example of scikit-learn's documentation of r2_score and mean_squared_error.
        let mut metrics = RegressionMetrics::default();
        for (truth, prediction) in [(3.0, 2.5), (-0.5, 0.0), (2.0, 2.0), (7.0, 8.0)] {
            metrics.push(truth, prediction);
        }
        let metrics = metrics.finish();
        assert_eq!((metrics.rows, metrics.mse, metrics.mae), (4, Some(0.375), Some(0.5)));
        assert!((metrics.r2.unwrap() - 0.948_608_137_044_967).abs() < 1e-15);
        assert_eq!(metrics.rmse, Some(0.375f64.sqrt()));
        assert_eq!(Metric::R2.of(&metrics), metrics.r2);
    }

    #[test]
    fn a_metric_beyond_the_range_of_numbers_is_left_out_and_the_others_stay() {
        let mut metrics = RegressionMetrics::default();
        for (truth, prediction) in [(3e200, 4e200), (1e200, 3e200)] {
            metrics.push(truth, prediction);
        }
        let found = metrics.finish();
        assert_eq!((found.mse, found.rmse, found.r2, found.mae), (None, None, None, Some(1.5e200)));
    }

    #[test]
    fn a_constant_target_and_a_single_row_have_no_r2() {
        let mut metrics = RegressionMetrics::default();
        metrics.push(1.0, 2.0);
        assert_eq!((metrics.finish().r2, metrics.finish().mse), (None, Some(1.0)));
        metrics.push(1.0, 1.0);
        assert_eq!(metrics.finish().r2, None);
    }
}
