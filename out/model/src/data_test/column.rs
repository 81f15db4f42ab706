//! What one column holds: bad cells, values out of bounds, moments, and counts in the baseline's bins.

use super::check::{Check, Outcome, verdict};
use crate::artifact::{ColumnBaseline, Histogram};
use crate::contract::{Column, ColumnType, Unknown};
use crate::dataset::{Batch, DataFile, Problem};
use crate::statistics::{Accumulator, Moments, Sketch, standard_deviation};

/// How often something happened, and where first.
#[derive(Debug, Clone, Default)]
struct Tally {
    count: u64,
    first: Option<String>,
}

impl Tally {
    fn add(&mut self, describe: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.is_none() {
            self.first = Some(describe());
        }
    }

    /// Passed when it never happened.
    fn verdict(&self, what: &str) -> Outcome {
        match &self.first {
            None => Outcome::Passed(format!("no value {what}")),
            Some(first) => Outcome::Failed(format!("{} values {what}, the first at {first}", self.count)),
        }
    }
}

/// What one column holds.
#[derive(Debug)]
pub(super) struct ColumnTally {
    column: Column,
    missing: Tally,
    not_values: Tally,
    out_of_range: Tally,
    not_allowed: Tally,
    not_integers: Tally,
    unknown_levels: Tally,
    /// The levels that are known: the contract's, or those of the baseline.
    levels: Option<Vec<String>>,
    moments: Accumulator,
    sketch: Sketch,
    binned: Option<Binned>,
}

/// Counts in the bins of a baseline.
#[derive(Debug, Clone)]
pub(super) struct Binned {
    pub baseline: ColumnBaseline,
    /// The values below the first bin, in each bin, and above the last.
    pub counts: Vec<u64>,
}

impl Binned {
    fn new(baseline: ColumnBaseline) -> Self {
        Self { counts: vec![0; baseline.histogram.counts.len() + 2], baseline }
    }

    fn push(&mut self, values: &[f64]) {
        let Histogram { first, counts, .. } = &self.baseline.histogram;
        let (width, first, last) = (self.baseline.histogram.width(), *first as f64, counts.len() as f64);
        for value in values {
            // Beyond the ends the number of the bin may be anything, so it is bounded before it becomes an index.
            let bin = ((value / width).floor() - first).clamp(-1.0, last);
            self.counts[(bin + 1.0) as usize] += 1;
        }
    }
}

impl ColumnTally {
    pub fn new(column: Column, baseline: Option<(ColumnBaseline, Vec<String>)>) -> Self {
        let (baseline, levels) = baseline.unzip();
        Self {
            levels: column.levels.clone().or(levels).filter(|_| column.kind == ColumnType::Category),
            column,
            missing: Tally::default(),
            not_values: Tally::default(),
            out_of_range: Tally::default(),
            not_allowed: Tally::default(),
            not_integers: Tally::default(),
            unknown_levels: Tally::default(),
            moments: Accumulator::new(1),
            sketch: Sketch::default(),
            binned: baseline.map(Binned::new),
        }
    }

    pub fn column(&self) -> &Column {
        &self.column
    }

    pub fn has_baseline(&self) -> bool {
        self.binned.is_some()
    }

    pub fn binned(&self) -> Option<&Binned> {
        self.binned.as_ref()
    }

    /// The moments of the column's values.
    pub fn moments(&self) -> Moments {
        self.moments.clone().finish()
    }

    /// The sample standard deviation of the column's values.
    pub fn standard_deviation(&self) -> f64 {
        let moments = self.moments();
        self.sketch.summary().map_or(0.0, |(_, _, histogram)| standard_deviation(&moments, 0, histogram))
    }

    /// Adds the column at `place` of a batch.
    pub fn push(&mut self, batch: &Batch, place: usize, file: &DataFile) {
        let at = |row: usize| format!("{}: row {}", file.path.display(), batch.first_row + row as u64 + 1);
        for problem in batch.problems.iter().filter(|p| p.column == place) {
            let tally = match problem.problem {
                Problem::Missing => &mut self.missing,
                Problem::NotInteger(_) => &mut self.not_integers,
                _ => &mut self.not_values,
            };
            tally.add(|| format!("{}: {}", at(problem.row), problem.problem));
        }
        let column = &self.column;
        let (min, max) = (column.min.unwrap_or(f64::NEG_INFINITY), column.max.unwrap_or(f64::INFINITY));
        if column.kind == ColumnType::Category {
            return self.push_levels(batch, place, at);
        }
        let mut values = Vec::with_capacity(batch.rows);
        for (row, &value) in batch.columns[place].iter().enumerate() {
            if value.is_nan() {
                continue;
            }
            values.push(value);
            let describe = || format!("{}: {value}", at(row));
            if value < min || value > max {
                self.out_of_range.add(describe);
            }
            if !column.allowed.is_empty() && !column.allowed.contains(&value) {
                self.not_allowed.add(describe);
            }
            if column.kind == ColumnType::Integer && value.fract() != 0.0 {
                self.not_integers.add(describe);
            }
        }
        self.push_values(&values);
    }

