//! A cell between log and table: checked against its column, and written as training reads it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::contract::{Column, ColumnType, Unknown};
use crate::dataset::seconds_since_1970;

/// A value that keeps its column's rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number; 1 or 0 of a boolean, seconds since 1970 of a moment.
    Number(f64),
    /// A level or a text.
    Text(String),
}

/// A number that keeps the column's rules.
///
/// # Errors
/// The rule that it breaks.
pub fn number(column: &Column, value: f64) -> Result<Value, String> {
    let name = &column.name;
    if !value.is_finite() {
        return Err(format!("column \"{name}\" is not a finite number"));
    }
    if column.kind == ColumnType::Integer && value.fract() != 0.0 {
        return Err(format!("column \"{name}\" is {value}, expected a whole number"));
    }
    if column.kind == ColumnType::Boolean && value != 0.0 && value != 1.0 {
        return Err(format!("column \"{name}\" is {value}, expected 0 or 1"));
    }
    if matches!(column.kind, ColumnType::Category | ColumnType::Text) {
        return Err(format!("column \"{name}\" is the number {value}, expected a text"));
    }
    if column.min.is_some_and(|min| value < min) || column.max.is_some_and(|max| value > max) {
        let bound = |bound: Option<f64>| bound.map_or_else(|| "any".to_owned(), |bound| bound.to_string());
        let (min, max) = (bound(column.min), bound(column.max));
        return Err(format!("column \"{name}\" is {value}, expected {min} to {max}"));
    }
    if !column.allowed.is_empty() && !column.allowed.contains(&value) {
        return Err(format!("column \"{name}\" is {value}, which is not one of the allowed values"));
    }
    Ok(Value::Number(value))
}

/// A text that keeps the column's rules.
///
/// # Errors
/// The rule that it breaks.
pub fn text(column: &Column, value: &str) -> Result<Value, String> {
    let name = &column.name;
    if !matches!(column.kind, ColumnType::Category | ColumnType::Text) {
        return Err(format!("column \"{name}\" is the text {value:?}, expected {}", column.kind.name()));
    }
    // The log has the empty text for a level that the model passed over: which one it was is not known any more.
    if value.is_empty() && column.kind == ColumnType::Category {
        return Err(format!(
            "column \"{name}\" had a level that the model did not know, and the log does not keep those"
        ));
    }
    let listed = column.levels.as_ref().is_none_or(|levels| levels.iter().any(|level| level == value));
    if column.kind == ColumnType::Category && column.unknown == Unknown::Refuse && !listed {
        return Err(format!("column \"{name}\" is {value:?}, which is not one of its levels"));
    }
    Ok(Value::Text(value.to_owned()))
}

/// The value of a cell of text, as a file of outcomes has it.
///
/// # Errors
/// What the column's type expects, or the rule that the value breaks.
pub fn parse(column: &Column, cell: &str) -> Result<Value, String> {
    let expected = || format!("\"{}\" is \"{cell}\", expected {}", column.name, a(column.kind));
    match column.kind {
        ColumnType::Category | ColumnType::Text if cell.is_empty() => Err(expected()),
        ColumnType::Category | ColumnType::Text => text(column, cell),
        ColumnType::Boolean => {
            let (yes, no) = column.booleans();
            let has = |list: &[String]| list.iter().any(|text| text == cell);
            if has(&yes) || has(&no) { number(column, f64::from(u8::from(has(&yes)))) } else { Err(expected()) }
        }
        ColumnType::Datetime => number(column, seconds_since_1970(cell.as_bytes()).ok_or_else(expected)?),
        ColumnType::Number | ColumnType::Integer => number(column, cell.parse::<f64>().map_err(|_| expected())?),
    }
}

fn a(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Number | ColumnType::Integer => "a number",
        ColumnType::Boolean => "one of the words for yes and no",
        ColumnType::Datetime => "a moment, as in 2026-11-30T08:00:00Z",
        ColumnType::Category | ColumnType::Text => "a text",
    }
}

/// A value as training reads it from CSV, with this decimal mark: a number is the shortest decimal that reads back as the same one.
#[must_use]
pub fn shown(column: &Column, value: &Value, decimal: char) -> String {
    let number = match value {
        Value::Text(text) => return text.clone(),
        Value::Number(number) => *number,
    };
    match column.kind {
        ColumnType::Boolean => {
            let (yes, no) = column.booleans();
            if number == 1.0 { yes[0].clone() } else { no[0].clone() }
        }
        ColumnType::Datetime => moment(number).unwrap_or_default(),
        _ => {
            let text = zmij::Buffer::new().format(number).to_owned();
            if decimal == '.' { text } else { text.replace('.', &decimal.to_string()) }
        }
    }
}

/// Seconds since 1970 as a moment in UTC; `None` beyond the years that there are.
fn moment(seconds: f64) -> Option<String> {
    let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(since).ok().map(|time| time.to_string())
}
