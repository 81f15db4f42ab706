//! The statistics of the rows trained on and of those held out.

use crate::artifact::ColumnBaseline;
use crate::contract::DataContract;
use crate::dataset::Batch;
use crate::split::{Part, Split};
use crate::statistics::{Accumulator, Moments, Sketch};

/// The order of the columns in statistics: the features, then the target. Holds indices of contract columns.
pub(super) fn statistics_order(contract: &DataContract) -> Vec<usize> {
    let target = contract.target_index();
    (0..contract.columns().len()).filter(|&i| i != target).chain([target]).collect()
}

/// Of data that stream through, one row in this many goes into the histograms; which one does depends on nothing but its
/// number in the file, so that shards have the sample of one process.
const SAMPLE: u64 = 8;

/// Collects statistics of streamed batches.
pub(super) struct Collector {
    order: Vec<usize>,
    folds: Vec<Accumulator>,
    held_out: Accumulator,
    sketches: [Vec<Sketch>; 2],
    rows: u64,
    skipped: u64,
    sorted: Sorted,
    sample: Vec<u32>,
}

/// What was collected.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Collected {
    /// The moments of each fold's rows.
    pub folds: Vec<Moments>,
    pub held_out: Moments,
    pub train_sketches: Vec<Sketch>,
    pub held_out_sketches: Vec<Sketch>,
    /// The rows read.
    pub rows: u64,
    /// The rows left out for lack of a value.
    pub skipped: u64,
}

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
    pub fn sort(&mut self, batch: &Batch, split: &Split, folds: u16) {
        let folds = folds.max(1);
        self.folds.resize(usize::from(folds), vec![]);
        self.folds.iter_mut().chain([&mut self.held_out]).for_each(Vec::clear);
        self.skipped = 0;
        let incomplete = batch.incomplete_rows();
        if incomplete.is_none() && folds == 1 {
            return self.part(batch.rows, |row| split.part(batch, row, 1) == Part::HeldOut);
        }
        for row in 0..batch.rows {
            if incomplete.as_ref().is_some_and(|rows| rows[row]) {
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

impl Collector {
    pub fn new(contract: &DataContract, folds: u16) -> Self {
        let order = statistics_order(contract);
        let width = order.len();
        Self {
            folds: (0..folds.max(1)).map(|_| Accumulator::new(width)).collect(),
            held_out: Accumulator::new(width),
            sketches: [vec![Sketch::default(); width], vec![Sketch::default(); width]],
            order,
            rows: 0,
            skipped: 0,
            sorted: Sorted::default(),
            sample: vec![],
        }
    }

    pub fn push(&mut self, batch: &Batch, split: &Split) {
        self.sorted.sort(batch, split, self.folds.len() as u16);
        let columns: Vec<&[f64]> = self.order.iter().map(|&i| batch.columns[i].as_slice()).collect();
        let [train, held_out] = &mut self.sketches;
        let sampled = !split.fits_in_memory();
        let mut collect = |moments: &mut Accumulator, sketches: &mut [Sketch], rows: &[u32]| {
            let ranges = moments.push_selected(&columns, rows);
            let in_sample = |row: u32| !sampled || (batch.first_row + u64::from(row)).is_multiple_of(SAMPLE);
            let sample = choose(rows, in_sample, &mut self.sample);
            for (index, (sketch, values)) in sketches.iter_mut().zip(&columns).enumerate() {
                sketch.push_sample(ranges.of(index), sample.iter().map(|&row| values[row as usize]));
            }
        };
        for (fold, rows) in self.folds.iter_mut().zip(&self.sorted.folds) {
            collect(fold, train, rows);
        }
        collect(&mut self.held_out, held_out, &self.sorted.held_out);
        self.rows += batch.rows as u64;
        self.skipped += self.sorted.skipped;
    }

    pub fn finish(self) -> Collected {
        let [train_sketches, held_out_sketches] = self.sketches;
        Collected {
            folds: self.folds.into_iter().map(Accumulator::finish).collect(),
            held_out: self.held_out.finish(),
            train_sketches,
            held_out_sketches,
            rows: self.rows,
            skipped: self.skipped,
        }
    }
}

/// The rows that are wanted, in a list that is used again; without a branch, as in [`Sorted::part`].
fn choose<'a>(rows: &[u32], is_wanted: impl Fn(u32) -> bool, list: &'a mut Vec<u32>) -> &'a [u32] {
    list.resize(list.len().max(rows.len()), 0);
    let mut count = 0;
    for &row in rows {
        list[count] = row;
        count += usize::from(is_wanted(row));
    }
    &list[..count]
}

impl Collected {
    /// The moments of all rows trained on.
    pub fn train(&self) -> Moments {
        let mut sum = Moments::empty(self.held_out.width());
        self.folds.iter().for_each(|fold| sum.merge(fold));
        sum
    }

    /// Adds the held-out rows to those trained on.
    pub fn with_held_out(&self) -> (Moments, Vec<Sketch>) {
        let mut moments = self.train();
        moments.merge(&self.held_out);
        let mut sketches = self.train_sketches.clone();
        sketches.iter_mut().zip(&self.held_out_sketches).for_each(|(a, b)| a.merge(b));
        (moments, sketches)
    }
}

/// The baselines of columns with at least one row.
pub(super) fn baselines(moments: &Moments, sketches: &[Sketch]) -> Vec<ColumnBaseline> {
    let with_values = sketches.iter().enumerate().filter_map(|(i, sketch)| sketch.summary().map(|s| (i, s)));
    with_values
        .map(|(i, (min, max, histogram))| ColumnBaseline {
            count: moments.rows,
            mean: moments.means[i],
            standard_deviation: moments.standard_deviation(i),
            min,
            max,
            histogram: histogram.clone(),
        })
        .collect()
}
