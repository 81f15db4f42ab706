//! What a column looked like in the training rows: moments, range and a mergeable histogram.

use super::error::{ModelError, finite, invalid};
use serde::{Deserialize, Serialize};

/// A column in the training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnBaseline {
    /// The number of values.
    pub count: u64,
    /// The number of rows without a value.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: u64,
    /// The arithmetic mean.
    pub mean: f64,
    /// The sample standard deviation (divisor n - 1); 0 for a single value.
    pub standard_deviation: f64,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// How the values are spread; of long data, how a sample of them is.
    pub histogram: Histogram,
}

/// A histogram of equally wide bins whose width is a power of two.
///
/// Bin `i` counts the values `v` with `floor(v / width) = first + i`. Edges of a width are edges of half the width too,
/// so histograms of parts of the data add up to exactly the histogram of the whole, in whatever order they are added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// The binary logarithm of the bins' width.
    pub log2_width: i32,
    /// The number of the first bin; its lower edge is `first * 2^log2_width`.
    pub first: i64,
    /// The number of values in each bin.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// The width of a bin, in the column's unit.
    #[must_use]
    pub fn width(&self) -> f64 {
        2f64.powi(self.log2_width)
    }

    /// The lower edge of bin `index`, which is the upper edge of the bin before; defined up to `counts.len()`.
    #[must_use]
    pub fn edge(&self, index: usize) -> f64 {
        (self.first as f64 + index as f64) * self.width()
    }

    /// The number of values counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl ColumnBaseline {
    pub(super) fn check(&self, place: &str) -> Result<(), ModelError> {
        finite(&format!("{place}.mean"), self.mean)?;
        finite(&format!("{place}.standard_deviation"), self.standard_deviation)?;
        finite(&format!("{place}.min"), self.min)?;
        finite(&format!("{place}.max"), self.max)?;
        if self.min > self.max {
            return Err(invalid(format!("{place}.min"), format!("{} is greater than max {}", self.min, self.max)));
        }
        let counted = self.histogram.counts.iter().try_fold(0u64, |sum, &n| sum.checked_add(n));
        if counted.is_none_or(|counted| counted > self.count) {
            let problem = format!("the bins add up to more than the {} values of the column", self.count);
            return Err(invalid(format!("{place}.histogram.counts"), problem));
        }
        if !(-1074..=1023).contains(&self.histogram.log2_width) {
            let problem = format!("{} is not the exponent of a finite number", self.histogram.log2_width);
            return Err(invalid(format!("{place}.histogram.log2_width"), problem));
        }
        Ok(())
    }
}
