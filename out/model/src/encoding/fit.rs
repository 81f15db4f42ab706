//! Finding in the training rows what the contract leaves to them: levels, and values for missing cells.

use super::Input;
use crate::contract::{Column, ColumnType, Constant, DataContract, Unknown, WhenMissing};
use crate::dataset::Batch;
use std::collections::{BTreeMap, HashMap};

/// Collects what the inputs of a contract need to know of the training rows.
#[derive(Debug)]
pub struct Fitting {
    columns: Vec<(usize, Column, Found)>,
}

/// What great values are multiplied by, so that no sum of them is beyond the largest number.
const SHRUNK: f64 = 1.0 / (1u64 << 60) as f64;

/// A sum with its rounding error (Neumaier's, as in the metrics).
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    sum: f64,
    error: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        let next = self.sum + value;
        let (great, small) = if self.sum.abs() >= value.abs() { (self.sum, value) } else { (value, self.sum) };
        self.error += (great - next) + small;
        self.sum = next;
    }

    fn total(self) -> f64 {
        self.sum + self.error
    }
}

/// What is collected of one column.
#[derive(Debug)]
enum Found {
    /// Nothing is needed.
    Nothing,
    /// How often each text occurs.
    Levels(BTreeMap<String, u64>),
    /// The sum of the values, that of the values times [`SHRUNK`], and their number.
    Mean { sum: Sum, shrunk: Sum, count: u64 },
    /// All values.
    Values(Vec<f64>),
    /// How often each value occurs, by its bits.
    Counts(HashMap<u64, u64>),
}

/// A column has no value in the training rows from which one for missing cells could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "column '{column}' has no value in any training row, so that nothing can take the place of missing ones: leave the column out, \
     or give a constant in its when_missing"
)]
pub struct NoValues {
    /// The column.
    pub column: String,
}

impl Fitting {
    /// Nothing yet, of the features of a contract.
    #[must_use]
    pub fn new(contract: &DataContract) -> Self {
        let features = contract.columns().iter().enumerate().filter(|(i, _)| *i != contract.target_index());
        Self { columns: features.map(|(place, column)| (place, column.clone(), Found::of(column))).collect() }
    }

    /// Whether the contract says everything, so that no row need be seen.
    #[must_use]
    pub fn needs_nothing(&self) -> bool {
        self.columns.iter().all(|(.., found)| matches!(found, Found::Nothing))
    }

    /// Whether rows without a value in a column of the batch are left out.
    #[must_use]
    pub fn drops(&self, place: usize) -> bool {
        let column = self.columns.iter().find(|(at, ..)| *at == place).map(|(_, column, _)| column);
        // A target is never made up.
        column.is_none_or(|column| matches!(column.when_missing(), None | Some(WhenMissing::DropRow)))
    }

    /// Adds training rows of a batch of the contract's columns.
    pub fn push(&mut self, batch: &Batch, rows: &[u32]) {
        for (place, _, found) in &mut self.columns {
            let values = || rows.iter().map(|&row| batch.columns[*place][row as usize]).filter(|v| !v.is_nan());
            match found {
                Found::Nothing => {}
                Found::Levels(levels) => {
                    let mut counts = vec![0; batch.texts[*place].len()];
                    values().for_each(|text| counts[text as usize] += 1);
                    for (text, count) in batch.texts[*place].iter().zip(counts).filter(|(_, count)| *count > 0) {
                        *levels.entry(text.clone()).or_default() += count;
                    }
                }
                Found::Mean { sum, shrunk, count } => {
                    for value in values() {
                        sum.add(value);
                        shrunk.add(value * SHRUNK);
                        *count += 1;
                    }
                }
                Found::Values(all) => all.extend(values()),
                // Zero has two bit patterns.
                Found::Counts(counts) => values().for_each(|v| *counts.entry((v + 0.0).to_bits()).or_default() += 1),
            }
        }
    }

    /// The inputs, in the contract's order.
    ///
    /// # Errors
    /// A column has no value although one is needed.
    pub fn finish(self) -> Result<Vec<Input>, NoValues> {
        self.columns.into_iter().map(|(_, column, found)| finish(&column, found)).collect()
    }
}

impl Found {
    fn of(column: &Column) -> Self {
        let rule = column.when_missing();
        if column.kind == ColumnType::Category {
            let counted = rule == Some(WhenMissing::MostFrequent) || column.unknown == Unknown::MostFrequent;
            return if column.levels.is_none() || counted { Self::Levels(BTreeMap::new()) } else { Self::Nothing };
        }
        match rule {
            Some(WhenMissing::Mean | WhenMissing::Indicator) => {
                Self::Mean { sum: Sum::default(), shrunk: Sum::default(), count: 0 }
            }
            Some(WhenMissing::Median) => Self::Values(vec![]),
            Some(WhenMissing::MostFrequent) => Self::Counts(HashMap::new()),
            _ => Self::Nothing,
        }
    }
}

fn finish(column: &Column, found: Found) -> Result<Input, NoValues> {
    let mut input = Input::of(column);
    let none = || NoValues { column: column.name.clone() };
    match found {
        Found::Nothing => {}
        Found::Levels(mut counts) => {
            if let Some(WhenMissing::Constant(Constant::Text(text))) = column.when_missing() {
                counts.entry(text).or_default();
            }
            if column.levels.is_none() {
                input.levels = counts.keys().cloned().collect();
            }
            if input.levels.is_empty() {
                return Err(none());
            }
            let index_of = |text: &str| input.levels.iter().position(|level| level == text);
            // The first of equals in the order of the texts.
            let known = counts.iter().filter(|(text, count)| **count > 0 && index_of(text).is_some());
            let best = known.fold(None, |best: Option<(&String, u64)>, (text, &count)| match best {
                Some((_, most)) if most >= count => best,
                _ => Some((text, count)),
            });
            let most_frequent = best.and_then(|(text, _)| index_of(text));
            match column.when_missing() {
                Some(WhenMissing::MostFrequent) => input.fill = Some(most_frequent.ok_or_else(none)? as f64),
                Some(WhenMissing::Constant(Constant::Text(text))) => input.fill = index_of(&text).map(|i| i as f64),
                _ => {}
            }
            if column.unknown == Unknown::MostFrequent {
                input.most_frequent = Some(most_frequent.ok_or_else(none)?);
            }
        }
        Found::Mean { count: 0, .. } => return Err(none()),
        Found::Mean { sum, shrunk, count } => {
            let mean = sum.total() / count as f64;
            // Exact powers of two: only a sum beyond the largest number is worse than the shrunk one.
            input.fill = Some(if mean.is_finite() { mean } else { shrunk.total() / count as f64 / SHRUNK });
        }
        Found::Values(mut values) => {
            let n = values.len();
            if n == 0 {
                return Err(none());
            }
            values.sort_unstable_by(f64::total_cmp);
            input.fill = Some(f64::midpoint(values[(n - 1) / 2], values[n / 2]));
        }
        Found::Counts(counts) => {
            let values = counts.iter().map(|(bits, count)| (f64::from_bits(*bits), *count));
            let best = values.reduce(|a, b| if b.1 > a.1 || (b.1 == a.1 && b.0 < a.0) { b } else { a });
            input.fill = Some(best.ok_or_else(none)?.0);
        }
    }
    Ok(input)
}
