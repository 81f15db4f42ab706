//! Finding the wanted columns in a Parquet schema.

use super::DataError;
use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::file::metadata::ParquetMetaData;
use std::path::Path;

/// How the values of a column become `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Unsigned32,
    Unsigned64,
}

/// Where a wanted column is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The index among the leaf columns.
    pub leaf: usize,
    pub kind: Kind,
    /// Whether the column may have nulls.
    pub nullable: bool,
}

/// The names of the columns that are not nested.
pub(super) fn names(metadata: &ParquetMetaData) -> Vec<String> {
    let leaves = metadata.file_metadata().schema_descr().columns();
    leaves.iter().filter(|c| c.path().parts().len() == 1).map(|c| c.name().to_owned()).collect()
}

pub(super) fn find(path: &Path, metadata: &ParquetMetaData, column: &str) -> Result<Place, DataError> {
    let leaves = metadata.file_metadata().schema_descr().columns();
    let mut places = leaves.iter().enumerate().filter(|(_, c)| matches!(c.path().parts(), [name] if name == column));
    let (leaf, descriptor) = match (places.next(), places.next()) {
        (Some(found), None) => found,
        (Some(_), Some(_)) => {
            return Err(DataError::DuplicateColumn { path: path.to_owned(), column: column.to_owned() });
        }
        (None, _) => {
            let (path, column) = (path.to_owned(), column.to_owned());
            return Err(DataError::MissingColumn { path, column, found: names(metadata) });
        }
    };
    let refused = |found: String| DataError::ColumnType { path: path.to_owned(), column: column.to_owned(), found };
    if descriptor.max_rep_level() > 0 {
        return Err(refused("lists".to_owned()));
    }
    // The logical type decides; files of older writers have only the converted type.
    let signed = match (descriptor.logical_type_ref(), descriptor.converted_type()) {
        (Some(LogicalType::Integer(integer)), _) => integer.is_signed,
        (Some(other), _) => return Err(refused(format!("{other:?}"))),
        (None, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64) => {
            false
        }
        (
            None,
            ConvertedType::NONE
            | ConvertedType::INT_8
            | ConvertedType::INT_16
            | ConvertedType::INT_32
            | ConvertedType::INT_64,
        ) => true,
        (None, other) => return Err(refused(other.to_string())),
    };
    let kind = match (descriptor.physical_type(), signed) {
        (Type::DOUBLE, _) => Kind::Double,
        (Type::FLOAT, _) => Kind::Float,
        (Type::INT32, true) => Kind::Int32,
        (Type::INT64, true) => Kind::Int64,
        (Type::INT32, false) => Kind::Unsigned32,
        (Type::INT64, false) => Kind::Unsigned64,
        (other, _) => return Err(refused(other.to_string())),
    };
    Ok(Place { leaf, kind, nullable: descriptor.max_def_level() > 0 })
}
