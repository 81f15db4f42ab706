//! The verdict: stability index and shares of each column, held against limits.

use serde::{Deserialize, Serialize};

use super::outcomes::OutcomeFinding;
use super::reference::{Reference, Shape};
use super::tally::{Counts, Tally};

/// What stands for the predictions among the columns.
pub const PREDICTION: &str = "(prediction)";

/// Above these there is drift.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Greatest population stability index of a column.
    pub psi: f64,
    /// Greatest growth of the share of missing cells.
    pub missing: f64,
    /// Greatest share of levels that the model does not know.
    pub unseen: f64,
    /// Least number of rows that anything is said of.
    pub rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { psi: 0.2, missing: 0.05, unseen: 0.01, rows: 200 }
    }
}

/// What is beyond its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Failure {
    /// The stability index.
    Psi,
    /// The growth of the missing share.
    Missing,
    /// The share of unknown levels.
    Unseen,
}

/// One column: stability index, and shares of missing cells and unknown levels beside those in training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// The column, or [`PREDICTION`].
    pub column: String,
    /// Its stability index; absent where distributions cannot be compared.
    pub psi: Option<f64>,
    /// Share of cells without a value, 0 to 1.
    pub missing: f64,
    /// The same in training.
    pub missing_before: f64,
    /// Share of cells with a level that the model does not know, 0 to 1.
    pub unseen: f64,
    /// What is beyond its limit.
    pub failures: Vec<Failure>,
}

/// All that is found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Rows of the released model in the time that was asked for.
    pub rows: u64,
    /// Lines that are no records of this model.
    pub malformed_lines: u64,
    /// Lines of other models.
    pub other_models: u64,
    /// Whether there are rows enough to say anything.
    pub judged: bool,
    /// Whether anything is beyond its limit.
    pub drift: bool,
    /// By column; empty without rows enough.
    pub columns: Vec<Measured>,
    /// Columns that the logs leave out.
    pub not_logged: Vec<String>,
    /// What predictions were worth, where outcomes are known.
    pub outcomes: Option<OutcomeFinding>,
}

impl Finding {
    /// The finding with what predictions were worth.
    #[must_use]
    pub fn with_outcomes(self, outcomes: OutcomeFinding) -> Self {
        Self { drift: self.drift || !outcomes.failures.is_empty(), outcomes: Some(outcomes), ..self }
    }
}

/// Holds a tally against the limits.
#[must_use]
pub fn judge(tally: &Tally<'_>, limits: Limits) -> Finding {
    let judged = tally.rows >= limits.rows.max(1);
    let columns = if judged { measured(tally, limits) } else { vec![] };
    let pairs = tally.reference.columns.iter().zip(&tally.columns);
    let not_logged = pairs.filter(|(_, tally)| judged && tally.rows == 0).map(|(column, _)| column.name.clone());
    Finding {
        rows: tally.rows,
        malformed_lines: tally.malformed_lines,
        other_models: tally.other_models,
        judged,
        drift: columns.iter().any(|column| !column.failures.is_empty()),
        columns,
        not_logged: not_logged.collect(),
        outcomes: None,
    }
}

fn measured(tally: &Tally<'_>, limits: Limits) -> Vec<Measured> {
    let Reference { columns, predictions, .. } = tally.reference;
    let logged = columns.iter().zip(&tally.columns).filter(|(_, tally)| tally.rows > 0);
    let of_columns = logged.map(|(column, found)| {
        let rows = found.rows as f64;
        let total = column.count + column.missing;
        let missing_before = if total == 0 { 0.0 } else { column.missing as f64 / total as f64 };
        let psi = compare(column.shape.as_ref(), found.counts.as_ref());
        let (missing, unseen) = (found.missing as f64 / rows, found.unseen as f64 / rows);
        let beyond = [
            (Failure::Psi, psi.is_some_and(|psi| psi > limits.psi)),
            (Failure::Missing, missing - missing_before > limits.missing),
            (Failure::Unseen, unseen > limits.unseen),
        ];
        let failures = beyond.into_iter().filter(|(_, beyond)| *beyond).map(|(failure, _)| failure).collect();
        Measured { column: column.name.clone(), psi, missing, missing_before, unseen, failures }
    });
    let mut all: Vec<Measured> = of_columns.collect();
    if let Some(psi) = compare(predictions.as_ref(), tally.predictions.as_ref()) {
        let failures = if psi > limits.psi { vec![Failure::Psi] } else { vec![] };
        let column = PREDICTION.to_owned();
        all.push(Measured { column, psi: Some(psi), missing: 0.0, missing_before: 0.0, unseen: 0.0, failures });
    }
    all
}

fn compare(shape: Option<&Shape>, counts: Option<&Counts>) -> Option<f64> {
    let (shape, counts) = (shape?, counts?);
    let pairs = counts.beside(shape);
    (counts.total() > 0 && pairs.iter().any(|(before, _)| *before > 0)).then(|| psi(&pairs))
}

/// The population stability index: sum of (p - q) ln(p / q) over bins or levels, each with half a row added so that an empty one has a
/// logarithm.
#[must_use]
pub fn psi(pairs: &[(u64, u64)]) -> f64 {
    let sum = |of: fn(&(u64, u64)) -> u64| pairs.iter().map(|pair| of(pair) as f64 + 0.5).sum::<f64>();
    let (before, now) = (sum(|pair| pair.0), sum(|pair| pair.1));
    let term = |&(p, q): &(u64, u64)| {
        let (p, q) = ((p as f64 + 0.5) / before, (q as f64 + 0.5) / now);
        (p - q) * (p / q).ln()
    };
    pairs.iter().map(term).sum()
}
