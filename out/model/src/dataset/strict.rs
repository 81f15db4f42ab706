//! Batches in which every required cell is a number.

use super::{Batch, Batches, DataError, DataFile, Problem, Share};
use crate::contract::DataContract;

/// The batches of a contract's columns; the first cell that training cannot use is an error, and the last item.
#[derive(Debug)]
pub struct StrictBatches {
    batches: Batches,
    files: Vec<DataFile>,
    names: Vec<String>,
    optional: Vec<bool>,
}

impl StrictBatches {
    pub(super) fn new(files: Vec<DataFile>, contract: &DataContract, share: Share, digested: bool) -> Self {
        let names: Vec<String> = contract.columns().iter().map(|c| c.name.clone()).collect();
        let optional = contract.columns().iter().map(|c| !c.required).collect();
        let batches = Batches::new(files.clone(), names.clone(), share);
        Self { batches: if digested { batches.digested() } else { batches }, files, names, optional }
    }

    /// The digest of the data set, as [`Dataset::blake3`](super::Dataset::blake3) gives it; `None` unless all batches
    /// were read and the digest was asked for.
    #[must_use]
    pub fn digest(self) -> Option<String> {
        self.batches.digest()
    }

    fn check(&self, batch: Batch) -> Result<Batch, DataError> {
        match batch.problems.iter().find(|p| !(self.optional[p.column] && p.problem == Problem::Missing)) {
            None => Ok(batch),
            Some(p) => Err(DataError::Cell {
                path: self.files[batch.file].path.clone(),
                row: batch.first_row + p.row as u64 + 1,
                line: p.line,
                column: self.names[p.column].clone(),
                problem: p.problem.clone(),
            }),
        }
    }
}

impl Iterator for StrictBatches {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batches.next()?;
        Some(batch.and_then(|batch| self.check(batch)))
    }
}
