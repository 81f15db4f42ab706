//! A batch of rows, stored by column.

use std::fmt;

/// Some consecutive rows of one file, stored by column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// The file, as an index into the data set's files.
    pub file: usize,
    /// The number of rows before this batch in the same file.
    pub first_row: u64,
    /// The number of rows before this batch in the whole data set.
    pub index: u64,
    /// The number of rows.
    pub rows: usize,
    /// The values, one list of [`rows`](Self::rows) values for each column asked for. NaN where there is a problem.
    pub columns: Vec<Vec<f64>>,
    /// The cells that are not finite numbers, by row and then column.
    pub problems: Vec<CellProblem>,
}

/// A cell that is not a finite number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellProblem {
    /// The row within the batch, from 0.
    pub row: usize,
    /// The column, as an index into the columns asked for.
    pub column: usize,
    /// The line of the file, from 1, where the file has lines.
    pub line: Option<u64>,
    /// What is wrong.
    pub problem: Problem,
}

/// Why a cell is not a finite number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// There is no value: nothing between the separators, or a null.
    Missing,
    /// There is text that is not a number; holds the beginning of the text.
    Text(String),
    /// The number is NaN, infinite or too large for 64-bit floating point; holds the text.
    NotFinite(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "there is no value, expected a number"),
            Self::Text(text) => write!(f, "'{text}' is not a number"),
            Self::NotFinite(text) => write!(f, "{text} is not a finite number"),
        }
    }
}

impl Batch {
    /// Which rows lack the value of some column; `None` when none does. Rows are indexed from 0.
    #[must_use]
    pub fn incomplete_rows(&self) -> Option<Vec<bool>> {
        if self.problems.is_empty() {
            return None;
        }
        let mut incomplete = vec![false; self.rows];
        for problem in &self.problems {
            incomplete[problem.row] = true;
        }
        Some(incomplete)
    }
}
