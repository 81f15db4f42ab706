//! Moments of streamed rows, by blocked matrix products.

use super::Moments;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par};

/// The number of values of a block: with the packing of the matrix product it stays in a core's second-level cache.
const BLOCK_VALUES: usize = 64 * 1024;

/// Adds up the moments of rows, one block after another.
///
/// Values are shifted by the means of the first block before they are multiplied, so that a column whose values are
/// large beside their spread (years, say) keeps its digits.
#[derive(Debug, Clone)]
pub struct Accumulator {
    width: usize,
    rows: u64,
    shift: Option<Vec<f64>>,
    sums: Vec<f64>,
    /// Lower triangle of the shifted cross products.
    products: Mat<f64>,
    block: Vec<f64>,
}

impl Accumulator {
    /// Nothing yet, of `width` columns.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self {
            width,
            rows: 0,
            shift: None,
            sums: vec![0.0; width],
            products: Mat::zeros(width, width),
            block: Vec::new(),
        }
    }

    /// Adds rows that are stored by column.
    ///
    /// # Panics
    /// The number of columns differs, or their lengths do.
    pub fn push_columns(&mut self, columns: &[&[f64]]) {
        let rows = self.rows_of(columns);
        self.push(rows, |column, range, block| block.extend_from_slice(&columns[column][range]));
    }

    /// Adds some rows, by their indices, of rows that are stored by column.
    ///
    /// # Panics
    /// The number of columns differs, or an index is out of range.
    pub fn push_selected(&mut self, columns: &[&[f64]], rows: &[u32]) {
        self.rows_of(columns);
        self.push(rows.len(), |column, range, block| {
            let values = columns[column];
            block.extend(rows[range].iter().map(|&row| values[row as usize]));
        });
    }

    /// Adds rows of features that lie one after another, and their targets, which become the last column.
    ///
    /// # Panics
    /// The lengths do not fit the width.
    pub fn push_rows(&mut self, features: &[f64], targets: &[f64]) {
        let inner = self.width - 1;
        assert_eq!(features.len(), inner * targets.len(), "rows have the accumulator's width");
        let block_rows = self.block_rows();
        for (features, targets) in features.chunks(block_rows * inner).zip(targets.chunks(block_rows)) {
            let rows = targets.len();
            let shift = self.shift.take().unwrap_or_else(|| row_means(features, targets));
            self.block.resize(rows * self.width, 0.0);
            for ((row, x), y) in self.block.chunks_exact_mut(self.width).zip(features.chunks_exact(inner)).zip(targets)
            {
                for (((out, x), shift), sum) in row.iter_mut().zip(x).zip(&shift).zip(&mut self.sums) {
                    *out = x - shift;
                    *sum += *out;
                }
                row[inner] = y - shift[inner];
                self.sums[inner] += row[inner];
            }
            self.shift = Some(shift);
            add_products(&mut self.products, MatRef::from_row_major_slice(&self.block, rows, self.width));
            self.rows += rows as u64;
        }
    }

    /// The moments of all rows added.
    #[must_use]
    pub fn finish(self) -> Moments {
        let Some(shift) = self.shift else { return Moments::empty(self.width) };
        let n = self.rows as f64;
        let mut moments = Moments::empty(self.width);
        moments.rows = self.rows;
        let means = shift.iter().zip(&self.sums).map(|(shift, sum)| shift + sum / n);
        moments.means = means.collect();
        let pairs = self
            .sums
            .iter()
            .enumerate()
            .flat_map(|(i, a)| self.sums[..=i].iter().enumerate().map(move |(j, b)| (i, j, a * b)));
        for ((i, j, product), out) in pairs.zip(&mut moments.products) {
            *out = self.products[(i, j)] - product / n;
        }
        moments
    }

    fn rows_of(&self, columns: &[&[f64]]) -> usize {
        assert_eq!(columns.len(), self.width, "there are as many columns as the accumulator's width");
        columns.first().map_or(0, |c| c.len())
    }

    fn block_rows(&self) -> usize {
        (BLOCK_VALUES / self.width).clamp(64, 4096)
    }

    /// Adds `total` rows, of which `copy` appends a range of one column to a buffer.
    fn push(&mut self, total: usize, copy: impl Fn(usize, std::ops::Range<usize>, &mut Vec<f64>)) {
        let step = self.block_rows();
        for start in (0..total).step_by(step) {
            let range = start..total.min(start + step);
            let rows = range.len();
            self.block.clear();
            for column in 0..self.width {
                copy(column, range.clone(), &mut self.block);
            }
            let means = || self.block.chunks_exact(rows).map(|c| c.iter().sum::<f64>() / rows as f64).collect();
            let shift = self.shift.take().unwrap_or_else(means);
            for ((values, shift), sum) in self.block.chunks_exact_mut(rows).zip(&shift).zip(&mut self.sums) {
                for value in values.iter_mut() {
                    *value -= shift;
                }
                *sum += lane_sum(values);
            }
            self.shift = Some(shift);
            add_products(&mut self.products, MatRef::from_column_major_slice(&self.block, rows, self.width));
            self.rows += rows as u64;
        }
    }
}

fn add_products(products: &mut Mat<f64>, block: MatRef<'_, f64>) {
    triangular::matmul(
        products.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Add,
        block.transpose(),
        BlockStructure::Rectangular,
        block,
        BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
}

fn row_means(features: &[f64], targets: &[f64]) -> Vec<f64> {
    let inner = features.len() / targets.len();
    let mut means = vec![0.0; inner + 1];
    for (x, y) in features.chunks_exact(inner).zip(targets) {
        for (mean, x) in means.iter_mut().zip(x) {
            *mean += x;
        }
        means[inner] += y;
    }
    means.iter().map(|sum| sum / targets.len() as f64).collect()
}

/// The sum, in eight interleaved parts that the compiler keeps in vector registers.
fn lane_sum(values: &[f64]) -> f64 {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::Accumulator;

    /// Columns with means that are large beside their spread.
    fn columns(rows: usize) -> Vec<Vec<f64>> {
        (0..5u64)
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
        let rows = 10_007;
        let columns = columns(rows);
        let refs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let mut by_column = Accumulator::new(5);
        by_column.push_columns(&refs);
        let mut selected = Accumulator::new(5);
        selected.push_selected(&refs, &(0..rows as u32).rev().collect::<Vec<_>>());
        let mut by_row = Accumulator::new(5);
        let features: Vec<f64> = (0..rows).flat_map(|r| columns[..4].iter().map(move |c| c[r])).collect();
        by_row.push_rows(&features, &columns[4]);
        for moments in [by_column, selected, by_row].map(Accumulator::finish) {
            assert_eq!(moments.rows, rows as u64);
            for i in 0..5 {
                let mean = columns[i].iter().map(|v| v - 1e6 * i as f64).sum::<f64>() / rows as f64 + 1e6 * i as f64;
                assert!((moments.means[i] - mean).abs() < 1e-9, "{} {mean}", moments.means[i]);
                for j in 0..5 {
                    let product: f64 = (0..rows)
                        .map(|r| (columns[i][r] - moments.means[i]) * (columns[j][r] - moments.means[j]))
                        .sum();
                    assert!(close(moments.product(i, j), product), "{i} {j}: {} {product}", moments.product(i, j));
                }
            }
        }
    }
}
