//! Finding the wanted columns in a Parquet schema.

use super::reading::Wanted;
use super::{DataError, parquet_arrow};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::ColumnDescriptor;
use std::collections::HashSet;
use std::path::Path;

/// How the values of a column become `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Double,
    Float,
    Half,
    Int32,
    Int64,
    Unsigned32,
    Unsigned64,
    Boolean,
    /// A whole number of this many tens to the minus, in any physical type.
    Decimal(u32),
    /// A text.
    Text,
    /// Days since 1970.
    Days,
    /// Moments since 1970, this many to the second.
    Moments(i64),
    /// Nanoseconds of a day and a Julian day.
    Julian,
    /// Nulls and nothing else.
    Nothing,
}

impl Kind {
    /// Whether a wanted column can be made of it.
    fn serves(self, wanted: &Wanted) -> bool {
        let whole = matches!(self, Self::Int32 | Self::Int64 | Self::Unsigned32 | Self::Unsigned64);
        if self == Self::Nothing {
            return true;
        }
        match wanted {
            Wanted::Number => {
                whole || matches!(self, Self::Double | Self::Float | Self::Half | Self::Boolean | Self::Decimal(_))
            }
            Wanted::Boolean(_) | Wanted::Category => whole || matches!(self, Self::Boolean | Self::Text),
            Wanted::Datetime => matches!(self, Self::Days | Self::Moments(_) | Self::Julian | Self::Text),
        }
    }
}

fn expected(wanted: &Wanted) -> &'static str {
    match wanted {
        Wanted::Number => "numbers (DOUBLE, FLOAT, FLOAT16, INT, DECIMAL or BOOLEAN)",
        Wanted::Boolean(_) => "BOOLEAN, integers or text",
        Wanted::Category => "text, integers or BOOLEAN",
        Wanted::Datetime => "TIMESTAMP, DATE or text",
    }
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

/// The first name that two columns have, nested or not.
pub(super) fn twice(metadata: &ParquetMetaData) -> Option<String> {
    let mut seen = HashSet::new();
    let fields = metadata.file_metadata().schema_descr().root_schema().get_fields();
    fields.iter().find(|field| !seen.insert(field.name())).map(|field| field.name().to_owned())
}

pub(super) fn find(path: &Path, metadata: &ParquetMetaData, column: &str, wanted: &Wanted) -> Result<Place, DataError> {
    let leaves = metadata.file_metadata().schema_descr().columns();
    let refused = |found: String| {
        let (path, column) = (path.to_owned(), column.to_owned());
        DataError::ColumnType { path, column, found, expected: expected(wanted) }
    };
    let mut places = leaves.iter().enumerate().filter(|(_, c)| matches!(c.path().parts(), [name] if name == column));
    let (leaf, descriptor) = match (places.next(), places.next()) {
        (Some(found), _) => found,
        (None, _) if leaves.iter().any(|c| c.path().parts().first().is_some_and(|name| name == column)) => {
            return Err(refused("lists or groups".to_owned()));
        }
        (None, _) => {
            let (path, column) = (path.to_owned(), column.to_owned());
            return Err(DataError::MissingColumn { path, column, found: names(metadata) });
        }
    };
    if descriptor.max_rep_level() > 0 {
        return Err(refused("lists".to_owned()));
    }
    if parquet_arrow::is_duration(metadata, column) {
        return Err(refused("durations".to_owned()));
    }
    match kind(descriptor).filter(|kind| kind.serves(wanted)) {
        Some(kind) => Ok(Place { leaf, kind, nullable: descriptor.max_def_level() > 0 }),
        None => Err(refused(match descriptor.logical_type_ref() {
            Some(logical) => named(logical),
            None if descriptor.converted_type() != ConvertedType::NONE => descriptor.converted_type().to_string(),
            None => descriptor.physical_type().to_string(),
        })),
    }
}

/// A type as people call it.
fn named(logical: &LogicalType) -> String {
    let name = match logical {
        LogicalType::Timestamp(_) => "timestamps",
        LogicalType::Date => "dates",
        LogicalType::Time(_) => "times of day",
        LogicalType::String | LogicalType::Enum => "text",
        LogicalType::Decimal(_) => "decimals",
        LogicalType::Integer(_) => "whole numbers",
        other => {
            // `Variant { … }`: its name says enough.
            let shown = format!("{other:?}");
            return shown.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
        }
    };
    name.to_owned()
}

/// The kind of a column; the logical type decides, files of older writers have only the converted type.
fn kind(descriptor: &ColumnDescriptor) -> Option<Kind> {
    let physical = descriptor.physical_type();
    let whole = |signed| match (physical, signed) {
        (Type::INT32, true) => Some(Kind::Int32),
        (Type::INT64, true) => Some(Kind::Int64),
        (Type::INT32, false) => Some(Kind::Unsigned32),
        (Type::INT64, false) => Some(Kind::Unsigned64),
        _ => None,
    };
    let decimal = |scale| u32::try_from(scale).ok().map(Kind::Decimal);
    let moments = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => Some(Kind::Moments(1_000)),
        TimeUnit::MICROS => Some(Kind::Moments(1_000_000)),
        TimeUnit::NANOS => Some(Kind::Moments(1_000_000_000)),
        #[allow(unreachable_patterns, reason = "the format may get further units")]
        _ => None,
    };
    match (descriptor.logical_type_ref(), descriptor.converted_type()) {
        (Some(LogicalType::Integer(integer)), _) => whole(integer.is_signed),
        (Some(LogicalType::Decimal(decimal_type)), _) => decimal(decimal_type.scale),
        (Some(LogicalType::Float16), _) if physical == Type::FIXED_LEN_BYTE_ARRAY => Some(Kind::Half),
        (Some(LogicalType::String | LogicalType::Enum), _) => Some(Kind::Text),
        (Some(LogicalType::Unknown), _) if physical == Type::INT32 => Some(Kind::Nothing),
        (Some(LogicalType::Date), _) => Some(Kind::Days),
        (Some(LogicalType::Timestamp(timestamp)), _) => moments(&timestamp.unit),
        (Some(_), _) => None,
        (None, ConvertedType::DECIMAL) => decimal(descriptor.type_scale()),
        (None, ConvertedType::UTF8 | ConvertedType::ENUM) => Some(Kind::Text),
        (None, ConvertedType::DATE) => Some(Kind::Days),
        (None, ConvertedType::TIMESTAMP_MILLIS) => Some(Kind::Moments(1_000)),
        (None, ConvertedType::TIMESTAMP_MICROS) => Some(Kind::Moments(1_000_000)),
        (None, ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64) => {
            whole(false)
        }
        (None, ConvertedType::INT_8 | ConvertedType::INT_16 | ConvertedType::INT_32 | ConvertedType::INT_64) => {
            whole(true)
        }
        (None, ConvertedType::NONE) => match physical {
            Type::DOUBLE => Some(Kind::Double),
            Type::FLOAT => Some(Kind::Float),
            Type::BOOLEAN => Some(Kind::Boolean),
            Type::INT96 => Some(Kind::Julian),
            _ => whole(true),
        },
        (None, _) => None,
    }
}
