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
use super::value::{Value, shown};
use crate::contract::{ColumnType, DataContract, Encoding};

/// Rows in one row group of a Parquet file.
const GROUP: usize = 1 << 17;

/// How the table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As the contract says that text files are written, with a header.
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
    /// A column that Parquet is not written with.
    #[error("column \"{column}\" is of type {kind}, and Parquet is written with numbers alone; name the output .csv")]
    Column {
        /// The column.
        column: String,
        /// Its type.
        kind: &'static str,
    },
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
    let other = |kind| !matches!(kind, ColumnType::Number | ColumnType::Integer);
    if let (Format::Parquet, Some(column)) = (format, contract.columns().iter().find(|column| other(column.kind))) {
        return Err(TableError::Column { column: column.name.clone(), kind: column.kind.name() });
    }
    let written = match format {
        Format::Csv => write_csv(path, contract, rows),
        Format::Parquet => write_parquet(path, contract, rows),
    };
    written.map_err(|source| TableError::Write { path: path.to_owned(), source })
}

/// The value of column `at` of the contract, features and target in their order.
fn cell<'a>(contract: &DataContract, row: &'a Row, at: usize) -> Option<&'a Value> {
    match at.cmp(&contract.target_index()) {
        std::cmp::Ordering::Less => row.values[at].as_ref(),
        std::cmp::Ordering::Equal => row.outcome.as_ref(),
        std::cmp::Ordering::Greater => row.values[at - 1].as_ref(),
    }
}

fn write_csv(path: &Path, contract: &DataContract, rows: &[&Row]) -> std::io::Result<()> {
    let dialect = contract.csv();
    let mut delimiter = [0; 4];
    let delimiter = dialect.delimiter.encode_utf8(&mut delimiter).as_bytes()[0];
    let mut csv = csv::WriterBuilder::new().delimiter(delimiter).from_writer(vec![]);
    csv.write_record(contract.columns().iter().map(|column| &column.name))?;
    for row in rows {
        for (at, column) in contract.columns().iter().enumerate() {
            csv.write_field(
                cell(contract, row, at).map(|value| shown(column, value, dialect.decimal)).unwrap_or_default(),
            )?;
        }
        csv.write_record(None::<&[u8]>)?;
    }
    let text = csv.into_inner().map_err(csv::IntoInnerError::into_error)?;
    let text = encoded(text, dialect.encoding)?;
    replace_file(path, |file| file.write_all(&text))
}

/// UTF-8 in the contract's encoding.
fn encoded(text: Vec<u8>, encoding: Encoding) -> std::io::Result<Vec<u8>> {
    let utf8 = || std::str::from_utf8(&text).map_err(std::io::Error::other);
    match encoding {
        Encoding::Utf8 => {}
        Encoding::Utf16 => {
            return Ok(std::iter::once(0xfeff).chain(utf8()?.encode_utf16()).flat_map(u16::to_le_bytes).collect());
        }
        Encoding::Windows1252 => {
            let (encoded, _, lost) = encoding_rs::WINDOWS_1252.encode(utf8()?);
            if lost {
                return Err(std::io::Error::other(
                    "a text has characters that windows-1252, the contract's encoding, lacks",
                ));
            }
            return Ok(encoded.into_owned());
        }
    }
    Ok(text)
}

fn number(value: &Value) -> Option<f64> {
    if let Value::Number(number) = value { Some(*number) } else { None }
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
                let cells: Vec<Option<f64>> = rows.iter().map(|row| cell(contract, row, at).and_then(number)).collect();
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
