//! Which rows are held out of training: seeded, reproducible, and decided row by row.
//!
//! Two methods, chosen by the size of the data alone, so that training, evaluation and every shard of a distributed
//! training agree without talking to one another:
//!
//! - **permutation**, for up to [`PERMUTATION_ROWS`] rows and [`PERMUTATION_VALUES`] values: the very split of
//!   scikit-learn's `train_test_split(test_size=fraction, random_state=seed)`, so that a project in Python and one in
//!   Rust share the hold-out. It needs the number of rows beforehand.
//!   A classification's is that with `stratify=y`, over the rows that have a target.
//! - **hash**, for more: a row is held out when a hash of the seed, its file's name and its number within the file
//!   falls below the fraction. It needs nothing but the row, so data of any length stream through.

mod choose;
mod mt19937;
mod stratified;

use crate::contract::Holdout;
use crate::dataset::{Batch, Dataset};
use mt19937::Mt19937;

/// The most rows that are split by permutation.
pub const PERMUTATION_ROWS: u64 = 100_000;

/// The most values (rows times columns) that are split by permutation; 256 MiB of memory.
pub const PERMUTATION_VALUES: u64 = 1 << 25;

/// A decided split of a data set's rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Split {
    /// The split of scikit-learn's `train_test_split`.
    Permutation {
        /// Each row's place in the permutation.
        places: Vec<u32>,
        /// The rows at places below this are held out.
        held_out: u32,
    },
    /// A row is decided by its hash.
    Hash {
        /// Rows with a hash below this, of 53 bits, are held out.
        below: u64,
        /// The hash of the seed and the name, for each file.
        files: Vec<u64>,
    },
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The row is trained on; holds its cross-validation fold.
    Train(u16),
    /// The row is held out.
    HeldOut,
}

impl Split {
    /// The split of `train_test_split(test_size=fraction, random_state=seed)` for that many rows, at most 2^32 - 1.
    /// The held-out rows are `ceil(fraction * rows)`, but at least one row is left to train on.
    ///
    /// The algorithm is that of scikit-learn's `ShuffleSplit` and numpy's `RandomState.permutation` (a Fisher-Yates
    /// shuffle from the end, with bounded integers by masked rejection).
    #[must_use]
    pub fn permutation(rows: usize, holdout: Holdout) -> Self {
        let mut order: Vec<u32> = (0..rows as u32).collect();
        let mut random = Mt19937::seeded(holdout.seed);
        for i in (1..rows).rev() {
            order.swap(i, random.up_to(i as u32) as usize);
        }
        let mut places = vec![0; rows];
        for (place, &row) in order.iter().enumerate() {
            places[row as usize] = place as u32;
        }
        let held_out = (holdout.fraction * rows as f64).ceil() as usize;
        Self::Permutation { places, held_out: held_out.min(rows.saturating_sub(1)) as u32 }
    }

    /// The split by hash.
    #[must_use]
    pub fn hash(data: &Dataset, holdout: Holdout) -> Self {
        let seed = mix(u64::from(holdout.seed));
        let file_hash = |name: &str| name.bytes().fold(seed, |hash, byte| mix(hash ^ u64::from(byte)));
        let files = data.files().iter().map(|f| file_hash(&f.name)).collect();
        Self::Hash { below: hashes_below(holdout.fraction), files }
    }

    /// The method's name in the model file.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self {
            Self::Permutation { .. } => "permutation",
            Self::Hash { .. } => "hash",
        }
    }

    /// Whether the whole of the data fits in memory, by the limits above.
    #[must_use]
    pub fn fits_in_memory(&self) -> bool {
        matches!(self, Self::Permutation { .. })
    }

    /// The part of row `row` (from 0) of a batch, with the rows trained on dealt into `folds` folds. With a permutation
    /// the folds are those of scikit-learn's `KFold` on the training rows in the permutation's order.
    ///
    /// # Panics
    /// The batch is not of the data set that the split was made for.
    #[must_use]
    #[inline]
    pub fn part(&self, batch: &Batch, row: usize, folds: u16) -> Part {
        match self {
            Self::Permutation { places, held_out } => {
                let place = places[batch.index as usize + row];
                if place < *held_out {
                    return Part::HeldOut;
                }
                let (place, rows) = (u64::from(place - held_out), (places.len() - *held_out as usize) as u64);
                Part::Train(fold_of(place, rows, u64::from(folds.max(1))))
            }
            Self::Hash { below, files } => {
                let hash = mix(files[batch.file].wrapping_add(batch.first_row + row as u64));
                if hash >> 11 < *below {
                    return Part::HeldOut;
                }
                // With one fold there is nothing to choose.
                Part::Train(if folds > 1 { (mix(hash) % u64::from(folds)) as u16 } else { 0 })
            }
        }
    }
}

