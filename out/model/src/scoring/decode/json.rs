//! Every JSON body, through serde_json: rows, rows with column names, records.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::super::problem::{Problem, ProblemCode, shorten};
use super::value::{Anything, Cell, Text};
use super::{Features, too_many_rows, wrong_width};

/// Reads a JSON body into `values` in feature order; the answer is the number of rows.
///
/// # Errors
/// `malformed-json` exactly where `serde_json::from_slice::<serde_json::Value>` refuses the body; otherwise the first departure from the contract.
pub fn rows(body: &[u8], features: &Features, most_rows: usize, values: &mut Vec<f64>) -> Result<usize, Problem> {
    let mut reader = Reader { features, most_rows, values, found: None };
    let mut json = serde_json::Deserializer::from_slice(body);
    let outcome = Body(&mut reader).deserialize(&mut json).and_then(|parsed| json.end().map(|()| parsed));
    let found = reader.found.take();
    match outcome {
        Ok(parsed) => match found {
            Some(problem) => Err(problem),
            None => parsed.in_feature_order(features, values),
        },
        Err(error) => {
            // A departure from the contract ends the reading early; what follows it may still not be JSON, and that verdict comes first.
            let mut json = serde_json::Deserializer::from_slice(body);
            match Anything::deserialize(&mut json).and_then(|_| json.end()) {
                Err(syntax) => Err(Problem::new(ProblemCode::MalformedJson, shorten_message(&syntax.to_string()))),
                Ok(()) => {
                    Err(found
                        .unwrap_or_else(|| Problem::new(ProblemCode::WrongShape, shorten_message(&error.to_string()))))
                }
            }
        }
    }
}

fn shorten_message(message: &str) -> String {
    message.char_indices().nth(200).map_or_else(|| message.to_owned(), |(end, _)| format!("{}…", &message[..end]))
}

/// What a body held, before its columns are put in order.
#[derive(Debug, Default)]
struct Parsed {
    columns: Option<Vec<String>>,
    data: Option<Data>,
}

#[derive(Debug, Clone, Copy)]
enum Data {
    Rows(usize),
    /// Cells are in feature order already.
    Records(usize),
}

impl Parsed {
    fn in_feature_order(self, features: &Features, values: &mut [f64]) -> Result<usize, Problem> {
        match (self.data, self.columns) {
            (None, _) => Err(wrong_shape("the member \"data\" is missing")),
            (Some(Data::Rows(rows)), None) => Ok(rows),
            (Some(Data::Rows(rows)), Some(columns)) => {
                let positions = features.positions(&columns)?;
                if positions.iter().enumerate().any(|(from, &to)| from != to) {
                    let mut ordered = vec![0.0; features.len()];
                    for row in values.chunks_exact_mut(features.len()) {
                        for (cell, &to) in row.iter().zip(&positions) {
                            ordered[to] = *cell;
                        }
                        row.copy_from_slice(&ordered);
                    }
                }
                Ok(rows)
            }
            (Some(Data::Records(0)), Some(columns)) => features.positions(&columns).map(|_| 0),
            (Some(Data::Records(rows)), None) => Ok(rows),
            (Some(Data::Records(_)), Some(_)) => {
                Err(wrong_shape("\"columns\" goes with rows as arrays; records name their columns themselves"))
            }
        }
    }
}

fn wrong_shape(detail: &'static str) -> Problem {
    Problem::new(ProblemCode::WrongShape, detail)
}

/// State shared by the visitors. The first problem is kept here, as serde's errors carry text only.
struct Reader<'a> {
    features: &'a Features,
    most_rows: usize,
    values: &'a mut Vec<f64>,
    found: Option<Problem>,
}

impl Reader<'_> {
    /// Keeps the problem and stops the reading.
    fn refuse<E: de::Error>(&mut self, problem: Problem) -> E {
        self.found.get_or_insert(problem);
        E::custom("refused")
    }
}

/// The whole body.
struct Body<'r, 'a>(&'r mut Reader<'a>);

impl<'de> DeserializeSeed<'de> for Body<'_, '_> {
    type Value = Parsed;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Parsed, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Body<'_, '_> {
    type Value = Parsed;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with rows under \"data\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parsed, A::Error> {
        let mut parsed = Parsed::default();
        while let Some(Text(name)) = map.next_key()? {
            match name.as_ref() {
                "data" if parsed.data.is_none() => parsed.data = Some(map.next_value_seed(Table(self.0))?),
                "columns" if parsed.columns.is_none() => parsed.columns = Some(map.next_value_seed(Columns(self.0))?),
                "data" | "columns" => {
                    return Err(self.0.refuse(Problem::new(
                        ProblemCode::WrongShape,
                        format!("the member \"{name}\" is there twice"),
                    )));
                }
                other => {
                    let detail = format!("unknown member \"{}\"; known are \"data\" and \"columns\"", shorten(other));
                    return Err(self.0.refuse(Problem::new(ProblemCode::UnknownMember, detail)));
                }
            }
        }
        Ok(parsed)
    }
}

