//! The cross-validated search for alpha, by the moments of the folds: each row is read once, whatever the number of
//! alphas.

use super::{Penalty, TrainError};
use crate::artifact::Metrics;
use crate::evaluation::finite;
use crate::ridge::{FittedRidge, Ridge, RidgeError};
use crate::statistics::Moments;
use linfa::ParamGuard;

/// The alpha to fit with, and the alphas tried with their cross-validated mean squared errors.
pub(super) fn choose(penalty: &Penalty, folds: &[Moments]) -> Result<(f64, Vec<(f64, f64)>), TrainError> {
    let (alphas, count) = match penalty {
        Penalty::Alpha(alpha) => return Ok((*alpha, vec![])),
        Penalty::Search { alphas, folds } => (alphas, *folds),
    };
    let rows = folds.iter().map(|f| f.rows).sum();
    if alphas.is_empty() || count < 2 || folds.iter().any(|fold| fold.rows == 0) {
        return Err(TrainError::Search { alphas: alphas.len(), folds: count, rows });
    }
    let tried = alphas.iter().map(|&alpha| Ok((alpha, cross_validate(alpha, folds)?)));
    let tried: Vec<(f64, f64)> = tried.collect::<Result<_, RidgeError>>()?;
    // The first of equals; `alphas` is not empty.
    let best =
        tried.iter().fold((alphas[0], f64::INFINITY), |best, &(a, mse)| if mse < best.1 { (a, mse) } else { best });
    Ok((best.0, tried))
}

/// The mean over the folds of the mean squared error of the model fitted to the other folds.
fn cross_validate(alpha: f64, folds: &[Moments]) -> Result<f64, RidgeError> {
    let params = Ridge::params().alpha(alpha).check()?;
    let mut sum = 0.0;
    for (index, fold) in folds.iter().enumerate() {
        let mut others = Moments::empty(fold.width());
        folds.iter().enumerate().filter(|(i, _)| *i != index).for_each(|(_, other)| others.merge(other));
        sum += mean_squared_error(&params.fit_moments(&others)?, fold);
    }
    Ok(sum / folds.len() as f64)
}

/// The metrics of a model on rows of which only the moments are known. There is no mean absolute error.
pub(super) fn metrics_of(fitted: &FittedRidge, rows: &Moments) -> Metrics {
    let mse = mean_squared_error(fitted, rows);
    let p = fitted.coefficients().len();
    let total = rows.product(p, p) / rows.rows as f64;
    Metrics {
        rows: rows.rows,
        mse: finite(mse),
        rmse: finite(mse.sqrt()),
        r2: (rows.rows > 1 && total > 0.0).then(|| 1.0 - mse / total).and_then(finite),
        ..Metrics::default()
    }
}

/// The sum of squared errors is `yy - 2 w Xy + w XX w + n (y mean - w x means - b)^2` with centred products.
fn mean_squared_error(fitted: &FittedRidge, rows: &Moments) -> f64 {
    let w = fitted.coefficients();
    let p = w.len();
    let mut squares = rows.product(p, p);
    for i in 0..p {
        let inner: f64 = (0..p).map(|j| rows.product(i, j) * w[j]).sum();
        squares += w[i] * (inner - 2.0 * rows.product(i, p));
    }
    let shift = rows.means[p] - fitted.intercept() - (0..p).map(|j| w[j] * rows.means[j]).sum::<f64>();
    (squares / rows.rows as f64 + shift * shift).max(0.0)
}
