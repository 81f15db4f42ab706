//! Parquet files: their schema, and rows from the first, the middle and the last row group.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use csv::StringRecord;
use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::file::reader::FileReader as _;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::record::Field;
use parquet::schema::types::Type;

use super::source::unusable;
use crate::data::date;
use crate::data::facts::{Facts, Format};
use crate::data::sample::Rows;
use crate::data::table::{Declared, Table};
use crate::edge::EdgeError;

/// Cells that are read of a file at most.
const CELLS: usize = 600_000;

/// What a Parquet file holds.
pub(super) fn read(path: &Path) -> Result<Facts, EdgeError> {
    let wrong = |why: String| EdgeError::new("read the data", path, why);
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    let reader = SerializedFileReader::new(file).map_err(|error| wrong(error.to_string()))?;
    let metadata = reader.metadata();
    let root = metadata.file_metadata().schema();
    let fields = root.get_fields();
    let names: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
    let declared: Vec<Declared> = fields.iter().map(|field| kind(field)).collect();
    let readable = |kind: &Declared| !matches!(kind, Declared::Other(_));
    let shown: Vec<Arc<Type>> =
        fields.iter().zip(&declared).filter(|(_, kind)| readable(kind)).map(|(field, _)| field.clone()).collect();
    let places: Vec<usize> = (0..names.len()).filter(|at| readable(&declared[*at])).collect();
    let projection = Type::group_type_builder(root.name()).with_fields(shown).build();
    let projection = projection.map_err(|error| wrong(error.to_string()))?;
    let all = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    let groups = reader.num_row_groups();
    let most = CELLS / names.len().max(1);
    let wanted: Vec<(usize, usize)> = if all as usize <= most {
        (0..groups).map(|group| (group, usize::MAX)).collect()
    } else {
        let mut wanted = vec![0, groups / 2, groups.saturating_sub(1)];
        wanted.dedup();
        let each = most / wanted.len();
        wanted.into_iter().map(|group| (group, each)).collect()
    };
    let mut rows = Vec::new();
    for (group, limit) in wanted {
        let group = reader.get_row_group(group).map_err(|error| wrong(error.to_string()))?;
        let found = group.get_row_iter(Some(projection.clone())).map_err(|error| wrong(error.to_string()))?;
        for row in found.take(limit) {
            let row = row.map_err(|error| wrong(error.to_string()))?;
            let mut cells = vec![String::new(); names.len()];
            for (place, (_, field)) in places.iter().zip(row.get_column_iter()) {
                cells[*place] = text(field, &declared[*place], &fields[*place]);
            }
            rows.push(StringRecord::from(cells));
        }
    }
    if rows.is_empty() {
        return Err(unusable(path, "it has no rows"));
    }
    let head = rows.len();
    let table = Table { names, head, rows, all: Some(Rows::Exactly(all)), declared, odd: None };
    Ok(Facts { format: Format::Parquet, table, files: 1, doubts: Vec::new() })
}

/// What the schema says of a column; the logical type decides, files of older writers have only the converted type.
fn kind(field: &Type) -> Declared {
    if !field.is_primitive() || field.get_basic_info().repetition() == parquet::basic::Repetition::REPEATED {
        return Declared::Other("lists or groups".to_owned());
    }
    let info = field.get_basic_info();
    let physical = field.get_physical_type();
    match (info.logical_type_ref(), info.converted_type()) {
        (Some(LogicalType::Integer(_)), _) => Declared::Integer,
        (Some(LogicalType::Decimal(_) | LogicalType::Float16), _) => Declared::Number,
        (Some(LogicalType::String | LogicalType::Enum), _) => Declared::Text,
        (Some(LogicalType::Date | LogicalType::Timestamp(_)), _) => Declared::Moment,
        (Some(LogicalType::Time(_)), _) => Declared::Other("times of day".to_owned()),
        (Some(LogicalType::Unknown), _) => Declared::Other("nulls and nothing else".to_owned()),
        (Some(LogicalType::Uuid), _) => Declared::Other("ids (UUID)".to_owned()),
        (Some(other), _) => {
            // `Variant { … }`: its name says enough.
            let shown = format!("{other:?}");
            let name = shown.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            Declared::Other(format!("values of the type {name}"))
        }
        (None, ConvertedType::DECIMAL) => Declared::Number,
        (None, ConvertedType::UTF8 | ConvertedType::ENUM) => Declared::Text,
        (None, ConvertedType::DATE | ConvertedType::TIMESTAMP_MILLIS | ConvertedType::TIMESTAMP_MICROS) => {
            Declared::Moment
        }
        (None, ConvertedType::NONE) => match physical {
            Physical::BOOLEAN => Declared::Boolean,
            Physical::INT32 | Physical::INT64 => Declared::Integer,
            Physical::FLOAT | Physical::DOUBLE => Declared::Number,
            Physical::INT96 => Declared::Moment,
            Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => Declared::Other("bytes".to_owned()),
        },
        (None, other) => match other {
            ConvertedType::INT_8
            | ConvertedType::INT_16
            | ConvertedType::INT_32
            | ConvertedType::INT_64
            | ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Declared::Integer,
            ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS => Declared::Other("times of day".to_owned()),
            other => Declared::Other(format!("values of the type {other}")),
        },
    }
}

/// A value as the text that a CSV file would have; empty for none.
fn text(field: &Field, declared: &Declared, of: &Type) -> String {
    let float = |value: f64| if value.is_nan() { String::new() } else { value.to_string() };
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Double(value) => float(*value),
        Field::Float(value) => float(f64::from(*value)),
        Field::Float16(value) => float(f64::from(f32::from(*value))),
        Field::Date(days) => date::of_seconds(f64::from(*days) * 86_400.0),
        Field::TimestampMillis(value) => date::of_seconds(*value as f64 / 1e3),
        Field::TimestampMicros(value) => date::of_seconds(*value as f64 / 1e6),
        Field::Long(value) if *declared == Declared::Moment => date::of_seconds(*value as f64 / per_second(of)),
        Field::Long(value) => value.to_string(),
        Field::Int(value) => value.to_string(),
        Field::Bool(value) => value.to_string(),
        other => other.to_string(),
    }
}

/// Units of a timestamp in a second.
fn per_second(of: &Type) -> f64 {
    use parquet::basic::TimeUnit;
    match of.get_basic_info().logical_type_ref() {
        Some(LogicalType::Timestamp(timestamp)) => match timestamp.unit {
            TimeUnit::MILLIS => 1e3,
            TimeUnit::MICROS => 1e6,
            _ => 1e9,
        },
        _ => 1e6,
    }
}
