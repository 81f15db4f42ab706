//! The training table, as CSV or Parquet, with the contract's columns in the contract's order.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, Repetition, Type as Physical};
use parquet::data_type::DoubleType;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::replace::replace_file;
use super::state::Row;
use crate::contract::DataContract;

/// Rows in one row group of a Parquet file.
const GROUP: usize = 1 << 17;

/// How the table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// Parquet with one double column per column.
    Parquet,
}

/// Why a table cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The name says no format.
    #[error("the output {} ends neither in .csv nor in .parquet; name it by its format", .0.display())]
    Name(PathBuf),
    /// The file cannot be written.
    #[error("cannot write the table {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Format {
    /// The format that a file's name says.
    ///
    /// # Errors
    /// Neither `.csv` nor `.parquet`.
    pub fn of(path: &Path) -> Result<Self, TableError> {
        match path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(TableError::Name(path.to_owned())),
        }
    }
}

/// Replaces the table in one step. Every row has an outcome.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, format: Format, contract: &DataContract, rows: &[&Row]) -> Result<(), TableError> {
    let written = match format {
        Format::Csv => write_csv(path, contract, rows),
        Format::Parquet => write_parquet(path, contract, rows),
    };
    written.map_err(|source| TableError::Write { path: path.to_owned(), source })
}

/// The value of column `at` of the contract, features and target in their order.
fn cell(contract: &DataContract, row: &Row, at: usize) -> Option<f64> {
    match at.cmp(&contract.target_index()) {
        std::cmp::Ordering::Less => row.values[at],
        std::cmp::Ordering::Equal => row.outcome,
        std::cmp::Ordering::Greater => row.values[at - 1],
    }
}

fn write_csv(path: &Path, contract: &DataContract, rows: &[&Row]) -> std::io::Result<()> {
    replace_file(path, |file| {
        let mut csv = csv::Writer::from_writer(&mut *file);
        csv.write_record(contract.columns().iter().map(|column| &column.name))?;
        let mut text = zmij::Buffer::new();
        for row in rows {
            for at in 0..contract.columns().len() {
                // The shortest decimal that reads back as the same number.
                csv.write_field(cell(contract, row, at).map_or("", |value| text.format(value)))?;
            }
            csv.write_record(None::<&[u8]>)?;
        }
        csv.flush()
    })
}

fn write_parquet(path: &Path, contract: &DataContract, rows: &[&Row]) -> std::io::Result<()> {
    let other = |error: ParquetError| std::io::Error::other(error.to_string());
    let fields = contract.columns().iter().map(|column| {
        let repetition = if column.required { Repetition::REQUIRED } else { Repetition::OPTIONAL };
        Type::primitive_type_builder(&column.name, Physical::DOUBLE).with_repetition(repetition).build().map(Arc::new)
    });
    let fields = fields.collect::<Result<Vec<_>, _>>().map_err(other)?;
    let schema = Arc::new(Type::group_type_builder("table").with_fields(fields).build().map_err(other)?);
    let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    replace_file(path, |file| {
        let mut writer = SerializedFileWriter::new(&mut *file, schema, properties).map_err(other)?;
        for rows in rows.chunks(GROUP) {
            let mut group = writer.next_row_group().map_err(other)?;
            for (at, column) in contract.columns().iter().enumerate() {
                let cells: Vec<Option<f64>> = rows.iter().map(|row| cell(contract, row, at)).collect();
                let values: Vec<f64> = cells.iter().flatten().copied().collect();
                let levels: Option<Vec<i16>> =
                    (!column.required).then(|| cells.iter().map(|cell| i16::from(cell.is_some())).collect());
                let Some(mut out) = group.next_column().map_err(other)? else { break };
                out.typed::<DoubleType>().write_batch(&values, levels.as_deref(), None).map_err(other)?;
                out.close().map_err(other)?;
            }
            group.close().map_err(other)?;
        }
        writer.close().map_err(other)?;
        file.flush()
    })
}
