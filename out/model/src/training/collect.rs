//! The statistics of the rows trained on and of those held out.

use super::prepare::Prepared;
use super::sorted::Sorted;
use crate::artifact::ColumnBaseline;
use crate::dataset::Batch;
use crate::encoding::{Encoded, Input};
use crate::split::Split;
use crate::statistics::{Accumulator, Moments, Sketch, standard_deviation};

/// Of data that stream through, one row in this many goes into the histograms; which one does depends on nothing but its
/// number in the file, so that shards have the sample of one process.
const SAMPLE: u64 = 8;

/// Collects statistics of streamed batches.
pub(super) struct Collector {
    /// Which encoded columns have a histogram: those that are columns of the data too.
    sketched: Vec<bool>,
    /// The columns that are encoded to something else.
    raw: Vec<Raw>,
    folds: Vec<Accumulator>,
    held_out: Accumulator,
    sketches: [Vec<Sketch>; 2],
    rows: u64,
    skipped: u64,
    sorted: Sorted,
    sample: Vec<u32>,
}

/// A column that is encoded to something else, as it is in the data.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    input: Input,
    place: usize,
    /// Of the rows trained on and of those held out.
    tallies: [RawTally; 2],
}

#[derive(Debug, Clone, Default)]
struct RawTally {
    values: Vec<f64>,
    moments: Option<Moments>,
    sketch: Sketch,
    missing: u64,
}

impl Raw {
    fn push(&mut self, batch: &Batch, rows: &[u32], part: usize) {
        let (values, _) = self.input.values(batch, self.place);
        let RawTally { values: own, moments, sketch, missing } = &mut self.tallies[part];
        own.clear();
        own.extend(rows.iter().map(|&row| values[row as usize]).filter(|v| !v.is_nan()));
        *missing += (rows.len() - own.len()) as u64;
        // A level that is passed over has no place among the others.
        own.retain(|v| self.input.levels.is_empty() || *v >= 0.0);
        let mut sums = Accumulator::new(1);
        sums.push_columns(&[own]);
        match moments {
            Some(moments) => moments.merge(&sums.finish()),
            None => *moments = Some(sums.finish()),
        }
        sketch.push(own);
    }

    /// The column in the rows trained on, or in all.
    fn baseline(&self, with_held_out: bool) -> Option<ColumnBaseline> {
        let [train, held_out] = &self.tallies;
        let mut sum = train.clone();
        if with_held_out {
            sum.sketch.merge(&held_out.sketch);
            sum.missing += held_out.missing;
            match (&mut sum.moments, &held_out.moments) {
                (Some(moments), Some(others)) => moments.merge(others),
                (none, others) => none.clone_from(others),
            }
        }
        let moments = sum.moments?;
        let (min, max, histogram) = sum.sketch.summary()?;
        Some(ColumnBaseline {
            count: moments.rows,
            missing: sum.missing,
            mean: moments.means[0],
            standard_deviation: standard_deviation(&moments, 0, histogram),
            min,
            max,
            histogram: histogram.clone(),
        })
    }
}

/// How values are distributed; `None` of no value, or where that is beyond the range of f64.
pub(super) fn baseline_of(values: &[f64]) -> Option<ColumnBaseline> {
    let mut sketch = Sketch::default();
    sketch.push(values);
    let mut sums = Accumulator::new(1);
    sums.push_columns(&[values]);
    let moments = sums.finish();
    let (min, max, histogram) = sketch.summary()?;
    let (mean, standard_deviation) = (moments.means[0], standard_deviation(&moments, 0, histogram));
    let finite = [mean, standard_deviation, min, max].iter().all(|value| value.is_finite());
    let baseline = ColumnBaseline {
        count: moments.rows,
        missing: 0,
        mean,
        standard_deviation,
        min,
        max,
        histogram: histogram.clone(),
    };
    finite.then_some(baseline)
}

