//! What a report says of a sample.

use std::collections::BTreeMap;

use super::sample::Sample;
use crate::artifact::{Metrics, Model, PredictError};
use crate::drift::judge::psi;
use crate::drift::{Reference, Shape};
use crate::evaluation::{ClassMetrics, Direction, Metric, RegressionMetrics};

/// The greatest number of columns that are shuffled.
pub const COLUMNS: usize = 100;
/// How often each is.
const REPEATS: u64 = 3;
/// Rows of a group of the calibration are a tenth of all.
const BINS: usize = 10;

/// What the model predicts: numbers, or the probabilities of classes, one row after the other.
///
/// # Errors
/// A prediction is not a number.
pub fn predictions(model: &Model, rows: &[Vec<f64>]) -> Result<Vec<f64>, PredictError> {
    let mut out = vec![];
    for row in rows {
        model.predict(row, &mut out)?;
    }
    Ok(out)
}

/// The metrics of predictions.
#[must_use]
pub fn metrics(model: &Model, truths: &[f64], predictions: &[f64]) -> Metrics {
    match model.classes() {
        None => {
            let mut metrics = RegressionMetrics::default();
            truths.iter().zip(predictions).for_each(|(truth, value)| metrics.push(*truth, *value));
            metrics.finish()
        }
        Some(classes) => {
            let mut metrics = ClassMetrics::default();
            for (truth, chances) in truths.iter().zip(predictions.chunks_exact(classes.len())) {
                metrics.push(*truth as usize, chances, model.file().task.decide(chances));
            }
            metrics.finish()
        }
    }
}

/// How much worse the metric gets when a column is shuffled, the mean of some times: the greatest first. Empty where the
/// metric is not defined.
///
/// The method is permutation importance (Breiman, "Random Forests", 2001).
///
/// # Errors
/// A prediction is not a number.
pub fn importance(
    model: &Model,
    sample: &Sample,
    metric: Metric,
    direction: Direction,
) -> Result<Vec<(String, f64)>, PredictError> {
    let whole = metric.of(&metrics(model, &sample.truths, &predictions(model, &sample.rows)?));
    let Some(whole) = whole else { return Ok(vec![]) };
    let sign = if direction == Direction::Maximize { 1.0 } else { -1.0 };
    let mut all = vec![];
    for (column, feature) in model.features().iter().enumerate().take(COLUMNS) {
        let mut losses = vec![];
        for seed in 0..REPEATS {
            let mut rows = sample.rows.clone();
            for (row, from) in shuffled(rows.len(), seed).into_iter().enumerate() {
                rows[row][column] = sample.rows[from][column];
            }
            let found = metric.of(&metrics(model, &sample.truths, &predictions(model, &rows)?));
            losses.extend(found.map(|found| sign * (whole - found)));
        }
        if !losses.is_empty() {
            all.push((feature.input.name.clone(), losses.iter().sum::<f64>() / losses.len() as f64));
        }
    }
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(all)
}

/// The numbers up to `count` in an order that only the seed decides (Fisher and Yates; SplitMix64, Steele and others, 2014).
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = seed;
    for last in (1..count).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        order.swap(last, ((mixed ^ (mixed >> 31)) % (last as u64 + 1)) as usize);
    }
    order
}

/// A column of the sample beside the training rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Drifted {
    /// The column.
    pub column: String,
    /// Its stability index; absent where distributions cannot be compared.
    pub psi: Option<f64>,
    /// Share of rows without a value, 0 to 1.
    pub missing: f64,
    /// The same in training.
    pub missing_before: f64,
}

/// Each column of the sample beside the training rows, as the drift of scored rows is measured.
#[must_use]
pub fn drift(model: &Model, sample: &Sample) -> Vec<Drifted> {
    let reference = Reference::of(model, &[]);
    let one = |(place, column): (usize, &crate::drift::ColumnReference)| {
        let values: Vec<f64> = sample.rows.iter().map(|row| row[place]).filter(|value| !value.is_nan()).collect();
        let pairs: Option<Vec<(u64, u64)>> = column.shape.as_ref().map(|shape| match shape {
            Shape::Numbers(numbers) => {
                let mut now = vec![0; numbers.counts.len()];
                values.iter().for_each(|value| now[numbers.bin(*value)] += 1);
                numbers.counts.iter().copied().zip(now).collect()
            }
            Shape::Levels(levels) => {
                let mut now: BTreeMap<&str, u64> = BTreeMap::new();
                for level in values.iter().filter_map(|value| column.levels.get(*value as usize)) {
                    *now.entry(level).or_default() += 1;
                }
                levels
                    .levels
                    .iter()
                    .map(|(name, before)| (*before, now.get(name.as_str()).copied().unwrap_or(0)))
                    .collect()
            }
        });
        let share = |part: u64, all: u64| if all == 0 { 0.0 } else { part as f64 / all as f64 };
        let rows = sample.rows.len() as u64;
        Drifted {
            column: column.name.clone(),
            psi: pairs
                .filter(|pairs| !values.is_empty() && pairs.iter().any(|(before, _)| *before > 0))
                .map(|p| psi(&p)),
            missing: share(rows - values.len() as u64, rows),
            missing_before: share(column.missing, column.count + column.missing),
        }
    };
    reference.columns.iter().enumerate().map(one).collect()
}

/// Mean of what was predicted and of what was observed, with the rows, in groups of equally many: of the numbers, or of the
/// last class's probability.
#[must_use]
pub fn calibration(model: &Model, truths: &[f64], predictions: &[f64]) -> Vec<(f64, f64, usize)> {
    let mut pairs: Vec<(f64, f64)> = match model.classes() {
        None => predictions.iter().copied().zip(truths.iter().copied()).collect(),
        Some(classes) => {
            let last = classes.len() - 1;
            let hit = |truth: &f64| f64::from(u8::from(*truth as usize == last));
            predictions.chunks_exact(classes.len()).map(|p| p[last]).zip(truths.iter().map(hit)).collect()
        }
    };
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mean = |part: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| part.iter().map(of).sum::<f64>() / part.len() as f64;
    let groups = pairs.chunks(pairs.len().div_ceil(BINS).max(1));
    groups.map(|part| (mean(part, |pair| pair.0), mean(part, |pair| pair.1), part.len())).collect()
}
