//! From request bodies to rows of numbers in the model's feature order. Pure: bytes in, numbers or a [`Problem`] out.
//!
//! - [`fast`]: the common JSON body, `{"data":[[…],…]}`, in one pass; it answers "not mine" for anything else.
//! - [`json`]: every JSON body of that kind, with names or as records too, through serde_json, with exact reasons for refusals.
//! - `bodies`: what clients of other servers send, and models with more than required numbers.
//! - [`csv`](mod@csv): bodies of type `text/csv`.
//!
//! **Whether a body is accepted, and with which numbers, is serde_json's verdict**: `fast` only takes bodies that `json` takes too, with the
//! same bits (test `fast_and_serde_json_agree`).

mod bodies;
mod body;
pub mod csv;
pub mod fast;
pub mod json;
pub mod media;
mod nearest;
mod node;
mod value;

use super::problem::{Problem, ProblemCode, shorten};
use crate::contract::{Column, ColumnType, UnknownColumns};
use crate::dataset::{Booleans, seconds_since_1970};
use crate::encoding::Input;
pub use body::{Limits, decode};
pub use media::Format;

/// The model's features by name: what bodies are checked against.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    names: Vec<String>,
    inputs: Vec<Input>,
    booleans: Vec<Booleans>,
    /// Names and aliases with their positions, sorted for look-ups in wide models.
    sorted: Vec<(String, usize)>,
    unknown_columns: UnknownColumns,
    /// Whether every feature is a number.
    numbers: bool,
    /// Whether every feature is a number that must be there, under one name, and nothing else may be.
    plain: bool,
    /// The features that are whole numbers.
    integers: Vec<usize>,
}

/// The form of the answer that a body's sender expects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Answer {
    /// `{"result": […]}`.
    #[default]
    Result,
    /// `{"predictions": […]}`, as MLflow answers.
    Predictions,
    /// That of the Open Inference Protocol.
    OpenInference {
        /// The request's own id, which goes back.
        id: Option<String>,
    },
}

impl Features {
    /// Required numbers in the model's order. Names are unique (the model file's loader sees to that).
    pub fn new(names: Vec<String>) -> Self {
        Self::of(names.iter().map(|name| Input::number(name)).collect(), UnknownColumns::Refuse)
    }

    /// Features in the model's order.
    pub fn of(inputs: Vec<Input>, unknown_columns: UnknownColumns) -> Self {
        let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
        let aliases = inputs.iter().enumerate().filter_map(|(at, input)| Some((input.alias.clone()?, at)));
        let aliases: Vec<_> = aliases.filter(|(alias, _)| !names.contains(alias)).collect();
        let one_name = aliases.is_empty();
        let mut sorted: Vec<(String, usize)> = names.iter().cloned().enumerate().map(|(at, name)| (name, at)).collect();
        sorted.extend(aliases);
        sorted.sort();
        let numbers = inputs.iter().all(|input| matches!(input.kind, ColumnType::Number | ColumnType::Integer));
        let required = !inputs.iter().any(Input::is_optional);
        let plain = numbers && required && one_name && unknown_columns == UnknownColumns::Refuse;
        let booleans = inputs.iter().map(|input| {
            let (yes, no) = (input.yes.clone(), input.no.clone());
            Booleans::of(&Column { yes, no, ..Column::new(&input.name, input.kind) })
        });
        let integers = inputs.iter().enumerate().filter(|(_, input)| input.kind == ColumnType::Integer);
        let integers = integers.map(|(at, _)| at).collect();
        Self { booleans: booleans.collect(), names, inputs, sorted, unknown_columns, numbers, plain, integers }
    }

    /// A feature.
    pub fn input(&self, at: usize) -> &Input {
        &self.inputs[at]
    }

    /// Whether a feature may be left out.
    pub fn is_optional(&self, at: usize) -> bool {
        self.inputs[at].is_optional()
    }

    /// Whether columns that the model does not have are passed over.
    pub fn ignores_unknown(&self) -> bool {
        self.unknown_columns == UnknownColumns::Ignore
    }

    /// Where each of `columns` goes; a column that is passed over goes nowhere.
    ///
    /// # Errors
    /// A column that the model lacks, one that is named twice, or a feature that is missing.
    pub fn order(&self, columns: &[String]) -> Result<Vec<Option<usize>>, Problem> {
        let mut seen = vec![false; self.len()];
        let mut order = Vec::with_capacity(columns.len());
        for column in columns {
            let at = self.position(column);
            match at {
                Some(at) if std::mem::replace(&mut seen[at], true) => {
                    return Err(Problem::new(ProblemCode::DuplicateColumn, "a column is named twice").at_column(column));
                }
                None if !self.ignores_unknown() => return Err(self.unknown(column)),
                _ => order.push(at),
            }
        }
        match seen.iter().enumerate().position(|(at, seen)| !seen && !self.is_optional(at)) {
            Some(missing) => Err(self.missing(missing)),
            None => Ok(order),
        }
    }

    /// The value of a cell without one.
    ///
    /// # Errors
    /// A value must be there.
    pub fn missing_value(&self, at: usize) -> Result<f64, Problem> {
        if self.is_optional(at) {
            return Ok(f64::NAN);
        }
        Err(Problem::new(ProblemCode::MissingValue, "there is no value, and the model has none to put in its place"))
    }

    /// The value of a JSON boolean.
    ///
    /// # Errors
    /// The feature is something else.
    pub fn of_boolean(&self, at: usize, value: bool) -> Result<f64, Problem> {
        match self.inputs[at].kind {
            ColumnType::Boolean => Ok(f64::from(u8::from(value))),
            ColumnType::Category => self.level(at, if value { "true" } else { "false" }),
            _ => Err(wrong_kind(&self.inputs[at], "a boolean")),
        }
    }