/// What was collected.
#[derive(Debug, Clone)]
pub(super) struct Collected {
    /// The moments of each fold's rows.
    pub folds: Vec<Moments>,
    pub held_out: Moments,
    pub train_sketches: Vec<Sketch>,
    pub held_out_sketches: Vec<Sketch>,
    /// The columns that are encoded to something else.
    pub raw: Vec<Raw>,
    /// The rows read.
    pub rows: u64,
    /// The rows left out for lack of a value.
    pub skipped: u64,
}

impl Collector {
    /// For the encoded columns of prepared data.
    pub fn of(prepared: &Prepared<'_>, folds: u16) -> Self {
        let inputs = prepared.inputs.iter().zip(&prepared.places);
        let sketched = prepared.inputs.iter().flat_map(|input| vec![input.is_plain(); input.width()]).chain([true]);
        let raw = inputs.filter(|(input, _)| !input.is_plain());
        let raw = raw.map(|(input, &place)| Raw { input: input.clone(), place, tallies: Default::default() });
        Self { raw: raw.collect(), sketched: sketched.collect(), ..Self::new(prepared.width(), folds) }
    }

    /// For columns that are taken as they are.
    pub fn new(width: usize, folds: u16) -> Self {
        Self {
            sketched: vec![true; width],
            raw: vec![],
            folds: (0..folds.max(1)).map(|_| Accumulator::new(width)).collect(),
            held_out: Accumulator::new(width),
            sketches: [vec![Sketch::default(); width], vec![Sketch::default(); width]],
            rows: 0,
            skipped: 0,
            sorted: Sorted::default(),
            sample: vec![],
        }
    }

    pub fn push(&mut self, batch: &Batch, encoded: &Encoded<'_>, split: &Split) {
        self.sorted.sort(batch, encoded.incomplete.as_deref(), split, self.folds.len() as u16);
        let columns: Vec<&[f64]> = encoded.columns.iter().map(|column| &**column).collect();
        let sketched = &self.sketched;
        let [train, held_out] = &mut self.sketches;
        let sampled = !split.fits_in_memory();
        let mut collect = |moments: &mut Accumulator, sketches: &mut [Sketch], rows: &[u32]| {
            let ranges = moments.push_selected(&columns, rows);
            let in_sample = |row: u32| !sampled || (batch.first_row + u64::from(row)).is_multiple_of(SAMPLE);
            let sample = choose(rows, in_sample, &mut self.sample);
            for (index, (sketch, values)) in
                sketches.iter_mut().zip(&columns).enumerate().filter(|(index, _)| sketched[*index])
            {
                sketch.push_sample(ranges.of(index), sample.iter().map(|&row| values[row as usize]));
            }
        };
        for (fold, rows) in self.folds.iter_mut().zip(&self.sorted.folds) {
            collect(fold, train, rows);
        }
        collect(&mut self.held_out, held_out, &self.sorted.held_out);
        for raw in &mut self.raw {
            self.sorted.folds.iter().for_each(|rows| raw.push(batch, rows, 0));
            raw.push(batch, &self.sorted.held_out, 1);
        }
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
            raw: self.raw,
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

/// The baselines of the inputs and, last, of the target; `None` of one without a value.
pub(super) fn baselines(
    inputs: &[Input],
    moments: &Moments,
    sketches: &[Sketch],
    raw: &[Raw],
    with_held_out: bool,
) -> Vec<Option<ColumnBaseline>> {
    let plain = |at: usize| {
        let (min, max, histogram) = sketches[at].summary()?;
        Some(ColumnBaseline {
            count: moments.rows,
            missing: 0,
            mean: moments.means[at],
            standard_deviation: standard_deviation(moments, at, histogram),
            min,
            max,
            histogram: histogram.clone(),
        })
    };
    let (mut at, mut raw) = (0, raw.iter());
    let mut all: Vec<_> = inputs
        .iter()
        .map(|input| {
            let first = at;
            at += input.width();
            if input.is_plain() { plain(first) } else { raw.next().and_then(|raw| raw.baseline(with_held_out)) }
        })
        .collect();
    all.push(plain(at));
    all
}
