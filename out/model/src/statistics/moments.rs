//! Counts, means and centred cross products, which add up exactly as if the rows had been together.

use serde::{Deserialize, Serialize};

/// The number of rows, the means and the centred cross products of some columns; in training, the features and then
/// the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moments {
    /// The number of rows.
    pub rows: u64,
    /// The mean of each column.
    pub means: Vec<f64>,
    /// `sum((x_i - mean_i) * (x_j - mean_j))` for `j <= i`, row by row: the lower triangle.
    pub products: Vec<f64>,
}

impl Moments {
    /// The moments of no rows of `width` columns.
    #[must_use]
    pub fn empty(width: usize) -> Self {
        Self { rows: 0, means: vec![0.0; width], products: vec![0.0; width * (width + 1) / 2] }
    }

    /// The number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.means.len()
    }

    /// The centred cross product of two columns.
    #[must_use]
    pub fn product(&self, i: usize, j: usize) -> f64 {
        let (i, j) = (i.max(j), i.min(j));
        self.products[i * (i + 1) / 2 + j]
    }

    /// The sample standard deviation of a column (divisor n - 1); 0 for fewer than two rows.
    #[must_use]
    pub fn standard_deviation(&self, column: usize) -> f64 {
        if self.rows < 2 {
            return 0.0;
        }
        (self.product(column, column).max(0.0) / (self.rows - 1) as f64).sqrt()
    }

    /// Adds the rows of another part (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    /// sample variances", 1979).
    ///
    /// # Panics
    /// The widths differ.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.width(), other.width(), "moments of the same columns are merged");
        if other.rows == 0 {
            return;
        }
        if self.rows == 0 {
            self.clone_from(other);
            return;
        }
        let (a, b) = (self.rows as f64, other.rows as f64);
        let total = a + b;
        let deltas: Vec<f64> = other.means.iter().zip(&self.means).map(|(b, a)| b - a).collect();
        let weight = a * b / total;
        let mut products = self.products.iter_mut().zip(&other.products);
        for (i, di) in deltas.iter().enumerate() {
            for (dj, (mine, theirs)) in deltas[..=i].iter().zip(&mut products) {
                *mine += theirs + di * dj * weight;
            }
        }
        for (mean, delta) in self.means.iter_mut().zip(&deltas) {
            *mean += delta * (b / total);
        }
        self.rows += other.rows;
    }

    /// Whether the numbers are finite and the lengths fit; a file read from elsewhere is checked by this.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let width = self.width();
        self.products.len() == width * (width + 1) / 2 && self.means.iter().chain(&self.products).all(|v| v.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::Moments;
    use proptest::prelude::*;

    /// By the definition, in two passes.
    pub(crate) fn direct(rows: &[[f64; 2]]) -> Moments {
        let mut moments = Moments::empty(2);
        moments.rows = rows.len() as u64;
        let n = rows.len().max(1) as f64;
        for c in 0..2 {
            moments.means[c] = rows.iter().map(|r| r[c]).sum::<f64>() / n;
        }
        let m = moments.means.clone();
        for (k, (i, j)) in [(0, 0), (1, 0), (1, 1)].into_iter().enumerate() {
            moments.products[k] = rows.iter().map(|r| (r[i] - m[i]) * (r[j] - m[j])).sum();
        }
        moments
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(rows in prop::collection::vec(prop::array::uniform2(-1e3..1e3f64), 0..40), cut in 0usize..40) {
            let cut = cut.min(rows.len());
            let mut sum = direct(&rows[..cut]);
            sum.merge(&direct(&rows[cut..]));
            let whole = direct(&rows);
            prop_assert_eq!(sum.rows, whole.rows);
            for (a, b) in sum.means.iter().zip(&whole.means) {
                prop_assert!((a - b).abs() <= 1e-11, "{} {}", a, b);
            }
            for (a, b) in sum.products.iter().zip(&whole.products) {
                prop_assert!((a - b).abs() <= 1e-7, "{} {}", a, b);
            }
            prop_assert!(sum.is_sound());
        }
    }
}
