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
    /// The values, one list of [`rows`](Self::rows) values for each column asked for; of a category, places in its list of
    /// texts. NaN where there is a problem.
    pub columns: Vec<Vec<f64>>,
    /// The different texts of each category in this batch; an empty list for every other column.
    pub texts: Vec<Vec<String>>,
    /// The cells without a value that can be used, by row and then column.
    pub problems: Vec<CellProblem>,
}

/// A cell without a value that can be used.
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

/// Why a cell has no value that can be used. Texts are the beginnings of what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// There is no value: nothing between the separators, or a null.
    Missing,
    /// There is text that is not a number.
    Text(String),
    /// The number is NaN, infinite or too large for 64-bit floating point.
    NotFinite(String),
    /// The number has a fraction, and the column is of integers.
    NotInteger(String),
    /// The text is none of those that mean yes or no.
    NotBoolean(String),
    /// The text is no moment.
    NotDatetime(String),
    /// The text is not in the file's encoding.
    Encoding(String),
    /// The category has no such level.
    UnknownLevel(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "there is no value, expected one"),
            Self::Text(text) => write!(f, "'{text}' is not a number{}", marker(text)),
            Self::NotFinite(text) => write!(f, "{text} is not a finite number{}", marker(text)),
            Self::NotInteger(text) => write!(f, "{text} has a fraction, expected an integer"),
            Self::NotBoolean(text) => write!(f, "'{text}' is neither yes nor no, expected such as true or false"),
            Self::NotDatetime(text) => write!(f, "'{text}' is no moment, expected such as 2024-02-29T12:30:00Z"),
            Self::Encoding(text) => {
                write!(f, "'{text}' is not UTF-8, does data.csv.encoding name the file's encoding?")
            }
            Self::UnknownLevel(text) => {
                write!(f, "'{text}' is none of the known levels; list it in the column's levels or set its key unknown")
            }
        }
    }
}

/// What to do about a text that people and programs write where there is no value.
fn marker(text: &str) -> &'static str {
    let usual = ["na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "--", ".", "missing", "unknown"];
    let is_one = usual.iter().any(|marker| text.eq_ignore_ascii_case(marker));
    if is_one { "; if it means a missing value, list it in data.missing" } else { "" }
}

impl Problem {
    /// The name of the kind, which every program and both runtimes share.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing => "missing-value",
            Self::Text(_) => "not-a-number",
            Self::NotFinite(_) => "not-finite",
            Self::NotInteger(_) => "not-an-integer",
            Self::NotBoolean(_) => "not-a-boolean",
            Self::NotDatetime(_) => "not-a-datetime",
            Self::Encoding(_) => "bad-encoding",
            Self::UnknownLevel(_) => "unknown-level",
        }
    }
}

impl Batch {
    /// Which rows lack the value of one of the columns chosen; `None` when none does. Rows are indexed from 0.
    #[must_use]
    pub fn rows_that_lack(&self, is_chosen: impl Fn(usize) -> bool) -> Option<Vec<bool>> {
        let mut incomplete = None;
        for problem in self.problems.iter().filter(|problem| is_chosen(problem.column)) {
            incomplete.get_or_insert_with(|| vec![false; self.rows])[problem.row] = true;
        }
        incomplete
    }
}
