//! Comparing a challenger with the champion on the same held-out rows.

mod decision;
mod metrics;
#[cfg(test)]
mod tests;

pub use decision::{Decision, Rule};
pub use metrics::{Direction, Metric, RegressionMetrics};

use crate::artifact::{Metrics, Model, PredictError};
use crate::contract::DataContract;
use crate::dataset::{Batch, DataError, Dataset, Share};
use crate::split::{Part, Split};

/// The metrics of both models on the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The challenger's metrics.
    pub challenger: Metrics,
    /// The champion's, if there is a champion.
    pub champion: Option<Metrics>,
}

/// Why models cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A model predicts another column.
    #[error("the {role} predicts '{found}', the contract's target is '{expected}'")]
    Target {
        /// `challenger` or `champion`.
        role: &'static str,
        /// The model's target.
        found: String,
        /// The contract's target.
        expected: String,
    },
    /// A model needs a column that the contract does not have.
    #[error(
        "the {role} has the feature '{feature}', which the data contract has not: train the challenger anew, or empty the \
         champion folder to begin a new line of models"
    )]
    Feature {
        /// `challenger` or `champion`.
        role: &'static str,
        /// The feature.
        feature: String,
    },
    /// A model's prediction is not a number.
    #[error("row {row}: {source}")]
    Predict {
        /// The row of the data set, from 1.
        row: u64,
        /// What is wrong.
        source: PredictError,
    },
    /// There is nothing to evaluate on.
    #[error("no complete row is held out of {rows}: give more data, or a larger holdout.fraction in the data contract")]
    NoRows {
        /// The rows read.
        rows: u64,
    },
    /// The metric is not defined on these rows.
    #[error(
        "{metric} is not defined on the {rows} held-out rows, because their targets are all the same: use another metric"
    )]
    Undefined {
        /// The metric.
        metric: &'static str,
        /// The number of rows.
        rows: u64,
    },
}

/// Evaluates both models on the rows that the contract holds out of the data, which stream through once.
///
/// # Errors
/// The data cannot be read or have a bad cell, a model does not fit the contract, or no row is held out.
pub fn evaluate(
    data: &Dataset,
    contract: &DataContract,
    challenger: &Model,
    champion: Option<&Model>,
) -> Result<Evaluation, EvaluateError> {
    let mut challenger = Contestant::new("challenger", challenger, contract)?;
    let mut champion = champion.map(|model| Contestant::new("champion", model, contract)).transpose()?;
    let split = Split::of(data, contract.columns().len(), contract.holdout())?;
    let mut rows = 0;
    for batch in data.read_strictly(contract, Share::WHOLE) {
        let batch = batch?;
        let incomplete = batch.incomplete_rows();
        for row in 0..batch.rows {
            let complete = incomplete.as_ref().is_none_or(|rows| !rows[row]);
            if complete && split.part(&batch, row, 1) == Part::HeldOut {
                let truth = batch.columns[contract.target_index()][row];
                for contestant in [Some(&mut challenger), champion.as_mut()].into_iter().flatten() {
                    contestant.push(&batch, row, truth)?;
                }
            }
        }
        rows += batch.rows as u64;
    }
    if challenger.metrics.rows() == 0 {
        return Err(EvaluateError::NoRows { rows });
    }
    Ok(Evaluation { challenger: challenger.metrics.finish(), champion: champion.map(|c| c.metrics.finish()) })
}

/// A model under evaluation.
struct Contestant<'a> {
    model: &'a Model,
    /// The contract column of each of the model's features.
    columns: Vec<usize>,
    row: Vec<f64>,
    metrics: RegressionMetrics,
}

impl<'a> Contestant<'a> {
    fn new(role: &'static str, model: &'a Model, contract: &DataContract) -> Result<Self, EvaluateError> {
        let (found, expected) = (&model.file().target.name, &contract.target().name);
        if found != expected {
            return Err(EvaluateError::Target { role, found: found.clone(), expected: expected.clone() });
        }
        let find = |feature: &crate::artifact::Feature| {
            let place = contract.columns().iter().position(|c| c.name == feature.name && c.name != *expected);
            place.ok_or_else(|| EvaluateError::Feature { role, feature: feature.name.clone() })
        };
        let columns = model.features().iter().map(find).collect::<Result<_, _>>()?;
        Ok(Self { model, columns, row: vec![], metrics: RegressionMetrics::default() })
    }

    fn push(&mut self, batch: &Batch, row: usize, truth: f64) -> Result<(), EvaluateError> {
        self.row.clear();
        self.row.extend(self.columns.iter().map(|&column| batch.columns[column][row]));
        let prediction = self.model.predict_row(&self.row);
        let index = batch.index + row as u64 + 1;
        self.metrics.push(truth, prediction.map_err(|source| EvaluateError::Predict { row: index, source })?);
        Ok(())
    }
}
