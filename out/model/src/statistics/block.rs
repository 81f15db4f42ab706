//! A block of rows, laid out for vector instructions.

use pulp::{Arch, Simd, WithSimd};

/// The columns of a panel: the widest vector registers (AVX-512) hold so many values.
pub(super) const LANES: usize = 8;

/// The number of values of a block; it stays in a core's second-level cache while it is multiplied.
const BLOCK_VALUES: usize = 16 * 1024;

/// Some rows of a table in panels of eight columns, row after row within each panel. Behind the last column stands one
/// of ones, whose cross products are the sums of the others; the rest of the last panel holds anything.
#[derive(Debug, Clone)]
pub(super) struct Block {
    width: usize,
    capacity: usize,
    rows: usize,
    values: Vec<[f64; LANES]>,
}

/// The least and the greatest value of each column; infinities the wrong way round where there is no value.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges(Vec<([f64; LANES], [f64; LANES])>);

impl Ranges {
    /// Of no rows.
    pub(super) fn empty(width: usize) -> Self {
        Self(vec![([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]); panels(width)])
    }

    /// The least and the greatest value of a column.
    #[must_use]
    pub fn of(&self, column: usize) -> (f64, f64) {
        let (least, greatest) = &self.0[column / LANES];
        (least[column % LANES], greatest[column % LANES])
    }
}

/// The number of panels of `width` columns and the one of ones.
pub(super) fn panels(width: usize) -> usize {
    width / LANES + 1
}

impl Block {
    /// An empty block for rows of `width` columns.
    pub fn new(width: usize) -> Self {
        let panels = panels(width);
        // An odd number, so that a row's parts in two panels do not fall on the same places of a cache.
        let capacity = (BLOCK_VALUES / (panels * LANES)).max(64) | 1;
        let mut values = vec![[0.0; LANES]; panels * capacity];
        values[(panels - 1) * capacity..].iter_mut().for_each(|row| row[width % LANES] = 1.0);
        Self { width, capacity, rows: 0, values }
    }

    /// The most rows.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Empties the block and makes room for so many rows, at most [`capacity`](Self::capacity).
    pub fn begin(&mut self, rows: usize) {
        assert!(rows <= self.capacity, "a block takes {} rows, not {rows}", self.capacity);
        self.rows = rows;
    }

    /// Sets the rows to those of some indices.
    ///
    /// # Panics
    /// An index is out of range, or there are not as many columns as the block's width.
    pub fn gather(&mut self, columns: &[&[f64]], indices: impl Iterator<Item = usize> + Clone) {
        assert_eq!(columns.len(), self.width, "there are as many columns as the block's width");
        let (ones_panel, ones_lane) = (self.width / LANES, self.width % LANES);
        for (panel, rows) in self.values.chunks_exact_mut(self.capacity).enumerate() {
            // A row at a time, so that what it fills of the panel is written once. The lanes behind the last column get
            // any values.
            let part: [&[f64]; LANES] =
                std::array::from_fn(|lane| *columns.get(panel * LANES + lane).unwrap_or(&columns[0]));
            let rows = rows[..self.rows].iter_mut().zip(indices.clone());
            if panel == ones_panel {
                rows.for_each(|(row, index)| {
                    *row = part.map(|column| column[index]);
                    row[ones_lane] = 1.0;
                });
            } else {
                rows.for_each(|(row, index)| *row = part.map(|column| column[index]));
            }
        }
    }

    /// Sets the columns from rows of features that lie one after another and their targets, the last column, and
    /// subtracts a number from each.
    pub fn set_rows(&mut self, features: &[f64], targets: &[f64], shift: &[[f64; LANES]]) {
        let (capacity, width) = (self.capacity, self.width);
        let values = &mut self.values;
        Arch::new().dispatch(SetRows { features, targets, shift, values, capacity, width });
    }

