//! The standard deviation of a column, also of one whose squares are beyond the range of f64.

use super::moments::Moments;
use crate::artifact::Histogram;

/// The sample standard deviation of a column of the moments; where its squares are beyond the range of f64, that of the middles of its
/// histogram's bins, each of which is at most a sixty-fourth of the range wide.
#[must_use]
pub fn standard_deviation(moments: &Moments, column: usize, histogram: &Histogram) -> f64 {
    let (mean, total) = (moments.means[column], histogram.total());
    if moments.product(column, column).is_finite() || total < 2 {
        return moments.standard_deviation(column);
    }
    // In bins, whose squares are small.
    let of_bin = |(at, &count): (usize, &u64)| {
        let distance = (histogram.first as f64 + at as f64 + 0.5) - mean / histogram.width();
        count as f64 * distance * distance
    };
    let sum: f64 = histogram.counts.iter().enumerate().map(of_bin).sum();
    (sum / (total - 1) as f64).sqrt() * histogram.width()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{Accumulator, Sketch};

    #[test]
    fn great_numbers_have_the_deviation_of_small_ones_in_another_unit() {
        let small: Vec<f64> = (0..500).map(|i| f64::from(i * 7919 % 500) / 250.0 - 1.0).collect();
        let deviation = |values: &[f64]| {
            let (mut sums, mut sketch) = (Accumulator::new(1), Sketch::default());
            sums.push_columns(&[values]);
            sketch.push(values);
            standard_deviation(&sums.finish(), 0, sketch.summary().unwrap().2)
        };
        let expected = deviation(&small);
        for unit in [1e200, 1e300] {
            let great: Vec<f64> = small.iter().map(|value| value * unit).collect();
            let found = deviation(&great) / unit;
            assert!((found / expected - 1.0).abs() < 0.01, "{unit}: {found}, expected {expected}");
        }
    }
}
