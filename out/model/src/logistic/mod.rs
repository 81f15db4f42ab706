//! Logistic regression of two and more classes through linfa's estimator interface:
//! `Logistic::params().alpha(1.0).fit(&dataset)?`.
//!
//! The objective is that of scikit-learn's `LogisticRegression` with `C = 1 / alpha`: `sum(weight * loss) + alpha / 2 |w|^2`,
//! where intercepts are not penalised. It is minimised by Newton's method with a Cholesky factorisation of the Hessian
//! and a line search, as scikit-learn's solver `newton-cholesky` does (Hastie, Tibshirani and Friedman, "The Elements of
//! Statistical Learning", chapter 4.4). Columns are brought to a mean of 0 and a deviation of 1 first, with the penalty
//! brought along, so that raw scales cost no digits. Not converging is an error.

mod evaluation;
mod newton;
mod params;
mod softmax;
mod standard;
#[cfg(test)]
mod tests;
mod two_classes;
mod vectors;

pub use params::{Logistic, LogisticParams, LogisticValidParams};

/// A fitted logistic regression. Of two classes there is one linear function, whose logistic function is the probability of
/// the second; of more there is one for each, and their softmax gives the probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedLogistic {
    /// The constant of each linear function.
    pub intercepts: Vec<f64>,
    /// The coefficients of each linear function, in the order of the columns.
    pub coefficients: Vec<Vec<f64>>,
    /// The steps that were made.
    pub iterations: usize,
}

/// Why a logistic regression cannot be fitted.
#[derive(Debug, thiserror::Error)]
pub enum LogisticError {
    /// Alpha is not a penalty.
    #[error("alpha {0} is not a penalty, expected a finite number of 0 or more")]
    Alpha(f64),
    /// There are no rows or no features.
    #[error("there are {rows} rows of {features} features, expected at least one of each")]
    Empty {
        /// The rows.
        rows: usize,
        /// The features.
        features: usize,
    },
    /// There are fewer than two classes.
    #[error("there is no class but one, expected at least two")]
    OneClass,
    /// There is more than memory is planned for.
    #[error("{features} features and {classes} classes need a square matrix of {size}, expected at most {limit}")]
    TooLarge {
        /// The number of features.
        features: usize,
        /// The number of classes.
        classes: usize,
        /// The size of the matrix.
        size: usize,
        /// The most.
        limit: usize,
    },
    /// A value or a weight is not finite, or a weight is negative.
    #[error("row {row} has a value or a weight that is not a finite number, or a negative weight")]
    NotFinite {
        /// The row, from 0.
        row: usize,
    },
    /// The targets or the weights are of another number than the rows, or a target is no class.
    #[error("there must be a class and a weight for each of the {rows} rows")]
    Targets {
        /// The rows.
        rows: usize,
    },
    /// The method has not come to an end.
    #[error(
        "the logistic regression did not converge in {iterations} steps (the gradient is {gradient:.1e} of its beginning): classes that \
         a linear function separates need an alpha greater than 0"
    )]
    NotConverged {
        /// The steps made.
        iterations: usize,
        /// The greatest part of the gradient, relative to the beginning.
        gradient: f64,
    },
    /// linfa refuses.
    #[error("linfa: {0}")]
    Linfa(#[from] linfa::Error),
}
