//! Cross products of rows that fill at most two panels, straight from the table: while a stretch of rows is multiplied, the next
//! one is fetched, so that neither waits for the other.
//!
//! With ten columns a row is multiplied in the time in which memory brings it; one after the other takes twice as long.

use super::lanes::{LANES, Lanes};
use super::products::Products;
use pulp::{Arch, Simd, WithSimd};

/// The rows of a stretch: two of them stay in a core's first-level cache.
const ROWS: usize = 64;

/// A stretch of rows of `P` panels, shifted, the target and the one behind the features; what is left of it holds noughts.
type Stretch<const P: usize> = [[Lanes; P]; ROWS];

/// Adds the products of rows of features that lie one after another and their targets, after a number is subtracted from each
/// column; `false` where rows are too wide or registers too short for it, and nothing was done.
pub(super) fn add(products: &mut Products, features: &[f64], targets: &[f64], shift: &[Lanes]) -> bool {
    match *shift {
        [shift] => Arch::new().dispatch(Rows { features, targets, shift: [shift], products }),
        [one, two] => Arch::new().dispatch(Rows { features, targets, shift: [one, two], products }),
        _ => false,
    }
}

struct Rows<'a, const P: usize> {
    features: &'a [f64],
    targets: &'a [f64],
    shift: [Lanes; P],
    products: &'a mut Products,
}

impl<const P: usize> WithSimd for Rows<'_, P> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        if S::F64_LANES != LANES {
            return false;
        }
        if P == 2 && self.products.width() - LANES <= 4 {
            self.run::<S, 4>(simd)
        } else {
            self.run::<S, LANES>(simd)
        }
        true
    }
}

impl<const P: usize> Rows<'_, P> {
    /// The last panel's first `N` columns are multiplied.
    #[inline(always)]
    fn run<S: Simd, const N: usize>(self, simd: S) {
        let Self { features, targets, shift, products } = self;
        let inner = products.width() - 1;
        let mut stretches = [[[Lanes::splat(0.0); P]; ROWS]; 2];
        for (row, to) in stretches[0].iter_mut().enumerate() {
            fetch::<S, P>(simd, features, targets, inner, row, &shift, to);
        }
        for first in (0..targets.len()).step_by(ROWS) {
            let [one, two] = &mut stretches;
            let (now, next) = if (first / ROWS).is_multiple_of(2) { (one, two) } else { (two, one) };
            let sums = multiply::<S, P, N>(simd, now, |row, simd| {
                fetch::<S, P>(simd, features, targets, inner, first + ROWS + row, &shift, &mut next[row]);
            });
            products.add_sums(&sums);
        }
    }
}

/// The products of a stretch's columns; `beside` is done with each row.
#[inline(always)]
fn multiply<S: Simd, const P: usize, const N: usize>(
    simd: S,
    stretch: &Stretch<P>,
    mut beside: impl FnMut(usize, S),
) -> [[Lanes; P]; 16] {
    let nought = simd.splat_f64s(0.0);
    let mut first = [[nought; P]; LANES];
    let mut last = [nought; N];
    for (index, row) in stretch.iter().enumerate() {
        let panels: [S::f64s; P] = std::array::from_fn(|p| row[p].registers::<S>()[0]);
        if P == 2 {
            for n in 0..LANES {
                let right = simd.splat_f64s(row[0][n]);
                for p in 0..P {
                    first[n][p] = simd.mul_add_e_f64s(panels[p], right, first[n][p]);
                }
            }
        }
        for n in 0..N {
            last[n] = simd.mul_add_e_f64s(panels[P - 1], simd.splat_f64s(row[P - 1][n]), last[n]);
        }
        beside(index, simd);
    }
    let mut sums = [[Lanes::splat(0.0); P]; 16];
    let start = (P - 1) * LANES;
    if P == 2 {
        for (sums, first) in sums.iter_mut().zip(&first) {
            sums.iter_mut().zip(first).for_each(|(sum, value)| sum.registers_mut::<S>()[0] = *value);
        }
    }
    for (sums, last) in sums[start..].iter_mut().zip(&last) {
        sums[P - 1].registers_mut::<S>()[0] = *last;
    }
    sums
}

/// Brings a row of the table, or noughts behind the last one.
#[inline(always)]
fn fetch<S: Simd, const P: usize>(
    simd: S,
    features: &[f64],
    targets: &[f64],
    inner: usize,
    row: usize,
    shift: &[Lanes; P],
    to: &mut [Lanes; P],
) {
    let Some(target) = targets.get(row) else {
        *to = [Lanes::splat(0.0); P];
        return;
    };
    let start = row * inner;
    if let Some(from) = features.get(start..start + P * LANES) {
        // The lanes behind the last feature get what follows in memory, which no result is made of.
        let from = S::as_simd_f64s(from).0;
        for p in 0..P {
            to[p].registers_mut::<S>()[0] = simd.sub_f64s(from[p], shift[p].registers::<S>()[0]);
        }
    } else {
        for (at, value) in features[start..start + inner].iter().enumerate() {
            to[at / LANES][at % LANES] = value - shift[at / LANES][at % LANES];
        }
    }
    to[inner / LANES][inner % LANES] = target - shift[inner / LANES][inner % LANES];
    to[(inner + 1) / LANES][(inner + 1) % LANES] = 1.0;
}
