//! The parameters of a ridge regression, unchecked and checked.

use super::{FittedRidge, RidgeError, Triangle, dense, gram};
use crate::artifact::FEATURE_LIMIT;
use crate::statistics::{Accumulator, Moments};
use crate::tasks::in_order;
use linfa::dataset::{AsSingleTargets, DatasetBase};
use linfa::traits::Fit;
use ndarray::{ArrayBase, Data, Ix2};
use std::borrow::Cow;

/// Ridge regression.
///
/// | Name | Default | Purpose | Range |
/// |---|---|---|---|
/// | [`alpha`](RidgeParams::alpha) | `1.0` | the penalty on the sum of squared coefficients | `0 ..` |
/// | [`threads`](RidgeParams::threads) | all | the threads that add up cross products; the result does not depend on it | `1 ..` |
#[derive(Debug, Clone, Copy)]
pub struct Ridge;

/// Parameters that are not checked yet.
#[derive(Debug, Clone, PartialEq)]
pub struct RidgeParams(RidgeValidParams);

/// Checked parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct RidgeValidParams {
    alpha: f64,
    threads: Option<usize>,
}

impl Ridge {
    /// The default parameters.
    #[must_use]
    pub fn params() -> RidgeParams {
        RidgeParams(RidgeValidParams { alpha: 1.0, threads: None })
    }
}

impl RidgeParams {
    /// Sets the penalty on the sum of squared coefficients, in the units of the features squared; 0 is least squares.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.0.alpha = alpha;
        self
    }

    /// Sets the number of threads that add up cross products.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.0.threads = Some(threads.max(1));
        self
    }
}

impl linfa::ParamGuard for RidgeParams {
    type Checked = RidgeValidParams;
    type Error = RidgeError;

    fn check_ref(&self) -> Result<&RidgeValidParams, RidgeError> {
        if self.0.alpha.is_finite() && self.0.alpha >= 0.0 { Ok(&self.0) } else { Err(RidgeError::Alpha(self.0.alpha)) }
    }

    fn check(self) -> Result<RidgeValidParams, RidgeError> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// The most products (rows times features squared) that least squares solves directly; about a tenth of a second.
const LEAST_SQUARES_PRODUCTS: usize = 10_000_000;

/// The number of rows whose cross products one task adds up. Tasks are merged in order, so that the result does not
/// depend on the number of threads.
const TASK_ROWS: usize = 32_768;

impl<D: Data<Elem = f64>, T: AsSingleTargets<Elem = f64>> Fit<ArrayBase<D, Ix2>, T, RidgeError> for RidgeValidParams {
    type Object = FittedRidge;

    /// Fits a table of rows by features, and a target for each row.
    ///
    /// # Errors
    /// There is no row or no feature, a value is not finite, or the coefficients overflow.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<FittedRidge, RidgeError> {
        let x = dataset.records();
        let targets = dataset.as_single_targets();
        if targets.len() != x.nrows() {
            return Err(RidgeError::Targets { rows: x.nrows(), targets: targets.len() });
        }
        check_size(x.nrows(), x.ncols())?;
        let y: Cow<'_, [f64]> = targets.as_slice().map_or_else(|| targets.to_vec().into(), Cow::Borrowed);
        let width = x.ncols() + 1;
        let small = (x.nrows() + width).saturating_mul(width * width) <= LEAST_SQUARES_PRODUCTS;
        if !small {
            let moments = self.moments(x, &y);
            // A value that is not finite shows in the sums.
            if !moments.is_sound() {
                check_finite(x, &y)?;
                return Err(RidgeError::Overflow);
            }
            if let Some(fitted) = gram::fit_if_accurate(&moments, self.alpha)? {
                return Ok(fitted);
            }
        }
        check_finite(x, &y)?;
        dense::fit(x.view(), &y, self.alpha, small)
    }
}

impl RidgeValidParams {
    /// The penalty.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// Fits the moments of the features and, as the last column, the target. The digits that normal equations lose are
    /// reported as a warning.
    ///
    /// # Errors
    /// There is no row or no feature, or the coefficients overflow.
    pub fn fit_moments(&self, moments: &Moments) -> Result<FittedRidge, RidgeError> {
        check_size(usize::try_from(moments.rows).unwrap_or(usize::MAX), moments.width().saturating_sub(1))?;
        gram::fit(moments, self.alpha)
    }

    /// Whether [`fit_moments`](Self::fit_moments) keeps enough digits; if not, a [`Triangle`] of the same rows does.
    ///
    /// # Errors
    /// As [`fit_moments`](Self::fit_moments).
    pub fn moments_suffice(&self, moments: &Moments) -> Result<bool, RidgeError> {
        Ok(gram::fit_if_accurate(moments, self.alpha)?.is_some())
    }

    /// Fits the triangle of streamed rows.
    ///
    /// # Errors
    /// There is no row, or the coefficients overflow.
    pub fn fit_triangle(&self, triangle: &Triangle) -> Result<FittedRidge, RidgeError> {
        triangle.fit(self.alpha)
    }

    /// The moments of a table, on several threads.
    fn moments<D: Data<Elem = f64>>(&self, x: &ArrayBase<D, Ix2>, y: &[f64]) -> Moments {
        let width = x.ncols() + 1;
        let tasks = x.nrows().div_ceil(TASK_ROWS);
        let x = x.view();
        let task = |index: usize| {
            let rows = index * TASK_ROWS..x.nrows().min((index + 1) * TASK_ROWS);
            let part = x.slice(ndarray::s![rows.clone(), ..]);
            let mut sums = Accumulator::new(width);
            if let Some(rows_in_order) = part.as_slice() {
                sums.push_rows(rows_in_order, &y[rows]);
            } else {
                let columns: Vec<Cow<'_, [f64]>> = part
                    .columns()
                    .into_iter()
                    .map(|c| c.to_slice().map_or_else(|| c.to_vec().into(), Cow::Borrowed))
                    .collect();
                let mut columns: Vec<&[f64]> = columns.iter().map(|c| &**c).collect();
                columns.push(&y[rows]);
                sums.push_columns(&columns);
            }
            sums.finish()
        };
        let mut sum = Moments::empty(width);
        in_order(tasks, self.threads, task).iter().for_each(|part| sum.merge(part));
        sum
    }
}

fn check_size(rows: usize, features: usize) -> Result<(), RidgeError> {
    match (rows, features) {
        (0, _) => Err(RidgeError::NoRows),
        (_, 0) => Err(RidgeError::NoFeatures),
        (_, found) if found > FEATURE_LIMIT => Err(RidgeError::TooManyFeatures { found, limit: FEATURE_LIMIT }),
        _ => Ok(()),
    }
}

fn check_finite<D: Data<Elem = f64>>(x: &ArrayBase<D, Ix2>, y: &[f64]) -> Result<(), RidgeError> {
    if let Some(((row, column), &value)) = x.indexed_iter().find(|(_, v)| !v.is_finite()) {
        return Err(RidgeError::NotFinite { row, column, value });
    }
    match y.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        Some((row, &value)) => Err(RidgeError::NotFinite { row, column: x.ncols(), value }),
        None => Ok(()),
    }
}