    /// The value of a JSON number.
    ///
    /// # Errors
    /// The feature is something else.
    pub fn of_number(&self, at: usize, value: f64) -> Result<f64, Problem> {
        match self.inputs[at].kind {
            ColumnType::Integer if value.fract().abs() > 0.0 => {
                Err(wrong_kind(&self.inputs[at], "a number with a fraction"))
            }
            ColumnType::Number | ColumnType::Integer | ColumnType::Datetime => Ok(value),
            ColumnType::Boolean => {
                self.booleans[at].of_number(value).ok_or_else(|| wrong_kind(&self.inputs[at], "a number"))
            }
            ColumnType::Category => self.level(at, &(value + 0.0).to_string()),
            ColumnType::Text => Err(wrong_kind(&self.inputs[at], "a number")),
        }
    }

    /// The value of a text; numbers are taken from text only where the body has nothing else (`numbers_are_text`).
    ///
    /// # Errors
    /// It is none of the feature's kind.
    pub fn of_text(&self, at: usize, text: &str, numbers_are_text: bool) -> Result<f64, Problem> {
        let input = &self.inputs[at];
        let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace());
        if trimmed.is_empty() && (numbers_are_text || input.kind == ColumnType::Category) {
            return self.missing_value(at);
        }
        let found = || format!("\"{}\"", shorten(text));
        match input.kind {
            ColumnType::Category => self.level(at, text),
            ColumnType::Boolean => {
                self.booleans[at].value(trimmed.as_bytes()).ok_or_else(|| wrong_kind(input, &found()))
            }
            ColumnType::Datetime => seconds_since_1970(trimmed.as_bytes()).ok_or_else(|| wrong_kind(input, &found())),
            _ if !numbers_are_text => Err(wrong_kind(input, "text")),
            _ => match fast_float2::parse::<f64, _>(trimmed) {
                Ok(value) if value.is_finite() => self.of_number(at, value),
                Ok(_) => {
                    Err(Problem::new(ProblemCode::NotFinite, format!("expected a finite number, found {}", found())))
                }
                Err(_) => Err(wrong_kind(input, &found())),
            },
        }
    }

    /// Refuses rows of values with a fraction where there are to be whole numbers.
    ///
    /// # Errors
    /// The first such value.
    pub(super) fn refuse_fractions(&self, values: &[f64]) -> Result<(), Problem> {
        if self.integers.is_empty() {
            return Ok(());
        }
        for (row, values) in values.chunks_exact(self.len()).enumerate() {
            if let Some(&at) = self.integers.iter().find(|&&at| values[at].fract().abs() > 0.0) {
                let problem = wrong_kind(&self.inputs[at], "a number with a fraction");
                return Err(problem.at_row(row).at_column(&self.names[at]));
            }
        }
        Ok(())
    }

    fn level(&self, at: usize, text: &str) -> Result<f64, Problem> {
        self.inputs[at].level(text).ok_or_else(|| {
            let detail = format!("\"{}\" is none of the levels that the model knows", shorten(text));
            Problem::new(ProblemCode::UnknownLevel, detail)
        })
    }

    /// Names in the model's order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of features, which is the width of a row.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the model has no features at all.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Position of a feature in the model's order.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.sorted.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok().map(|found| self.sorted[found].1)
    }

    /// Positions of `columns` in the model's order.
    ///
    /// # Errors
    /// A column that the model lacks, one that is named twice, or a feature that is missing.
    pub fn positions(&self, columns: &[String]) -> Result<Vec<usize>, Problem> {
        let mut seen = vec![false; self.len()];
        let mut positions = Vec::with_capacity(columns.len().min(self.len()));
        for column in columns {
            let Some(at) = self.position(column) else {
                return Err(self.unknown(column));
            };
            if std::mem::replace(&mut seen[at], true) {
                return Err(Problem::new(ProblemCode::DuplicateColumn, "a column is named twice").at_column(column));
            }
            positions.push(at);
        }
        match seen.iter().position(|seen| !seen) {
            Some(missing) => Err(self.missing(missing)),
            None => Ok(positions),
        }
    }

    pub(crate) fn unknown(&self, column: &str) -> Problem {
        let detail = format!("the model has no such column; it has {}", self.listing());
        Problem::new(ProblemCode::UnknownColumn, detail).at_column(column)
    }

    pub(crate) fn missing(&self, at: usize) -> Problem {
        let detail = format!("every feature must be given: {}", self.listing());
        Problem::new(ProblemCode::MissingColumn, detail).at_column(&self.names[at])
    }

    /// The names for a message; a wide model's are cut short.
    fn listing(&self) -> String {
        const SHOWN: usize = 24;
        let mut text = self.names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
        if self.len() > SHOWN {
            text.push_str(&format!(", … ({} in all)", self.len()));
        }
        text
    }
}

/// What is told of a cell that is of another kind than its column.
pub(crate) fn wrong_kind(input: &Input, found: &str) -> Problem {
    let expected = match input.kind {
        ColumnType::Number => "a number",
        ColumnType::Integer => "a whole number",
        ColumnType::Boolean => "true or false",
        ColumnType::Datetime => "a moment such as 2024-02-29T12:30:00Z",
        ColumnType::Category | ColumnType::Text => "text",
    };
    Problem::new(ProblemCode::WrongType, format!("expected {expected}, found {found}"))
}

pub(crate) fn too_many_rows(limit: usize) -> Problem {
    Problem::new(ProblemCode::TooManyRows, format!("at most {limit} rows are answered at once; send several requests"))
}

pub(crate) fn wrong_width(row: usize, expected: usize, found: usize) -> Problem {
    Problem::new(ProblemCode::WrongWidth, format!("expected {expected} cells, found {found}")).at_row(row)
}
