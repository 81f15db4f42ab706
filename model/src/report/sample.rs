//! Held-out rows that a report looks at.

use crate::artifact::Model;
use crate::contract::DataContract;
use crate::dataset::{Dataset, Share, class_indices};
use crate::evaluation::{Contestant, EvaluateError};
use crate::split::{Part, Split};

/// The greatest number of rows.
pub const ROWS: usize = 1_000;

/// The first held-out rows that a model takes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// Each row's values by the model's features; a missing one is no number, a category is the index of its level.
    pub rows: Vec<Vec<f64>>,
    /// What is true of each row: the target, or the index of the class.
    pub truths: Vec<f64>,
}

impl Sample {
    /// The first [`ROWS`] rows that the contract holds out and the model takes.
    ///
    /// # Errors
    /// The data cannot be read or have a bad cell, or the model has a feature that the contract has not.
    pub fn of(data: &Dataset, contract: &DataContract, model: &Model) -> Result<Self, EvaluateError> {
        let split = Split::of(data, contract)?;
        let mut columns = contract.columns().to_vec();
        let contestant = Contestant::new(model, &mut columns);
        let target = contract.target_index();
        let mut sample = Self::default();
        for batch in data.read_columns_strictly(contract, columns, Share::WHOLE) {
            let batch = batch?;
            let truths = match model.classes() {
                None => batch.columns[target].clone(),
                Some(classes) => class_indices(contract.target().kind, classes, &batch, target).0,
            };
            let values = contestant.values(&batch);
            for (row, truth) in truths.iter().enumerate() {
                if sample.rows.len() == ROWS {
                    return Ok(sample);
                }
                if !truth.is_nan() && split.part(&batch, row, 1) == Part::HeldOut && contestant.takes(&values, row) {
                    sample.rows.push(values.iter().map(|column| column[row]).collect());
                    sample.truths.push(*truth);
                }
            }
        }
        Ok(sample)
    }
}
