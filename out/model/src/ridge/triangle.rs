//! The orthogonal triangle of streamed rows: what a QR factorisation of the whole table would leave, one block after
//! another. It keeps the digits that cross products lose, at about twice the work.

use super::dense::{condition, deficient, sensitive};
use super::{FitReport, FittedRidge, RidgeError, Solver};
use faer::Mat;

/// The upper triangle `R` of the rows `[x - means, 1, y - mean]`.
#[derive(Debug, Clone)]
pub struct Triangle {
    means: Vec<f64>,
    r: Mat<f64>,
    rows: u64,
    pending: Vec<f64>,
}

impl Triangle {
    /// No rows yet; `means` are about the means of the features and, last, of the target. The result does not depend on
    /// how exact they are, only its rounding does.
    #[must_use]
    pub fn new(means: Vec<f64>) -> Self {
        let width = means.len() + 1;
        Self { means, r: Mat::zeros(0, width), rows: 0, pending: vec![] }
    }

    /// Adds some rows, by their indices, of features and a target stored by column.
    ///
    /// # Panics
    /// The number of columns is not that of the means, or an index is out of range.
    pub fn push_selected(&mut self, columns: &[&[f64]], rows: &[u32]) {
        assert_eq!(columns.len(), self.means.len(), "there are as many columns as means");
        let width = self.means.len() + 1;
        let block = (4 * width).max(512) * width;
        for &row in rows {
            let (target, features) = (columns.len() - 1, &columns[..columns.len() - 1]);
            self.pending.extend(features.iter().zip(&self.means).map(|(c, mean)| c[row as usize] - mean));
            self.pending.push(1.0);
            self.pending.push(columns[target][row as usize] - self.means[target]);
            if self.pending.len() >= block {
                self.reduce();
            }
        }
        self.rows += rows.len() as u64;
    }

    /// Replaces the triangle and the pending rows by the triangle of both.
    fn reduce(&mut self) {
        let width = self.means.len() + 1;
        let (above, below) = (self.r.nrows(), self.pending.len() / width);
        if below == 0 {
            return;
        }
        let stacked = Mat::from_fn(above + below, width, |i, j| {
            if i < above { self.r[(i, j)] } else { self.pending[(i - above) * width + j] }
        });
        self.r = stacked.qr().thin_R().to_owned();
        self.pending.clear();
    }

    /// Fits the rows added.
    pub(super) fn fit(&self, alpha: f64) -> Result<FittedRidge, RidgeError> {
        if self.rows == 0 {
            return Err(RidgeError::NoRows);
        }
        let mut whole = self.clone();
        whole.reduce();
        let p = self.means.len() - 1;
        let (r, rows) = (&whole.r, whole.r.nrows());
        let root = alpha.sqrt();
        let unscaled = Mat::from_fn(rows + p, p + 1, |i, j| match i.checked_sub(rows) {
            None => r[(i, j)],
            Some(k) => {
                if k == j {
                    root
                } else {
                    0.0
                }
            }
        });
        let length = |j| unscaled.col(j).norm_l2();
        let scales: Vec<f64> = (0..=p).map(|j| if length(j) > 0.0 { length(j) } else { 1.0 }).collect();
        let system = Mat::from_fn(rows + p, p + 1, |i, j| unscaled[(i, j)] / scales[j]);
        let rhs = Mat::from_fn(rows + p, 1, |i, _| if i < rows { r[(i, p + 1)] } else { 0.0 });
        let condition = condition(system.as_ref());
        // Truncation in the scaled system: noise is relative to each column's own length.
        let svd = system.thin_svd().map_err(|_| RidgeError::Overflow)?;
        let (u, s, v) = (svd.U(), svd.S().column_vector(), svd.V());
        let noise = s[0] * f64::EPSILON * (p as f64 + 2.0) * (self.rows as f64).sqrt();
        let rank = (0..=p).filter(|&k| s[k] > noise).count();
        let mut solution = vec![0.0; p + 1];
        for k in 0..rank {
            let factor = (0..rows + p).map(|i| u[(i, k)] * rhs[(i, 0)]).sum::<f64>() / s[k];
            solution.iter_mut().enumerate().for_each(|(j, z)| *z += factor * v[(j, k)] / scales[j]);
        }
        let free = solution.pop().unwrap_or_default();
        let intercept = free + self.means[p] - solution.iter().zip(&self.means).map(|(w, mean)| w * mean).sum::<f64>();
        let mut warnings = vec![];
        if rank <= p {
            warnings.push(deficient(rank.saturating_sub(1), p, alpha));
        } else if condition > 4.5e9 {
            warnings.push(sensitive(condition));
        }
        let condition = if rank <= p { f64::INFINITY } else { condition };
        let report = FitReport { solver: Solver::Triangle, condition, rank: rank.saturating_sub(1), warnings };
        FittedRidge::new(solution, intercept, report)
    }
}
