//! The range and histogram of one column, in bounded memory and one pass.

use crate::artifact::Histogram;
use serde::{Deserialize, Serialize};

/// The most bins of a histogram.
pub const MOST_BINS: i64 = 128;

/// The least exponent of a bin's width.
const LEAST_LOG2: i32 = -1000;

/// The range and histogram of a column. Sketches of parts of the data merge to exactly the sketch of the whole: the
/// width of the bins depends on the least and greatest value only.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sketch {
    filled: Option<Filled>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filled {
    min: f64,
    max: f64,
    histogram: Histogram,
}

impl Sketch {
    /// Adds values, all of them finite.
    pub fn push(&mut self, values: &[f64]) {
        self.push_sample(range(values), values.iter().copied());
    }

    /// Adds values to the range, by the least and the greatest of them, and a sample of them to the histogram.
    pub fn push_sample(&mut self, (min, max): (f64, f64), sample: impl Iterator<Item = f64>) {
        if min > max {
            return;
        }
        let filled = self.filled.get_or_insert_with(|| Filled::empty(min, max));
        filled.widen(min, max);
        let Histogram { log2_width, first, counts } = &mut filled.histogram;
        let (scale, first) = (2f64.powi(-*log2_width), *first);
        for value in sample {
            // Within the range by `widen`; the bound check stays, so that a bad value could not count elsewhere.
            if let Some(count) = counts.get_mut((floor(value * scale) - first) as usize) {
                *count += 1;
            }
        }
    }

    /// Adds the values of another part.
    pub fn merge(&mut self, other: &Self) {
        let Some(theirs) = &other.filled else { return };
        let mine = self.filled.get_or_insert_with(|| Filled::empty(theirs.min, theirs.max));
        mine.widen(theirs.min, theirs.max);
        let halvings = mine.histogram.log2_width - theirs.histogram.log2_width;
        for (i, count) in theirs.histogram.counts.iter().enumerate() {
            let bin = shift_right(theirs.histogram.first + i as i64, halvings);
            mine.histogram.counts[(bin - mine.histogram.first) as usize] += count;
        }
    }

    /// The least value, the greatest value and the histogram; `None` when there is no value.
    #[must_use]
    pub fn summary(&self) -> Option<(f64, f64, &Histogram)> {
        self.filled.as_ref().map(|f| (f.min, f.max, &f.histogram))
    }

    /// Whether the sketch is one that this module could have made; a file read from elsewhere is checked by this.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.filled.as_ref().is_none_or(|f| {
            let (log2, first, last) = bins(f.min, f.max);
            let h = &f.histogram;
            f.min <= f.max && h.log2_width == log2 && h.first == first && h.counts.len() as i64 == last - first + 1
        })
    }
}

impl Filled {
    fn empty(min: f64, max: f64) -> Self {
        let (log2_width, first, last) = bins(min, max);
        Self { min, max, histogram: Histogram { log2_width, first, counts: vec![0; (last - first + 1) as usize] } }
    }

    /// Makes room for values in a range.
    fn widen(&mut self, min: f64, max: f64) {
        if min >= self.min && max <= self.max {
            return;
        }
        let mut wider = Self::empty(min.min(self.min), max.max(self.max));
        let halvings = wider.histogram.log2_width - self.histogram.log2_width;
        for (i, count) in self.histogram.counts.iter().enumerate() {
            let bin = shift_right(self.histogram.first + i as i64, halvings);
            wider.histogram.counts[(bin - wider.histogram.first) as usize] += count;
        }
        *self = wider;
    }
}

/// The exponent of the width of the bins that a range gets, and its first and last bin: the least exponent with which
/// there are at most [`MOST_BINS`] bins and bin numbers are exact.
fn bins(min: f64, max: f64) -> (i32, i64, i64) {
    let magnitude = min.abs().max(max.abs());
    let exponent = if magnitude > 0.0 { magnitude.log2().floor() as i32 } else { LEAST_LOG2 };
    let mut log2 = (exponent - 50).max(LEAST_LOG2);
    loop {
        let scale = 2f64.powi(-log2);
        let (first, last) = ((min * scale).floor() as i64, (max * scale).floor() as i64);
        if last - first < MOST_BINS {
            return (log2, first, last);
        }
        log2 += 1;
    }
}

/// The least and the greatest value, in interleaved parts that the compiler keeps in vector registers; infinities the
/// wrong way round for no values.
fn range(values: &[f64]) -> (f64, f64) {
    let less = |a: f64, b: f64| if b < a { b } else { a };
    let more = |a: f64, b: f64| if b > a { b } else { a };
    let (mut least, mut greatest) = ([f64::INFINITY; 8], [f64::NEG_INFINITY; 8]);
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for lane in 0..8 {
            least[lane] = less(least[lane], chunk[lane]);
            greatest[lane] = more(greatest[lane], chunk[lane]);
        }
    }
    let min = least.iter().chain(rest).copied().fold(f64::INFINITY, less);
    (min, greatest.iter().chain(rest).copied().fold(f64::NEG_INFINITY, more))
}

/// The greatest integer that is not greater; `f64::floor` is a function call on plain x86-64.
fn floor(value: f64) -> i64 {
    let towards_zero = value as i64;
    towards_zero - i64::from(towards_zero as f64 > value)
}

/// `floor(number / 2^places)`.
fn shift_right(number: i64, places: i32) -> i64 {
    number >> places.clamp(0, 63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        sketch.push(values);
        sketch
    }

    #[test]
    fn values_are_counted_between_the_edges_of_their_bin() {
        let sketch = sketch(&[0.0, 0.5, 0.5, 100.0]);
        let (min, max, histogram) = sketch.summary().unwrap();
        assert_eq!((min, max), (0.0, 100.0));
        assert_eq!((histogram.width(), histogram.counts.len(), histogram.total()), (1.0, 101, 4));
        assert_eq!((histogram.counts[0], histogram.counts[100], histogram.edge(100)), (3, 1, 100.0));
    }

    #[test]
    fn extreme_and_constant_columns_have_a_histogram() {
        for values in
            [vec![0.0; 9], vec![7.25; 3], vec![-1e308, 1e308], vec![5e-324, 0.0], vec![1e300, 1e-300], vec![-0.0]]
        {
            let sketch = sketch(&values);
            assert_eq!(sketch.summary().unwrap().2.total(), values.len() as u64, "{values:?}");
            assert!(sketch.is_sound(), "{values:?}");
        }
        assert!(Sketch::default().summary().is_none());
    }

    proptest! {
        #[test]
        fn parts_merge_to_exactly_the_whole(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..60), cut in 0usize..60) {
            let (a, b) = values.split_at(cut.min(values.len()));
            let mut sum = sketch(a);
            sum.merge(&sketch(b));
            prop_assert_eq!(&sum, &sketch(&values));
            prop_assert!(sum.is_sound());
            let mut one_by_one = Sketch::default();
            values.iter().for_each(|&v| one_by_one.push(&[v]));
            prop_assert_eq!(&one_by_one, &sum);
            let (_, _, histogram) = sum.summary().unwrap();
            prop_assert!(histogram.counts.first() > Some(&0) && histogram.counts.last() > Some(&0));
        }
    }
}
