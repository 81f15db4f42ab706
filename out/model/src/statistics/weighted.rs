//! Cross products of columns whose rows have weights.

use super::block::Block;
use super::products::Products;

/// The sums of products of pairs of columns, each row counted by its weight; behind the last column stands one of ones.
#[derive(Debug)]
pub(crate) struct WeightedProducts {
    width: usize,
    block: Block,
    products: Products,
    weights: f64,
    roots: Vec<f64>,
}

impl WeightedProducts {
    /// Of no rows of `width` columns.
    pub fn new(width: usize) -> Self {
        Self { width, block: Block::new(width), products: Products::new(width), weights: 0.0, roots: vec![] }
    }

    /// Adds rows that are stored by column.
    ///
    /// # Panics
    /// The number of columns differs, or one is shorter than there are weights.
    pub fn push(&mut self, columns: &[&[f64]], weights: &[f64]) {
        let capacity = self.block.capacity();
        for (index, weights) in weights.chunks(capacity).enumerate() {
            let first = index * capacity;
            self.block.begin(weights.len());
            self.block.gather(columns, first..first + weights.len());
            // Each factor of a product takes its half.
            self.roots.clear();
            self.roots.extend(weights.iter().map(|weight| weight.sqrt()));
            self.block.scale_rows(&self.roots);
            self.products.add(&self.block);
            self.weights += weights.iter().sum::<f64>();
        }
    }

    /// The sum of products of two columns; the index behind the last is that of the ones.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        let (row, column) = (i.max(j), i.min(j));
        if column == self.width { self.weights } else { self.products.get(row, column) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_counts_by_its_weight_at_any_width() {
        for width in [1, 7, 8, 15, 16, 25] {
            let rows = 301;
            let value = |c: usize, r: usize| ((r * (3 + c * c) + 5 * c) % 101) as f64 - 50.0;
            let columns: Vec<Vec<f64>> = (0..width).map(|c| (0..rows).map(|r| value(c, r)).collect()).collect();
            // Squares, whose roots are exact, and so is the sum.
            let weights: Vec<f64> = (0..rows).map(|r| ((r % 4) * (r % 4)) as f64 / 4.0).collect();
            let mut sums = WeightedProducts::new(width);
            sums.push(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), &weights);
            let with_ones = |c: usize, r: usize| if c == width { 1.0 } else { value(c, r) };
            for i in 0..=width {
                for j in 0..=width {
                    let expected: f64 = (0..rows).map(|r| weights[r] * with_ones(i, r) * with_ones(j, r)).sum();
                    assert_eq!(sums.get(i, j), expected, "width {width}, {i} {j}");
                }
            }
        }
    }
}
