//! The metric that decides promotion.

/// A metric, which way is better, by how much a challenger must win, and what every model must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// Which.
    pub name: MetricName,
    /// By how much the challenger must be better, in the metric's own units, 0 or greater.
    pub margin: f64,
    /// What every model must reach, the first one too.
    pub floor: Option<Floor>,
    /// Whether the champion stays when it cannot be measured; else the challenger takes its place.
    pub keep_incomparable: bool,
}

impl Metric {
    /// Which way is better.
    pub fn direction(&self) -> Direction {
        self.name.direction()
    }
}

/// What every model must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Floor {
    /// At least this, where greater is better.
    Minimum(f64),
    /// At most this, where smaller is better.
    Maximum(f64),
}

/// Metrics of regression and of classification.
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
    /// Mean absolute error relative to the target.
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

impl MetricName {
    /// Those of regression.
    pub const REGRESSION: [Self; 5] = [Self::Mse, Self::Rmse, Self::Mae, Self::R2, Self::Mape];
    /// Those of classification.
    pub const CLASSIFICATION: [Self; 6] =
        [Self::Auc, Self::LogLoss, Self::F1, Self::Accuracy, Self::Brier, Self::BalancedAccuracy];

    /// As in the spec and on the command line: `mse`, `log-loss`.
    pub fn as_str(self) -> &'static str {
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

    /// Which way is better.
    pub fn direction(self) -> Direction {
        match self {
            Self::Mse | Self::Rmse | Self::Mae | Self::Mape | Self::LogLoss | Self::Brier => Direction::Minimize,
            Self::R2 | Self::Auc | Self::F1 | Self::Accuracy | Self::BalancedAccuracy => Direction::Maximize,
        }
    }

    /// Whether it measures classes.
    pub fn classifies(self) -> bool {
        Self::CLASSIFICATION.contains(&self)
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
