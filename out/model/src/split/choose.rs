//! The method, chosen by the size of the data.

use super::stratified::classes;
use super::{PERMUTATION_ROWS, PERMUTATION_VALUES, Split};
use crate::contract::DataContract;
use crate::dataset::{DataError, Dataset, Reading};

impl Split {
    /// Decides how a data set is split. Counts rows no further than the choice of the method needs.
    ///
    /// # Errors
    /// A file cannot be read or is not well formed.
    pub fn of(data: &Dataset, contract: &DataContract) -> Result<Self, DataError> {
        let holdout = contract.holdout();
        let limit = PERMUTATION_ROWS.min(PERMUTATION_VALUES / contract.columns().len().max(1) as u64);
        let rows = data.count_rows_up_to(limit, &Reading::of(contract))?;
        if rows > limit {
            return Ok(Self::hash(data, holdout));
        }
        if contract.task().is_classification() {
            return Ok(Self::stratified(&classes(data, contract)?, holdout));
        }
        Ok(Self::permutation(rows as usize, holdout))
    }
}
