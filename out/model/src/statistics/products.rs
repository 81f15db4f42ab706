//! Cross products of a block's columns, in tiles that stay in vector registers.
//!
//! A general matrix product packs its operands and computes both triangles of the blocks on the diagonal; with ten
//! columns that is most of the work.

use super::block::{Block, panels};
use super::lanes::{LANES, Lanes};
use pulp::{Arch, Simd, WithSimd};

/// The sums of products of pairs of columns, those with `row >= column` only. The column of ones is the row `width`.
#[derive(Debug, Clone)]
pub(super) struct Products {
    width: usize,
    panels: usize,
    /// The products of column `j` with the columns of panel `p` at `j * panels + p`.
    sums: Vec<Lanes>,
}

impl Products {
    pub fn new(width: usize) -> Self {
        let panels = panels(width);
        Self { width, panels, sums: vec![Lanes::splat(0.0); panels * LANES * panels] }
    }

    /// The sum of products of two columns, the first of which is not before the second.
    pub fn get(&self, row: usize, column: usize) -> f64 {
        self.sums[column * self.panels + row / LANES][row % LANES]
    }

    /// The number of columns, without the one of ones.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Adds the products of one column after another with the `P` panels that there are.
    pub fn add_sums<const P: usize>(&mut self, more: &[[Lanes; P]]) {
        for (sum, more) in self.sums.iter_mut().zip(more.as_flattened()) {
            sum.iter_mut().zip(&more.0).for_each(|(sum, more)| *sum += more);
        }
    }

    /// Adds the products of a block's columns.
    pub fn add(&mut self, block: &Block) {
        let panels = block.panels().collect();
        Arch::new().dispatch(Add { width: self.width, panels, sums: &mut self.sums });
    }
}

struct Add<'a> {
    width: usize,
    panels: Vec<&'a [Lanes]>,
    sums: &'a mut [Lanes],
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // The tiles' sums fill the registers: 24 of 32 with AVX-512, 8 of 16 with AVX2, which eight chains of
        // additions keep busy.
        match S::F64_LANES {
            8 => self.tiles::<S, 1, 3, 8, 4>(simd),
            4 => self.tiles::<S, 2, 1, 4, 4>(simd),
            2 => self.tiles::<S, 4, 1, 2, 2>(simd),
            _ => self.tiles::<S, 8, 1, 1, 1>(simd),
        }
    }
}

impl Add<'_> {
    /// `V` registers make a panel; tiles are up to `P` panels high and `N` columns wide, or `FEW` where no more are left.
    #[inline(always)]
    fn tiles<S: Simd, const V: usize, const P: usize, const N: usize, const FEW: usize>(self, simd: S) {
        let Self { width, panels, sums } = self;
        for (place, columns) in panels.iter().enumerate() {
            for first in (place * LANES..width.min((place + 1) * LANES)).step_by(N) {
                let mut tile = Tile { columns, first, sums: &mut *sums, panels: panels.len(), at: place };
                for rows in panels[place..].chunks(P) {
                    if width - first <= FEW {
                        tile.add_rows::<S, V, FEW>(simd, rows);
                    } else {
                        tile.add_rows::<S, V, N>(simd, rows);
                    }
                    tile.at += rows.len();
                }
            }
        }
    }
}

/// Some columns, from `first`, of one panel by all columns of some panels, from panel `at`.
struct Tile<'a> {
    columns: &'a [Lanes],
    first: usize,
    sums: &'a mut [Lanes],
    panels: usize,
    at: usize,
}

impl Tile<'_> {
    #[inline(always)]
    fn add_rows<S: Simd, const V: usize, const N: usize>(&mut self, simd: S, rows: &[&[Lanes]]) {
        match rows.len() {
            1 => self.add::<S, V, 1, N>(simd, rows),
            2 => self.add::<S, V, 2, N>(simd, rows),
            _ => self.add::<S, V, 3, N>(simd, rows),
        }
    }

    #[inline(always)]
    fn add<S: Simd, const V: usize, const P: usize, const N: usize>(&mut self, simd: S, rows: &[&[Lanes]]) {
        let length = self.columns.len();
        let rows: [&[Lanes]; P] = std::array::from_fn(|p| &rows[p][..length]);
        let mut tile = [[[simd.splat_f64s(0.0); V]; P]; N];
        for (index, column) in self.columns.iter().enumerate() {
            let left: [&[S::f64s]; P] = std::array::from_fn(|p| rows[p][index].registers::<S>());
            for n in 0..N {
                let right = simd.splat_f64s(column[(self.first + n) % LANES]);
                for p in 0..P {
                    for v in 0..V {
                        tile[n][p][v] = simd.mul_add_e_f64s(left[p][v], right, tile[n][p][v]);
                    }
                }
            }
        }
        for (n, tile) in tile.iter().enumerate() {
            let start = (self.first + n) * self.panels + self.at;
            for (sums, tile) in self.sums[start..start + P].iter_mut().zip(tile) {
                sums.registers_mut::<S>()
                    .iter_mut()
                    .zip(tile)
                    .for_each(|(sum, more)| *sum = simd.add_f64s(*sum, *more));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Run = Box<dyn Fn(Add<'_>)>;

    #[test]
    fn every_instruction_set_gives_the_exact_products_of_whole_numbers_at_any_width() {
        let mut sets: Vec<Run> =
            vec![Box::new(|add| Arch::new().dispatch(add)), Box::new(|add| pulp::Scalar::new().vectorize(add))];
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = pulp::x86::V3::try_new() {
            sets.push(Box::new(move |add| Simd::vectorize(avx2, add)));
        }
        for width in [1, 2, 7, 8, 9, 16, 25, 40] {
            let column = |c: usize| (0..37).map(|r| ((r * (3 + c * c) + 5 * c) % 101) as f64 - 50.0).collect();
            let columns: Vec<Vec<f64>> = (0..width).map(column).collect();
            let mut block = Block::new(width);
            block.begin(37);
            block.gather(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), 0..37);
            for (set, run) in sets.iter().enumerate() {
                let mut products = Products::new(width);
                // Twice, so that adding to what is there shows.
                for _ in 0..2 {
                    run(Add { width, panels: block.panels().collect(), sums: &mut products.sums });
                }
                for (j, right) in columns.iter().enumerate() {
                    for (i, left) in columns.iter().enumerate().skip(j) {
                        let product: f64 = left.iter().zip(right).map(|(a, b)| a * b).sum();
                        assert_eq!(products.get(i, j), 2.0 * product, "set {set}, width {width}, {i} {j}");
                    }
                    assert_eq!(
                        products.get(width, j),
                        2.0 * right.iter().sum::<f64>(),
                        "set {set}, width {width}, {j}"
                    );
                }
            }
        }
    }
}
