//! Ridge regression through linfa's estimator interface: `Ridge::params().alpha(0.4).fit(&dataset)?.predict(&x)`.
//!
//! The objective is that of scikit-learn's `Ridge`: `|y - Xw - b|^2 + alpha |w|^2`, where the intercept `b` is not
//! penalised. There are two ways to the coefficients, which end in the same linfa model:
//!
//! - **least squares** (`dense`), for tables in memory: linfa-linear solves the augmented system
//!   `[X; sqrt(alpha) I] w = [y; 0]`, and its solution is refined with residuals in twice the working precision. A
//!   system without full rank is solved by a truncated singular value decomposition, as its solution of least norm.
//! - **normal equations** (`gram`), for many rows: the centred cross products and a Cholesky factorisation. Where they
//!   would lose too many digits, tables in memory take the first way, and streamed ones a [`Triangle`].
//!
//! Every fit reports the method, the condition and the rank, and warns where the coefficients cannot be trusted.

mod dense;
mod double;
mod gram;
mod params;
mod refine;
#[cfg(test)]
mod tests;
mod triangle;

pub use params::{Ridge, RidgeParams, RidgeValidParams};
pub use triangle::Triangle;

use linfa_linear::FittedLinearRegression;
use ndarray::{Array1, ArrayBase, Data, Ix2};

/// A fitted ridge regression: linfa's linear model, and how far it can be trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedRidge {
    linear: FittedLinearRegression<f64>,
    report: FitReport,
}

/// How a fit was made and how far it can be trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct FitReport {
    /// The method that gave the coefficients.
    pub solver: Solver,
    /// The condition number of the centred features with the penalty's rows, their columns scaled to a length of about
    /// 1; infinite when the system has no full rank.
    pub condition: f64,
    /// The numerical rank of the centred features with the penalty's rows.
    pub rank: usize,
    /// Why the coefficients cannot be trusted as they are; empty when they can.
    pub warnings: Vec<String>,
}

/// The method that gave the coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solver {
    /// Least squares of the augmented system, refined.
    LeastSquares,
    /// Truncated singular value decomposition: the solution of least norm.
    SingularValues,
    /// Cholesky factorisation of the centred cross products.
    Cholesky,
    /// Eigenvalues of the centred cross products: the solution of least norm.
    Eigenvalues,
    /// Orthogonal triangle of the streamed rows.
    Triangle,
}

impl Solver {
    /// The name in the model file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LeastSquares => "least-squares",
            Self::SingularValues => "singular-values",
            Self::Cholesky => "cholesky",
            Self::Eigenvalues => "eigenvalues",
            Self::Triangle => "triangle",
        }
    }
}

/// Why a ridge regression cannot be fitted.
#[derive(Debug, thiserror::Error)]
pub enum RidgeError {
    /// Alpha is not a penalty.
    #[error("alpha {0} is not a penalty, expected a finite number of 0 or more")]
    Alpha(f64),
    /// There are no rows.
    #[error("there are no rows to fit, expected at least one")]
    NoRows,
    /// There are no features.
    #[error("there are no features to fit, expected at least one")]
    NoFeatures,
    /// There are more features than memory is planned for.
    #[error("there are {found} features, expected at most {limit}")]
    TooManyFeatures {
        /// The number of features.
        found: usize,
        /// The most features.
        limit: usize,
    },
    /// A value is NaN or infinite.
    #[error("row {row}, column {column} is {value}, expected a finite number")]
    NotFinite {
        /// The row, from 0.
        row: usize,
        /// The column, from 0; the target is the last.
        column: usize,
        /// The value.
        value: f64,
    },
    /// The numbers of rows of features and targets differ.
    #[error("there are {targets} targets for {rows} rows")]
    Targets {
        /// The number of rows of features.
        rows: usize,
        /// The number of targets.
        targets: usize,
    },
    /// A number became infinite on the way.
    #[error("the coefficients overflow, scale the columns to numbers nearer to 1")]
    Overflow,
    /// linfa refuses.
    #[error("linfa: {0}")]
    Linfa(#[from] linfa::Error),
}

/// A prediction was asked for rows of another width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rows have {found} values, expected {expected}")]
pub struct WidthError {
    /// The width of the rows.
    pub found: usize,
    /// The number of coefficients.
    pub expected: usize,
}

impl FittedRidge {
    /// Makes linfa's model of coefficients and intercept.
    fn new(coefficients: Vec<f64>, intercept: f64, report: FitReport) -> Result<Self, RidgeError> {
        if !(intercept.is_finite() && coefficients.iter().all(|w| w.is_finite())) {
            return Err(RidgeError::Overflow);
        }
        // linfa's model has no constructor; its serialised form is the only way in, and it keeps every bit.
        let form = serde_json::json!({
            "intercept": intercept,
            "params": {"v": 1, "dim": [coefficients.len()], "data": coefficients},
        });
        let linear = serde_json::from_value(form).map_err(|_| RidgeError::Overflow)?;
        Ok(Self { linear, report })
    }

    /// The same fit of columns that were divided by these numbers.
    pub(crate) fn in_units(self, units: &[f64]) -> Result<Self, RidgeError> {
        if units.iter().all(|unit| *unit == 1.0) {
            return Ok(self);
        }
        let coefficients = self.coefficients().iter().zip(units).map(|(w, unit)| w / unit).collect();
        Self::new(coefficients, self.intercept(), self.report)
    }

    /// The coefficients, in the order of the columns; unit: target per feature.
    #[must_use]
    pub fn coefficients(&self) -> &Array1<f64> {
        self.linear.params()
    }

    /// The prediction of the row whose features are all 0.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.linear.intercept()
    }

    /// linfa's own model.
    #[must_use]
    pub fn linear(&self) -> &FittedLinearRegression<f64> {
        &self.linear
    }

    /// How the fit was made and how far it can be trusted.
    #[must_use]
    pub fn report(&self) -> &FitReport {
        &self.report
    }

    /// Predicts rows, after a check of their width; linfa's `predict` panics where this has an error.
    ///
    /// # Errors
    /// The rows have another width.
    pub fn predict_checked<D: Data<Elem = f64>>(&self, x: &ArrayBase<D, Ix2>) -> Result<Array1<f64>, WidthError> {
        let expected = self.coefficients().len();
        if x.ncols() != expected {
            return Err(WidthError { found: x.ncols(), expected });
        }
        Ok(linfa::traits::Predict::predict(self, x))
    }
}

impl<D: Data<Elem = f64>> linfa::traits::PredictInplace<ArrayBase<D, Ix2>, Array1<f64>> for FittedRidge {
    fn predict_inplace(&self, x: &ArrayBase<D, Ix2>, y: &mut Array1<f64>) {
        self.linear.predict_inplace(x, y);
    }

    fn default_target(&self, x: &ArrayBase<D, Ix2>) -> Array1<f64> {
        Array1::zeros(x.nrows())
    }
}
