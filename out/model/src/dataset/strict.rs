//! Batches in which every required cell has a value.

use super::cell::excerpt;
use super::{Batch, Batches, CellProblem, DataError, DataFile, Dataset, Problem, Reading, Share};
use crate::contract::{Column, ColumnType, DataContract};

/// The batches of a contract's columns; the first cell that training cannot use is an error, and the last item.
#[derive(Debug)]
pub struct StrictBatches {
    batches: Batches,
    files: Vec<DataFile>,
    columns: Vec<Column>,
    integers: Vec<usize>,
}

impl StrictBatches {
    /// The batches of `columns`, which are those of `reading`.
    pub(super) fn new(files: Vec<DataFile>, reading: Reading, columns: Vec<Column>, share: Share) -> Self {
        let integers =
            columns.iter().enumerate().filter(|(_, c)| c.kind == ColumnType::Integer).map(|(i, _)| i).collect();
        Self { batches: Batches::new(files.clone(), reading, share), files, columns, integers }
    }

    /// Makes the digest of the data in passing.
    pub(super) fn digested(self) -> Self {
        Self { batches: self.batches.digested(), ..self }
    }

    /// The digest of the data set, as [`Dataset::blake3`](super::Dataset::blake3) gives it; `None` unless all batches
    /// were read and the digest was asked for.
    #[must_use]
    pub fn digest(self) -> Option<String> {
        self.batches.digest()
    }

    fn check(&self, mut batch: Batch) -> Result<Batch, DataError> {
        self.find_fractions(&mut batch);
        let wrong = batch.problems.iter().filter(|p| p.problem != Problem::Missing || self.columns[p.column].required);
        // Of a row, the first by the contract, in whatever order the file has its columns.
        match wrong.min_by_key(|p| (p.row, p.column)) {
            None => Ok(batch),
            Some(p) => Err(self.refusal(&batch, p)),
        }
    }

    fn find_fractions(&self, batch: &mut Batch) {
        let before = batch.problems.len();
        for &column in &self.integers {
            let values = &batch.columns[column];
            // NaN, where there is a problem already, has no fraction that is greater than 0.
            for (row, value) in values.iter().enumerate().filter(|(_, v)| v.fract().abs() > 0.0) {
                let problem = Problem::NotInteger(excerpt(value.to_string().as_bytes()));
                batch.problems.push(CellProblem { row, column, line: None, problem });
            }
        }
        if batch.problems.len() > before {
            batch.problems.sort_by_key(|p| (p.row, p.column));
        }
    }

    /// The error of a cell, with its line, which is looked up where only the row is known.
    fn refusal(&self, batch: &Batch, problem: &CellProblem) -> DataError {
        let row = batch.first_row + problem.row as u64;
        let file = &self.files[batch.file];
        DataError::Cell {
            path: file.path.clone(),
            row: row + 1,
            line: problem.line.or_else(|| file.line_of(row, self.batches.reading())),
            column: self.columns[problem.column].name.clone(),
            problem: problem.problem.clone(),
        }
    }
}

impl Dataset {
    /// The error of a cell that something else than the reading refuses; `row` and `column` are places in a batch of the
    /// contract's columns.
    #[must_use]
    pub fn refuse(
        &self,
        contract: &DataContract,
        batch: &Batch,
        row: usize,
        column: usize,
        problem: Problem,
    ) -> DataError {
        let batches = self.read_strictly(contract, Share::WHOLE);
        batches.refusal(batch, &CellProblem { row, column, line: None, problem })
    }
}

impl Iterator for StrictBatches {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batches.next()?;
        Some(batch.and_then(|batch| self.check(batch)))
    }
}