    fn push_values(&mut self, values: &[f64]) {
        self.moments.push_columns(&[values]);
        self.sketch.push(values);
        if let Some(binned) = &mut self.binned {
            binned.push(values);
        }
    }

    /// Adds a category: the indices of the known levels, as the baseline counts them.
    fn push_levels(&mut self, batch: &Batch, place: usize, at: impl Fn(usize) -> String) {
        let Some(levels) = &self.levels else { return };
        let texts = &batch.texts[place];
        let index = |text: &String| levels.iter().position(|level| level == text).map(|index| index as f64);
        let known: Vec<Option<f64>> = texts.iter().map(index).collect();
        let mut values = Vec::with_capacity(batch.rows);
        for (row, value) in batch.columns[place].iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            match known[*value as usize] {
                Some(index) => values.push(index),
                None => self.unknown_levels.add(|| format!("{}: '{}'", at(row), texts[*value as usize])),
            }
        }
        self.push_values(&values);
    }

    /// The names of the value checks that the contract asks for, and their outcomes.
    pub fn value_checks(&self) -> Vec<Check> {
        let column = &self.column;
        let missing = match (&self.missing.first, column.required) {
            (Some(first), true) => {
                Outcome::Failed(format!("{} values are missing, the first at {first}", self.missing.count))
            }
            _ => Outcome::Passed(format!("{} values are missing", self.missing.count)),
        };
        let range = match (column.min, column.max) {
            (None, None) => None,
            (min, max) => {
                let end = |v: Option<f64>| v.map_or_else(|| "any".to_owned(), |v| v.to_string());
                Some(self.out_of_range.verdict(&format!("outside {} to {}", end(min), end(max))))
            }
        };
        let list = || column.allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let allowed = (!column.allowed.is_empty()).then(|| self.not_allowed.verdict(&format!("other than {}", list())));
        let integers = (column.kind == ColumnType::Integer).then(|| self.not_integers.verdict("with a fraction"));
        let (values, wrong) = match column.kind {
            ColumnType::Number | ColumnType::Integer => ("every value is a number", "that are no finite number"),
            ColumnType::Boolean => ("every value is yes or no", "that are neither yes nor no"),
            ColumnType::Datetime => ("every value is a moment", "that are no moment"),
            ColumnType::Category | ColumnType::Text => ("every value is text", "that are not in the file's encoding"),
        };
        let refused = column.unknown == Unknown::Refuse && self.levels.is_some();
        let levels = refused.then(|| self.unknown_levels.verdict("of an unknown level"));
        let outcomes = [
            ("no value is missing", Some(missing)),
            (values, Some(self.not_values.verdict(wrong))),
            ("every level is known", levels),
            ("every value is an integer", integers),
            ("every value is in range", range),
            ("every value is allowed", allowed),
        ];
        self.checks(outcomes)
    }

    /// The same checks for a column that could not be read.
    pub fn skipped_checks(&self) -> Vec<Check> {
        let mut checks = self.value_checks();
        for check in &mut checks {
            check.outcome = Outcome::Skipped("the column could not be read".to_owned());
        }
        checks
    }

    fn checks(&self, outcomes: [(&str, Option<Outcome>); 6]) -> Vec<Check> {
        let outcomes = outcomes.into_iter().filter_map(|(name, outcome)| outcome.map(|outcome| (name, outcome)));
        outcomes.map(|(name, outcome)| Check::new("values", format!("{}: {name}", self.column.name), outcome)).collect()
    }

    /// The column in the data, as a baseline would describe it.
    pub fn summary(&self) -> Option<ColumnBaseline> {
        let moments = self.moments();
        let (min, max, histogram) = self.sketch.summary()?;
        Some(ColumnBaseline {
            count: moments.rows,
            missing: self.missing.count,
            mean: moments.means[0],
            standard_deviation: standard_deviation(&moments, 0, histogram),
            min,
            max,
            histogram: histogram.clone(),
        })
    }
}

/// A check that compares a number with a limit.
pub(super) fn limit_check(column: &str, name: &str, good: bool, found: String) -> Check {
    Check::new("distribution", format!("{column}: {name}"), verdict(good, found))
}
