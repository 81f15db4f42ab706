//! The parameters of a logistic regression, unchecked and checked.

use super::newton::{Problem, minimise};
use super::{FittedLogistic, LogisticError};
use linfa::dataset::{AsSingleTargets, DatasetBase};
use linfa::traits::Fit;
use ndarray::{ArrayBase, Data, Ix2};

/// The largest Hessian that is factorised; 512 MiB.
const LARGEST: usize = 8_192;

/// Logistic regression.
///
/// | Name | Default | Purpose | Range |
/// |---|---|---|---|
/// | [`alpha`](LogisticParams::alpha) | `1.0` | the penalty on half the sum of squared coefficients; scikit-learn's `1 / C` | `0 ..` |
/// | [`tolerance`](LogisticParams::tolerance) | `1e-12` | the gradient, relative to its beginning, at which the method ends | `0 ..` |
/// | [`steps`](LogisticParams::steps) | `100` | the most steps | `1 ..` |
#[derive(Debug, Clone, Copy)]
pub struct Logistic;

/// Parameters that are not checked yet.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticParams(LogisticValidParams);

/// Checked parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticValidParams {
    pub(super) alpha: f64,
    pub(super) tolerance: f64,
    pub(super) steps: usize,
}

impl Logistic {
    /// The default parameters.
    #[must_use]
    pub fn params() -> LogisticParams {
        LogisticParams(LogisticValidParams { alpha: 1.0, tolerance: 1e-12, steps: 100 })
    }
}

impl LogisticParams {
    /// Sets the penalty.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.0.alpha = alpha;
        self
    }

    /// Sets the relative gradient at which the method ends.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Sets the most steps.
    #[must_use]
    pub fn steps(mut self, steps: usize) -> Self {
        self.0.steps = steps;
        self
    }
}

impl linfa::ParamGuard for LogisticParams {
    type Checked = LogisticValidParams;
    type Error = LogisticError;

    fn check_ref(&self) -> Result<&LogisticValidParams, LogisticError> {
        let alpha = self.0.alpha;
        if alpha.is_finite() && alpha >= 0.0 { Ok(&self.0) } else { Err(LogisticError::Alpha(alpha)) }
    }

    fn check(self) -> Result<LogisticValidParams, LogisticError> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T: AsSingleTargets<Elem = usize>> Fit<ArrayBase<D, Ix2>, T, LogisticError>
    for LogisticValidParams
{
    type Object = FittedLogistic;

    /// Fits a table of rows by features, and the index of a class for each row; the classes are 0 to the greatest index. The
    /// data set's weights, where there are some, weigh the rows.
    ///
    /// # Errors
    /// There is nothing to fit, a value is not finite, or the method does not converge.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<FittedLogistic, LogisticError> {
        let x = dataset.records();
        let targets: Vec<usize> = dataset.as_single_targets().to_vec();
        let columns: Vec<Vec<f64>> = x.columns().into_iter().map(|column| column.to_vec()).collect();
        let weights = dataset.weights().map(|weights| weights.iter().map(|w| f64::from(*w)).collect::<Vec<_>>());
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let classes = targets.iter().max().map_or(0, |most| most + 1);
        self.fit_columns(&columns, &targets, weights.as_deref(), classes)
    }
}

impl LogisticValidParams {
    /// Fits columns of one length, with the index of each row's class and, perhaps, each row's weight.
    ///
    /// # Errors
    /// As [`fit`](Fit::fit).
    pub fn fit_columns(
        &self,
        columns: &[&[f64]],
        targets: &[usize],
        weights: Option<&[f64]>,
        classes: usize,
    ) -> Result<FittedLogistic, LogisticError> {
        let (rows, features) = (targets.len(), columns.len());
        if rows == 0 || features == 0 {
            return Err(LogisticError::Empty { rows, features });
        }
        let level = columns.iter().all(|column| column.len() == rows) && weights.is_none_or(|w| w.len() == rows);
        if !level || targets.iter().any(|&class| class >= classes) {
            return Err(LogisticError::Targets { rows });
        }
        if targets.iter().all(|class| *class == targets[0]) {
            return Err(LogisticError::OneClass);
        }
        let functions = if classes == 2 { 1 } else { classes };
        let size = functions * (features + 1);
        if size > LARGEST {
            return Err(LogisticError::TooLarge { features, classes, size, limit: LARGEST });
        }
        let not_finite = columns.iter().filter_map(|column| column.iter().position(|value| !value.is_finite()));
        let no_weight = weights.and_then(|weights| weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)));
        if let Some(row) = not_finite.chain(no_weight).min() {
            return Err(LogisticError::NotFinite { row });
        }
        minimise(&Problem::new(columns, targets, weights, functions, self.alpha), self)
    }
}
