//! Moments of streamed rows, by blocks of cross products.

use super::block::{Block, Ranges, panels};
use super::lanes::Lanes;
use super::products::Products;
use super::{Moments, narrow};

/// Adds up the moments of rows, one block after another.
///
/// Values are shifted by the means of the first block before they are multiplied, so that a column whose values are
/// large beside their spread (years, say) keeps its digits.
#[derive(Debug, Clone)]
pub struct Accumulator {
    width: usize,
    rows: u64,
    shift: Option<Vec<Lanes>>,
    products: Products,
    block: Block,
}

impl Accumulator {
    /// Nothing yet, of `width` columns.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { width, rows: 0, shift: None, products: Products::new(width), block: Block::new(width) }
    }

    /// Adds rows that are stored by column.
    ///
    /// # Panics
    /// The number of columns differs, or their lengths do.
    pub fn push_columns(&mut self, columns: &[&[f64]]) {
        self.check_width(columns);
        let total = columns.first().map_or(0, |c| c.len());
        assert!(columns.iter().all(|c| c.len() == total), "columns have one length");
        let mut ranges = Ranges::empty(self.width);
        for start in (0..total).step_by(self.block.capacity()) {
            let range = start..total.min(start + self.block.capacity());
            self.block.begin(range.len());
            self.block.gather(columns, range);
            self.add_block(&mut ranges);
        }
    }

    /// Adds some rows, by their indices, of rows that are stored by column, and tells the ranges of their values.
    ///
    /// # Panics
    /// The number of columns differs, or an index is out of range.
    pub fn push_selected(&mut self, columns: &[&[f64]], rows: &[u32]) -> Ranges {
        self.check_width(columns);
        let mut ranges = Ranges::empty(self.width);
        for rows in rows.chunks(self.block.capacity()) {
            self.block.begin(rows.len());
            self.block.gather(columns, rows.iter().map(|&row| row as usize));
            self.add_block(&mut ranges);
        }
        ranges
    }

    /// Adds rows of features that lie one after another, and their targets, which become the last column.
    ///
    /// # Panics
    /// The lengths do not fit the width.
    pub fn push_rows(&mut self, features: &[f64], targets: &[f64]) {
        let inner = self.width - 1;
        assert_eq!(features.len(), inner * targets.len(), "rows have the accumulator's width");
        let capacity = self.block.capacity();
        let mut blocks = features.chunks(capacity * inner).zip(targets.chunks(capacity)).peekable();
        let Some((first, its_targets)) = blocks.peek() else { return };
        let shift = self.shift.get_or_insert_with(|| row_means(first, its_targets));
        if narrow::add(&mut self.products, features, targets, shift) {
            self.rows += targets.len() as u64;
            return;
        }
        for (features, targets) in blocks {
            self.block.begin(targets.len());
            self.block.set_rows(features, targets, shift);
            self.products.add(&self.block);
            self.rows += targets.len() as u64;
        }
    }

    /// The moments of all rows added.
    #[must_use]
    pub fn finish(self) -> Moments {
        let Some(shift) = self.shift else { return Moments::empty(self.width) };
        let n = self.rows as f64;
        let mut moments = Moments::empty(self.width);
        moments.rows = self.rows;
        let sums: Vec<f64> = (0..self.width).map(|column| self.products.get(self.width, column)).collect();
        let means = shift.iter().flat_map(|lanes| &lanes.0).zip(&sums).map(|(shift, sum)| shift + sum / n);
        moments.means = means.collect();
        let pairs =
            sums.iter().enumerate().flat_map(|(i, a)| sums[..=i].iter().enumerate().map(move |(j, b)| (i, j, a * b)));
        for ((i, j, product), out) in pairs.zip(&mut moments.products) {
            *out = self.products.get(i, j) - product / n;
        }
        moments
    }

    fn check_width(&self, columns: &[&[f64]]) {
        assert_eq!(columns.len(), self.width, "there are as many columns as the accumulator's width");
    }

    /// Adds the block's rows, and their ranges to `ranges`.
    fn add_block(&mut self, ranges: &mut Ranges) {
        let shift = self.shift.get_or_insert_with(|| self.block.means());
        self.rows += self.block.shift(shift, ranges) as u64;
        self.products.add(&self.block);
    }
}