/// The member `columns`: at most one more name than the model has, since a further one cannot be right.
struct Columns<'r, 'a>(&'r mut Reader<'a>);

impl<'de> DeserializeSeed<'de> for Columns<'_, '_> {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<String>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Columns<'_, '_> {
    type Value = Vec<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of column names under \"columns\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<String>, A::Error> {
        let mut columns = Vec::with_capacity(self.0.features.len());
        while let Some(Text(name)) = sequence.next_element()? {
            if columns.len() > self.0.features.len() {
                let problem = self.0.features.positions(&columns).err();
                let problem = problem.unwrap_or_else(|| self.0.features.unknown(&name));
                return Err(self.0.refuse(problem));
            }
            columns.push(name.into_owned());
        }
        Ok(columns)
    }
}

/// The member `data`: rows or records.
struct Table<'r, 'a>(&'r mut Reader<'a>);

impl<'de> DeserializeSeed<'de> for Table<'_, '_> {
    type Value = Data;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Data, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Table<'_, '_> {
    type Value = Data;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of rows or records under \"data\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Data, A::Error> {
        let reader = self.0;
        let mut count = 0;
        let mut records = None;
        while let Some(is_record) = sequence.next_element_seed(Row { reader, row: count })? {
            if *records.get_or_insert(is_record) != is_record {
                let problem = wrong_shape("rows as arrays and records as objects are mixed").at_row(count);
                return Err(reader.refuse(problem));
            }
            count += 1;
            if count > reader.most_rows {
                return Err(reader.refuse(too_many_rows(reader.most_rows)));
            }
        }
        Ok(if records.unwrap_or(false) { Data::Records(count) } else { Data::Rows(count) })
    }
}

/// One row; the answer says whether it was a record.
struct Row<'r, 'a> {
    reader: &'r mut Reader<'a>,
    row: usize,
}

impl<'de> DeserializeSeed<'de> for Row<'_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, '_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "row {} to be a list of numbers or a record", self.row)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<bool, A::Error> {
        let width = self.reader.features.len();
        let mut found = 0;
        while let Some(value) = sequence.next_element::<Cell>()? {
            // Cells beyond the width are counted for the message, not kept.
            if found < width {
                match value {
                    Cell::Number(value) => self.reader.values.push(value),
                    Cell::Other(kind) => {
                        let column = self.reader.features.names()[found].clone();
                        return Err(self.reader.refuse(wrong_type(kind).at_row(self.row).at_column(&column)));
                    }
                }
            }
            found += 1;
        }
        if found == width { Ok(false) } else { Err(self.reader.refuse(wrong_width(self.row, width, found))) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let Self { reader, row } = self;
        let width = reader.features.len();
        let start = reader.values.len();
        // NaN marks what has not come yet: JSON has no NaN.
        reader.values.resize(start + width, f64::NAN);
        while let Some(Text(name)) = map.next_key()? {
            let Some(at) = reader.features.position(&name) else {
                let problem = reader.features.unknown(&name).at_row(row);
                return Err(reader.refuse(problem));
            };
            if !reader.values[start + at].is_nan() {
                let problem = Problem::new(ProblemCode::DuplicateColumn, "a column is named twice");
                return Err(reader.refuse(problem.at_row(row).at_column(&name)));
            }
            match map.next_value::<Cell>()? {
                Cell::Number(value) => reader.values[start + at] = value,
                Cell::Other(kind) => return Err(reader.refuse(wrong_type(kind).at_row(row).at_column(&name))),
            }
        }
        match reader.values[start..].iter().position(|value| value.is_nan()) {
            Some(missing) => {
                let problem = reader.features.missing(missing).at_row(row);
                Err(reader.refuse(problem))
            }
            None => Ok(true),
        }
    }
}

fn wrong_type(kind: &'static str) -> Problem {
    if kind == "null" {
        return Problem::new(
            ProblemCode::MissingValue,
            "there is no value, and the model has none to put in its place",
        );
    }
    Problem::new(ProblemCode::WrongType, format!("expected a number, found {kind}"))
}
