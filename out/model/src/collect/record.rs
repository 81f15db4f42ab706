//! Lines of the scoring log, checked against the contract.

use serde::Deserialize;

use super::state::{Known, Row, State};
use super::summary::Summary;
use super::value::{self, Value};
use crate::contract::{Column, DataContract};
use crate::scoring::record::SCHEMA;

/// A line as the server writes it.
#[derive(Debug, Deserialize)]
struct Line {
    schema: u32,
    time: String,
    request_id: String,
    first_row: u64,
    columns: Vec<String>,
    data: Vec<Vec<Cell>>,
}

/// A cell of a row.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Cell {
    Flag(bool),
    Number(f64),
    Text(String),
    Missing,
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
fn values(places: &[(&Column, Option<usize>)], cells: &[Cell]) -> Result<Vec<Option<Value>>, String> {
    let value = |(column, place): &(&Column, Option<usize>)| {
        let Some(place) = place else {
            let why = format!("column \"{}\" is not in the log; is it in SCORE_LOG_OMIT?", column.name);
            return if column.required { Err(why) } else { Ok(None) };
        };
        match &cells[*place] {
            Cell::Missing if column.required => Err(format!("column \"{}\" has no value", column.name)),
            Cell::Missing => Ok(None),
            Cell::Flag(flag) => value::number(column, f64::from(u8::from(*flag))).map(Some),
            Cell::Number(number) => value::number(column, *number).map(Some),
            Cell::Text(text) => value::text(column, text).map(Some),
        }
    };
    places.iter().map(value).collect()
}