/// The means of features and, last, of the targets.
fn row_means(features: &[f64], targets: &[f64]) -> Vec<Lanes> {
    let inner = features.len() / targets.len();
    let mut means = vec![Lanes::splat(0.0); panels(inner + 1)];
    for (x, y) in features.chunks_exact(inner).zip(targets) {
        for (mean, x) in means.iter_mut().flat_map(|lanes| &mut lanes.0).zip(x.iter().chain([y])) {
            *mean += x;
        }
    }
    means.iter_mut().flat_map(|lanes| &mut lanes.0).for_each(|sum| *sum /= targets.len() as f64);
    means
}

#[cfg(test)]
mod tests {
    use super::Accumulator;

    /// Columns with means that are large beside their spread.
    fn columns(rows: usize, width: usize) -> Vec<Vec<f64>> {
        (0..width as u64)
            .map(|c| {
                (0..rows as u64)
                    .map(|r| 1e6 * c as f64 + ((r * (37 + c * c) + 11 * c) % 1009) as f64 / 1009.0)
                    .collect()
            })
            .collect()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
    }

    #[test]
    fn all_ways_of_adding_rows_give_the_moments_of_the_definition() {
        // With and without a panel that is full, or that the column of ones has for itself.
        for (rows, width) in
            [(10_007, 5), (3_001, 2), (63, 7), (3_001, 8), (3_001, 9), (1_000, 13), (200, 15), (70, 16), (1_003, 23)]
        {
            let columns = columns(rows, width);
            let refs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let mut by_column = Accumulator::new(width);
            by_column.push_columns(&refs);
            let mut selected = Accumulator::new(width);
            let ranges = selected.push_selected(&refs, &(0..rows as u32).rev().collect::<Vec<_>>());
            let mut by_row = Accumulator::new(width);
            let last = width - 1;
            let features: Vec<f64> = (0..rows).flat_map(|r| columns[..last].iter().map(move |c| c[r])).collect();
            by_row.push_rows(&features, &columns[last]);
            for moments in [by_column, selected, by_row].map(Accumulator::finish) {
                assert_eq!(moments.rows, rows as u64);
                for i in 0..width {
                    let mean =
                        columns[i].iter().map(|v| v - 1e6 * i as f64).sum::<f64>() / rows as f64 + 1e6 * i as f64;
                    assert!((moments.means[i] - mean).abs() < 1e-9, "{} {mean}", moments.means[i]);
                    for j in 0..width {
                        let product: f64 = (0..rows)
                            .map(|r| (columns[i][r] - moments.means[i]) * (columns[j][r] - moments.means[j]))
                            .sum();
                        assert!(close(moments.product(i, j), product), "{i} {j}: {} {product}", moments.product(i, j));
                    }
                }
            }
            for (index, column) in columns.iter().enumerate() {
                let range = column.iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
                assert_eq!(ranges.of(index), range);
            }
        }
    }

    #[test]
    fn a_value_that_is_not_finite_shows_in_its_columns_moments_wherever_it_is() {
        for bad in [f64::NAN, f64::INFINITY] {
            for place in [(0, 0), (1_999, 3), (1_500, 8)] {
                let mut columns = columns(2_000, 9);
                columns[place.1][place.0] = bad;
                let mut sums = Accumulator::new(9);
                sums.push_columns(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>());
                assert!(!sums.finish().is_sound(), "{bad} at {place:?}");
                let mut sums = Accumulator::new(9);
                let features: Vec<f64> = (0..2_000).flat_map(|r| columns[..8].iter().map(move |c| c[r])).collect();
                sums.push_rows(&features, &columns[8]);
                assert!(!sums.finish().is_sound(), "{bad} at {place:?}, by rows");
            }
        }
    }
}
