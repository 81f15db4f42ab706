//! Ridge regression of moments: normal equations by Cholesky factorisation, or by eigenvalues where they have no full
//! rank.

use super::dense::deficient;
use super::{FitReport, FittedRidge, RidgeError, Solver};
use crate::statistics::Moments;
use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, Side};

/// The relative error of coefficients above which the normal equations are not accurate enough.
const ACCURATE: f64 = 1e-10;

/// The relative error of coefficients above which normal equations are warned of.
const TRUSTED: f64 = 1e-8;

/// The most features for which eigenvalues are computed.
const EIGENVALUE_FEATURES: usize = 4096;

/// Fits moments, with a warning where digits are lost.
pub(super) fn fit(moments: &Moments, alpha: f64) -> Result<FittedRidge, RidgeError> {
    let equations = Equations::new(moments, alpha);
    let Some((factor, condition)) = equations.factor() else { return least_norm(moments, alpha) };
    let mut warnings = vec![];
    let error = condition * condition * f64::EPSILON;
    if error > TRUSTED {
        warnings.push(format!(
            "the condition number is {condition:.1e}: normal equations leave the coefficients an error of about {error:.0e} of \
             their size; train in one process, or use a larger alpha"
        ));
    }
    equations.solve(moments, &factor, condition, warnings)
}

/// Fits moments if that keeps enough digits.
pub(super) fn fit_if_accurate(moments: &Moments, alpha: f64) -> Result<Option<FittedRidge>, RidgeError> {
    let equations = Equations::new(moments, alpha);
    match equations.factor() {
        Some((factor, condition)) if condition * condition * f64::EPSILON <= ACCURATE => {
            equations.solve(moments, &factor, condition, vec![]).map(Some)
        }
        _ => Ok(None),
    }
}

/// `S (X^T X + alpha I) S z = S X^T y` with `w = S z`, where `S` makes the diagonal 1.
struct Equations {
    matrix: Mat<f64>,
    scales: Vec<f64>,
}

impl Equations {
    fn new(moments: &Moments, alpha: f64) -> Self {
        let p = moments.width() - 1;
        let scale = |j| {
            let diagonal: f64 = moments.product(j, j) + alpha;
            if diagonal > 0.0 { diagonal.sqrt().recip() } else { 0.0 }
        };
        let scales: Vec<f64> = (0..p).map(scale).collect();
        let matrix = Mat::from_fn(p, p, |i, j| {
            let value = moments.product(i, j) + if i == j { alpha } else { 0.0 };
            value * scales[i] * scales[j]
        });
        Self { matrix, scales }
    }

    /// The factorisation and the condition number of the augmented features (the root of the matrix's); `None` where the
    /// matrix has no full rank in working precision.
    fn factor(&self) -> Option<(Llt<f64>, f64)> {
        let factor = self.matrix.llt(Side::Lower).ok()?;
        let p = self.scales.len();
        let norm = (0..p).map(|j| (0..p).map(|i| self.matrix[(i, j)].abs()).sum()).fold(0.0, f64::max);
        let condition = (norm * inverse_norm(&factor, p)).sqrt().max(1.0);
        (condition.is_finite() && condition * condition * f64::EPSILON * (p as f64) < 1.0)
            .then_some((factor, condition))
    }

    fn solve(
        &self,
        moments: &Moments,
        factor: &Llt<f64>,
        condition: f64,
        warnings: Vec<String>,
    ) -> Result<FittedRidge, RidgeError> {
        let p = self.scales.len();
        let rhs = Mat::from_fn(p, 1, |i, _| moments.product(i, p) * self.scales[i]);
        let mut z = factor.solve(&rhs);
        // One step of refinement takes the rounding of the factorisation out.
        let residual = &rhs - &self.matrix * &z;
        z += factor.solve(&residual);
        let coefficients = (0..p).map(|j| z[(j, 0)] * self.scales[j]).collect();
        finish(moments, coefficients, FitReport { solver: Solver::Cholesky, condition, rank: p, warnings })
    }
}

fn finish(moments: &Moments, coefficients: Vec<f64>, report: FitReport) -> Result<FittedRidge, RidgeError> {
    let p = coefficients.len();
    let intercept = moments.means[p] - coefficients.iter().zip(&moments.means).map(|(w, m)| w * m).sum::<f64>();
    FittedRidge::new(coefficients, intercept, report)
}

/// An estimate of the inverse's 1-norm, seldom less than a third of it (Hager, "Condition estimates", 1984; Higham,
/// "FORTRAN codes for estimating the one-norm", 1988).
fn inverse_norm(factor: &Llt<f64>, p: usize) -> f64 {
    let mut x = Mat::from_fn(p, 1, |_, _| 1.0 / p as f64);
    let mut estimate = 0.0;
    for _ in 0..5 {
        let y = factor.solve(&x);
        let norm: f64 = (0..p).map(|i| y[(i, 0)].abs()).sum();
        if !norm.is_finite() {
            return f64::INFINITY;
        }
        if norm <= estimate {
            break;
        }
        estimate = norm;
        let signs = Mat::from_fn(p, 1, |i, _| if y[(i, 0)] < 0.0 { -1.0 } else { 1.0 });
        let z = factor.solve(&signs);
        let best = (0..p).max_by(|&a, &b| z[(a, 0)].abs().total_cmp(&z[(b, 0)].abs())).unwrap_or(0);
        x = Mat::from_fn(p, 1, |i, _| if i == best { 1.0 } else { 0.0 });
    }
    // Higham's second guess catches what the first one misses.
    let sign = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    let guess = Mat::from_fn(p, 1, |i, _| sign(i) * (1.0 + i as f64 / (p.max(2) - 1) as f64));
    let y = factor.solve(&guess);
    estimate.max(2.0 * (0..p).map(|i| y[(i, 0)].abs()).sum::<f64>() / (3.0 * p as f64))
}

/// The solution of least norm, by the eigenvalues of the cross products that are not rounding noise.
fn least_norm(moments: &Moments, alpha: f64) -> Result<FittedRidge, RidgeError> {
    let p = moments.width() - 1;
    if p > EIGENVALUE_FEATURES {
        return Err(RidgeError::TooManyFeatures { found: p, limit: EIGENVALUE_FEATURES });
    }
    let matrix = Mat::from_fn(p, p, |i, j| moments.product(i, j));
    let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(|_| RidgeError::Overflow)?;
    let (vectors, values) = (eigen.U(), eigen.S().column_vector());
    let greatest = (0..p).map(|k| values[k]).fold(0.0, f64::max);
    let noise = greatest * f64::EPSILON * (p.max(10) as f64) * 10.0;
    let kept: Vec<usize> = (0..p).filter(|&k| values[k] > noise).collect();
    let mut coefficients = vec![0.0; p];
    for &k in &kept {
        let projection: f64 = (0..p).map(|i| vectors[(i, k)] * moments.product(i, p)).sum();
        let factor = projection / (values[k] + alpha);
        coefficients.iter_mut().enumerate().for_each(|(j, w)| *w += factor * vectors[(j, k)]);
    }
    let warnings = vec![deficient(kept.len(), p, alpha)];
    let report = FitReport { solver: Solver::Eigenvalues, condition: f64::INFINITY, rank: kept.len(), warnings };
    finish(moments, coefficients, report)
}
