//! Lines of the scoring log, checked against the contract.

use serde::Deserialize;

use super::state::{Known, Row, State};
use super::summary::Summary;
use crate::contract::{Column, ColumnType, DataContract};
use crate::scoring::record::SCHEMA;

/// A line as the server writes it.
#[derive(Debug, Deserialize)]
struct Line {
    schema: u32,
    time: String,
    request_id: String,
    first_row: u64,
    columns: Vec<String>,
    data: Vec<Vec<Option<f64>>>,
}

/// Takes the rows of one line into the state, and counts what happened.
pub fn take(line: &[u8], contract: &DataContract, state: &mut State, summary: &mut Summary) {
    let Ok(line) = serde_json::from_slice::<Line>(line) else {
        summary.malformed_lines += 1;
        return;
    };
    if line.schema != SCHEMA || line.data.iter().any(|row| row.len() != line.columns.len()) {
        summary.malformed_lines += 1;
        return;
    }
    summary.rows_read += line.data.len() as u64;
    let places: Vec<(&Column, Option<usize>)> =
        contract.features().map(|column| (column, line.columns.iter().position(|name| *name == column.name))).collect();
    for (at, cells) in line.data.iter().enumerate() {
        let row = line.first_row + at as u64;
        match values(&places, cells) {
            Err(reason) => summary.refuse(|| format!("request {}, row {row}: {reason}", line.request_id)),
            Ok(values) => {
                let key = (line.request_id.clone(), row);
                match state.insert(key, Row { time: line.time.clone(), values, outcome: None }) {
                    Known::New => {}
                    Known::Same => summary.duplicates += 1,
                    Known::Different => summary.conflicts += 1,
                }
            }
        }
    }
}

/// The features in the contract's order; an optional one may be missing.
fn values(places: &[(&Column, Option<usize>)], cells: &[Option<f64>]) -> Result<Vec<Option<f64>>, String> {
    places
        .iter()
        .map(|(column, place)| match place {
            Some(place) => match cells[*place] {
                Some(value) => check(column, value).map(Some),
                None if column.required => Err(format!("column \"{}\" has no value", column.name)),
                None => Ok(None),
            },
            None if column.required => {
                Err(format!("column \"{}\" is not in the log; is it in SCORE_LOG_OMIT?", column.name))
            }
            None => Ok(None),
        })
        .collect()
}

/// A value that keeps the column's rules.
///
/// # Errors
/// The rule that it breaks.
pub fn check(column: &Column, value: f64) -> Result<f64, String> {
    let name = &column.name;
    if !value.is_finite() {
        return Err(format!("column \"{name}\" is not a finite number"));
    }
    if column.kind == ColumnType::Integer && value.fract() != 0.0 {
        return Err(format!("column \"{name}\" is {value}, expected a whole number"));
    }
    if column.min.is_some_and(|min| value < min) || column.max.is_some_and(|max| value > max) {
        let bound = |bound: Option<f64>| bound.map_or_else(|| "any".to_owned(), |bound| bound.to_string());
        let (min, max) = (bound(column.min), bound(column.max));
        return Err(format!("column \"{name}\" is {value}, expected {min} to {max}"));
    }
    if !column.allowed.is_empty() && !column.allowed.contains(&value) {
        return Err(format!("column \"{name}\" is {value}, which is not one of the allowed values"));
    }
    Ok(value)
}