    /// The mean of each column, and 0 for what stands behind the columns.
    pub fn means(&self) -> Vec<[f64; LANES]> {
        let mean =
            |(panel, rows): (usize, &[[f64; LANES]])| {
                let mut sums = [0.0; LANES];
                for row in rows {
                    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                }
                std::array::from_fn(|lane| {
                    if panel * LANES + lane < self.width { sums[lane] / rows.len() as f64 } else { 0.0 }
                })
            };
        self.panels().enumerate().map(mean).collect()
    }

    /// Subtracts a number from each column, after its range is added to `ranges`; gives the number of rows.
    pub fn shift(&mut self, shift: &[[f64; LANES]], ranges: &mut Ranges) -> usize {
        let (capacity, rows) = (self.capacity, self.rows);
        let panels = self.values.chunks_exact_mut(capacity).map(|panel| &mut panel[..rows]);
        for ((panel, shift), ranges) in panels.zip(shift).zip(&mut ranges.0) {
            Arch::new().dispatch(ShiftPanel { panel, shift, ranges });
        }
        rows
    }

    /// The rows of each panel.
    pub fn panels(&self) -> impl Iterator<Item = &[[f64; LANES]]> + Clone {
        self.values.chunks_exact(self.capacity).map(|panel| &panel[..self.rows])
    }
}

struct SetRows<'a> {
    features: &'a [f64],
    targets: &'a [f64],
    shift: &'a [[f64; LANES]],
    values: &'a mut [[f64; LANES]],
    capacity: usize,
    width: usize,
}

impl WithSimd for SetRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { features, targets, shift, values, capacity, width } = self;
        let inner = width - 1;
        let (target_at, target_lane) = (inner / LANES * capacity, inner % LANES);
        let (ones_at, ones_lane) = (width / LANES * capacity, width % LANES);
        for (index, target) in targets.iter().enumerate() {
            let row = &features[index * inner..];
            for (panel, shift) in shift[..inner.div_ceil(LANES)].iter().enumerate() {
                let to = &mut values[panel * capacity + index];
                // The lanes behind the last feature get what follows in memory, which no result is made of.
                match row[panel * LANES..].first_chunk() {
                    Some(from) => subtract(simd, from, shift, to),
                    None => row[panel * LANES..].iter().zip(shift).zip(to).for_each(|((x, shift), to)| *to = x - shift),
                }
            }
            values[target_at + index][target_lane] = target - shift[inner / LANES][target_lane];
            values[ones_at + index][ones_lane] = 1.0;
        }
    }
}

#[inline(always)]
fn subtract<S: Simd>(simd: S, from: &[f64; LANES], shift: &[f64; LANES], to: &mut [f64; LANES]) {
    let (from, shift, to) = (S::as_simd_f64s(from).0, S::as_simd_f64s(shift).0, S::as_mut_simd_f64s(to).0);
    for ((to, from), shift) in to.iter_mut().zip(from).zip(shift) {
        *to = simd.sub_f64s(*from, *shift);
    }
}

struct ShiftPanel<'a> {
    panel: &'a mut [[f64; LANES]],
    shift: &'a [f64; LANES],
    ranges: &'a mut ([f64; LANES], [f64; LANES]),
}

impl WithSimd for ShiftPanel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, shift, ranges } = self;
        let shift = S::as_simd_f64s(shift).0;
        let least = S::as_mut_simd_f64s(&mut ranges.0).0;
        let greatest = S::as_mut_simd_f64s(&mut ranges.1).0;
        // One register of each row at a time, so that the ranges stay in registers.
        for (lane, ((shift, least), greatest)) in shift.iter().zip(least).zip(greatest).enumerate() {
            let (mut low, mut high) = (*least, *greatest);
            for row in panel.iter_mut() {
                let value = &mut S::as_mut_simd_f64s(row).0[lane];
                low = simd.min_f64s(*value, low);
                high = simd.max_f64s(*value, high);
                *value = simd.sub_f64s(*value, *shift);
            }
            (*least, *greatest) = (low, high);
        }
    }
}
