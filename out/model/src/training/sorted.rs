//! The rows of a batch, sorted by what becomes of them.

use crate::dataset::Batch;
use crate::split::{Part, Split};

/// The rows of a batch, sorted by what becomes of them. Its lists are used again for the next batch.
#[derive(Default)]
pub(super) struct Sorted {
    /// The rows trained on, by fold.
    pub folds: Vec<Vec<u32>>,
    pub held_out: Vec<u32>,
    /// The number of rows left out for lack of a value.
    pub skipped: u64,
}

impl Sorted {
    /// Sorts the rows of a batch.
    pub fn sort(&mut self, batch: &Batch, incomplete: Option<&[bool]>, split: &Split, folds: u16) {
        let folds = folds.max(1);
        self.folds.resize(usize::from(folds), vec![]);
        self.folds.iter_mut().chain([&mut self.held_out]).for_each(Vec::clear);
        self.skipped = 0;
        if incomplete.is_none() && folds == 1 {
            return self.part(batch.rows, |row| split.part(batch, row, 1) == Part::HeldOut);
        }
        for row in 0..batch.rows {
            if incomplete.is_some_and(|rows| rows[row]) {
                self.skipped += 1;
                continue;
            }
            match split.part(batch, row, folds) {
                Part::Train(fold) => self.folds[usize::from(fold)].push(row as u32),
                Part::HeldOut => self.held_out.push(row as u32),
            }
        }
    }

    /// Sorts rows into those trained on and those held out. Which one a row is cannot be foretold, so there is no branch:
    /// it is written to both lists, and only one of them moves on.
    fn part(&mut self, rows: usize, is_held_out: impl Fn(usize) -> bool) {
        let (train, held_out) = (&mut self.folds[0], &mut self.held_out);
        train.resize(rows, 0);
        held_out.resize(rows, 0);
        let (mut trained, mut held) = (0, 0);
        for row in 0..rows {
            train[trained] = row as u32;
            held_out[held] = row as u32;
            let is_held_out = usize::from(is_held_out(row));
            held += is_held_out;
            trained += 1 - is_held_out;
        }
        train.truncate(trained);
        held_out.truncate(held);
    }
}
