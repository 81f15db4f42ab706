//! Training in one process.

use super::prepare::Prepared;
use super::{TrainError, TrainOptions, classes, memory, streamed};
use crate::artifact::Model;
use crate::contract::DataContract;
use crate::dataset::Dataset;

/// Trains in one process.
///
/// # Errors
/// The data cannot be read or have a bad cell, there is no row to train on, or the regression cannot be fitted.
pub fn train(data: &Dataset, contract: &DataContract, options: &TrainOptions) -> Result<Model, TrainError> {
    let prepared = Prepared::new(data, contract)?;
    if contract.task().is_classification() {
        return classes::train(&prepared, options);
    }
    if prepared.fits_in_memory() {
        return memory::train(&prepared, options);
    }
    streamed::train(&prepared, options)
}