/// The number of hashes of 53 bits, the precision of a fraction, that are less than a fraction of all.
fn hashes_below(fraction: f64) -> u64 {
    (fraction * (1u64 << 53) as f64).ceil() as u64
}

/// The fold of the row at a place: the first `rows % folds` folds have one row more than the others.
fn fold_of(place: u64, rows: u64, folds: u64) -> u16 {
    let (small, larger) = (rows / folds, rows % folds);
    let in_larger = larger * (small + 1);
    let fold = if place < in_larger { place / (small + 1) } else { larger + (place - in_larger) / small.max(1) };
    fold as u16
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_out(split: &Split, rows: usize) -> Vec<usize> {
        let batch = Batch { rows, ..Batch::default() };
        (0..rows).filter(|&row| split.part(&batch, row, 1) == Part::HeldOut).collect()
    }

    #[test]
    fn the_permutation_is_that_of_scikit_learn() {
        // sorted(train_test_split(range(n), test_size=0.2, random_state=seed)[1]) of scikit-learn 1.9.1
        let split = |rows, seed| held_out(&Split::permutation(rows, Holdout { fraction: 0.2, seed }), rows);
        assert_eq!(split(10, 0), [2, 8]);
        assert_eq!(split(10, 42), [1, 8]);
        assert_eq!(split(25, 4_294_967_295), [4, 8, 18, 23, 24]);
        assert_eq!(split(442, 0).len(), 89);
    }

    #[test]
    fn one_row_is_trained_on_and_a_fraction_of_zero_holds_out_nothing() {
        assert_eq!(held_out(&Split::permutation(1, Holdout { fraction: 0.9, seed: 0 }), 1), [0; 0]);
        assert_eq!(held_out(&Split::permutation(50, Holdout { fraction: 0.0, seed: 0 }), 50), [0; 0]);
        assert_eq!(held_out(&Split::permutation(3, Holdout { fraction: 0.99, seed: 0 }), 3).len(), 2);
    }

    #[test]
    fn folds_have_sizes_that_differ_by_one_at_most() {
        let split = Split::permutation(103, Holdout { fraction: 0.2, seed: 5 });
        let batch = Batch { rows: 103, ..Batch::default() };
        let mut sizes = [0; 5];
        for row in 0..103 {
            if let Part::Train(fold) = split.part(&batch, row, 5) {
                sizes[fold as usize] += 1;
            }
        }
        assert_eq!(sizes, [17, 17, 16, 16, 16]);
    }

    #[test]
    fn the_hash_split_holds_out_its_share_and_depends_on_nothing_but_the_row() {
        let split = |seed| Split::Hash { below: hashes_below(0.2), files: vec![mix(seed), mix(seed ^ 99)] };
        let rows = 100_000;
        let share = held_out(&split(0), rows).len() as f64 / rows as f64;
        assert!((share - 0.2).abs() < 0.005, "{share}");
        assert_ne!(held_out(&split(0), 1000), held_out(&split(1), 1000));
        let later = Batch { rows: 1, first_row: 777, index: 12_345, ..Batch::default() };
        let whole = Batch { rows: 1000, ..Batch::default() };
        assert_eq!(split(0).part(&later, 0, 7), split(0).part(&whole, 777, 7), "however the rows are batched");
        let other_file = Batch { file: 1, rows: 1000, ..Batch::default() };
        assert!((0..1000).any(|row| split(0).part(&other_file, row, 1) != split(0).part(&whole, row, 1)));
    }
}
