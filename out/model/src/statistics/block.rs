//! A block of rows, laid out for vector instructions.

use super::lanes::{LANES, Lanes};
use pulp::{Arch, Simd, WithSimd};

/// The number of values of a block of few columns; it stays in a core's first-level cache while it is multiplied, and there is
/// little to wait for until multiplying begins.
const BLOCK_VALUES: usize = 1024;

/// Some rows of a table in panels of eight columns, row after row within each panel. Behind the last column stands one
/// of ones, whose cross products are the sums of the others; the rest of the last panel holds anything.
#[derive(Debug, Clone)]
pub(super) struct Block {
    width: usize,
    capacity: usize,
    rows: usize,
    values: Vec<Lanes>,
}

/// The least and the greatest value of each column; infinities the wrong way round where there is no value.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges(Vec<(Lanes, Lanes)>);

impl Ranges {
    /// Of no rows.
    pub(super) fn empty(width: usize) -> Self {
        Self(vec![(Lanes::splat(f64::INFINITY), Lanes::splat(f64::NEG_INFINITY)); panels(width)])
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
        let mut values = vec![Lanes::splat(0.0); panels * capacity];
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
        let ones = (self.width / LANES, self.width % LANES);
        for (panel, rows) in self.values.chunks_exact_mut(self.capacity).enumerate() {
            let part = &columns[(panel * LANES).min(self.width)..self.width.min((panel + 1) * LANES)];
            let rows = &mut rows[..self.rows];
            match part.len() {
                0 => {}
                1..=4 => gather_panel::<4>(part, rows, indices.clone()),
                _ => gather_panel::<LANES>(part, rows, indices.clone()),
            }
            if panel == ones.0 {
                rows.iter_mut().for_each(|row| row[ones.1] = 1.0);
            }
        }
    }

    /// Sets the columns from rows of features that lie one after another and their targets, the last column, and
    /// subtracts a number from each.
    pub fn set_rows(&mut self, features: &[f64], targets: &[f64], shift: &[Lanes]) {
        let (capacity, width) = (self.capacity, self.width);
        let values = &mut self.values;
        Arch::new().dispatch(SetRows { features, targets, shift, values, capacity, width });
    }

    /// The mean of each column, and 0 for what stands behind the columns.
    pub fn means(&self) -> Vec<Lanes> {
        let mean = |(panel, rows): (usize, &[Lanes])| {
            let mut sums = [0.0; LANES];
            for row in rows {
                sums.iter_mut().zip(&row.0).for_each(|(sum, value)| *sum += value);
            }
            Lanes(std::array::from_fn(|lane| {
                if panel * LANES + lane < self.width { sums[lane] / rows.len() as f64 } else { 0.0 }
            }))
        };
        self.panels().enumerate().map(mean).collect()
    }

    /// Subtracts a number from each column, after its range is added to `ranges`; gives the number of rows.
    pub fn shift(&mut self, shift: &[Lanes], ranges: &mut Ranges) -> usize {
        let (capacity, rows) = (self.capacity, self.rows);
        let panels = self.values.chunks_exact_mut(capacity).map(|panel| &mut panel[..rows]);
        for ((panel, shift), ranges) in panels.zip(shift).zip(&mut ranges.0) {
            Arch::new().dispatch(ShiftPanel { panel, shift, ranges });
        }
        rows
    }

    /// Multiplies each row, the one behind its columns too.
    pub fn scale_rows(&mut self, factors: &[f64]) {
        for panel in self.values.chunks_exact_mut(self.capacity) {
            Arch::new().dispatch(ScalePanel { panel: &mut panel[..self.rows], factors });
        }
    }

    /// The rows of each panel.
    pub fn panels(&self) -> impl Iterator<Item = &[Lanes]> + Clone {
        self.values.chunks_exact(self.capacity).map(|panel| &panel[..self.rows])
    }
}

/// Sets up to `N` columns of a panel, a row at a time, so that what it fills of the panel is written once. The lanes
/// behind the last column get any values.
fn gather_panel<const N: usize>(columns: &[&[f64]], rows: &mut [Lanes], indices: impl Iterator<Item = usize>) {
    let columns: [&[f64]; N] = std::array::from_fn(|lane| *columns.get(lane).unwrap_or(&columns[0]));
    for (row, index) in rows.iter_mut().zip(indices) {
        row[..N].copy_from_slice(&columns.map(|column| column[index]));
    }
}

struct SetRows<'a> {
    features: &'a [f64],
    targets: &'a [f64],
    shift: &'a [Lanes],
    values: &'a mut [Lanes],
    capacity: usize,
    width: usize,
}

impl WithSimd for SetRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { features, targets, shift, values, capacity, width } = self;
        let inner = width - 1;
        for (panel, rows) in values.chunks_exact_mut(capacity).enumerate() {
            let first = panel * LANES;
            let rows = &mut rows[..targets.len()];
            if first < inner {
                // The lanes behind the last feature get what follows in memory, which no result is made of. At the end
                // of memory less than a register's worth may follow.
                let whole = features[first..].windows(LANES).step_by(inner);
                let count = whole.len().min(rows.len());
                for (to, from) in rows.iter_mut().zip(whole) {
                    subtract::<S>(simd, from, &shift[panel], to);
                }
                for (to, from) in rows.iter_mut().zip(features[first..].chunks(inner)).skip(count) {
                    from.iter().zip(&shift[panel].0).zip(&mut to.0).for_each(|((x, shift), to)| *to = x - shift);
                }
            }
            if panel == inner / LANES {
                let lane = inner % LANES;
                let shift = shift[panel][lane];
                rows.iter_mut().zip(targets).for_each(|(to, target)| to[lane] = target - shift);
            }
            if panel == width / LANES {
                rows.iter_mut().for_each(|to| to[width % LANES] = 1.0);
            }
        }
    }
}

#[inline(always)]
fn subtract<S: Simd>(simd: S, from: &[f64], shift: &Lanes, to: &mut Lanes) {
    let (from, shift, to) = (S::as_simd_f64s(from).0, shift.registers::<S>(), to.registers_mut::<S>());
    for ((to, from), shift) in to.iter_mut().zip(from).zip(shift) {
        *to = simd.sub_f64s(*from, *shift);
    }
}

struct ShiftPanel<'a> {
    panel: &'a mut [Lanes],
    shift: &'a Lanes,
    ranges: &'a mut (Lanes, Lanes),
}

impl WithSimd for ShiftPanel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, shift, ranges } = self;
        let shift = shift.registers::<S>();
        let least = ranges.0.registers_mut::<S>();
        let greatest = ranges.1.registers_mut::<S>();
        // One register of each row at a time, so that the ranges stay in registers.
        for (lane, ((shift, least), greatest)) in shift.iter().zip(least).zip(greatest).enumerate() {
            let (mut low, mut high) = (*least, *greatest);
            for row in panel.iter_mut() {
                let value = &mut row.registers_mut::<S>()[lane];
                low = simd.min_f64s(*value, low);
                high = simd.max_f64s(*value, high);
                *value = simd.sub_f64s(*value, *shift);
            }
            (*least, *greatest) = (low, high);
        }
    }
}

struct ScalePanel<'a> {
    panel: &'a mut [Lanes],
    factors: &'a [f64],
}

impl WithSimd for ScalePanel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (row, factor) in self.panel.iter_mut().zip(self.factors) {
            let factor = simd.splat_f64s(*factor);
            row.registers_mut::<S>().iter_mut().for_each(|value| *value = simd.mul_f64s(*value, factor));
        }
    }
}
