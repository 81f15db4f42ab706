//! The file of outcomes: `request_id`, optionally `row`, and the target column, as CSV or Parquet.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;

pub use super::outcome::Outcome;
use super::value;
use crate::contract::Column;

/// The column with the request's id.
pub const REQUEST_ID: &str = "request_id";
/// The column with the row in the request, from 0; without it every outcome is of row 0.
pub const ROW: &str = "row";

/// Why outcomes cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OutcomesError {
    /// The file cannot be read.
    #[error("cannot read the outcomes {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what its name says.
    #[error("the outcomes {} cannot be read: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A column is missing.
    #[error("the outcomes {} have no column \"{column}\"", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// A value is wrong.
    #[error("the outcomes {}, row {row}: {problem}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The data row, from 1.
        row: usize,
        /// What is wrong.
        problem: String,
    },
}

/// Reads every outcome of a `.csv` or `.parquet` file.
///
/// # Errors
/// The file, a missing column, or the first value that is not of the target's type or breaks its rules.
pub fn read(path: &Path, target: &Column) -> Result<Vec<Outcome>, OutcomesError> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet")) {
        read_parquet(path, target)
    } else {
        read_csv(path, target)
    }
}

fn outcome(id: &str, row: &str, value: &str, target: &Column) -> Result<Outcome, String> {
    if id.is_empty() {
        return Err(format!("\"{REQUEST_ID}\" is empty"));
    }
    let row = row.parse().map_err(|_| format!("\"{ROW}\" is \"{row}\", expected a whole number from 0"))?;
    Ok(Outcome { key: (id.to_owned(), row), value: value::parse(target, value)? })
}

fn read_csv(path: &Path, target: &Column) -> Result<Vec<Outcome>, OutcomesError> {
    let content = |error: csv::Error| OutcomesError::Content { path: path.to_owned(), problem: error.to_string() };
    let file = File::open(path).map_err(|source| OutcomesError::File { path: path.to_owned(), source })?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let header = reader.headers().map_err(content)?.clone();
    // Spreadsheet programs begin files with a byte order mark.
    let place = |name: &str| header.iter().position(|found| found.trim_start_matches('\u{feff}') == name);
    let column = |name: &str| {
        place(name).ok_or_else(|| OutcomesError::Column { path: path.to_owned(), column: name.to_owned() })
    };
    let (id, value, row) = (column(REQUEST_ID)?, column(&target.name)?, place(ROW));
    let mut outcomes = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(content)?;
        let row = row.map_or("0", |row| &record[row]);
        let read = outcome(&record[id], row, &record[value], target);
        let located = |problem| OutcomesError::Value { path: path.to_owned(), row: at + 1, problem };
        outcomes.push(read.map_err(located)?);
    }
    Ok(outcomes)
}

fn read_parquet(path: &Path, target: &Column) -> Result<Vec<Outcome>, OutcomesError> {
    let content = |error: parquet::errors::ParquetError| OutcomesError::Content {
        path: path.to_owned(),
        problem: error.to_string(),
    };
    let file = File::open(path).map_err(|source| OutcomesError::File { path: path.to_owned(), source })?;
    let reader = SerializedFileReader::new(file).map_err(content)?;
    let schema = reader.metadata().file_metadata().schema();
    for name in [REQUEST_ID, &target.name] {
        if !schema.get_fields().iter().any(|field| field.name() == name) {
            return Err(OutcomesError::Column { path: path.to_owned(), column: name.to_owned() });
        }
    }
    let mut outcomes = Vec::new();
    for (at, row) in reader.get_row_iter(None).map_err(content)?.enumerate() {
        let row = row.map_err(content)?;
        let text = |name: &str| row.get_column_iter().find(|(found, _)| *found == name).map(|(_, field)| text(field));
        let id = text(REQUEST_ID).unwrap_or_default();
        let (number, value) = (text(ROW).unwrap_or_else(|| "0".into()), text(&target.name).unwrap_or_default());
        let located = |problem| OutcomesError::Value { path: path.to_owned(), row: at + 1, problem };
        outcomes.push(outcome(&id, &number, &value, target).map_err(located)?);
    }
    Ok(outcomes)
}

/// A field as the text that the CSV reader would have seen.
fn text(field: &Field) -> String {
    match field {
        Field::Str(text) => text.clone(),
        Field::Null => String::new(),
        Field::Double(value) => format!("{value:?}"),
        Field::Float(value) => format!("{value:?}"),
        other => other.to_string(),
    }
}
