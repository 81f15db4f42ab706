//! Lines of the scoring log, as either runtime's server writes them.

use serde::Deserialize;

use super::reference::Reference;
use crate::artifact::ModelTask;
use crate::contract::ColumnType;
use crate::scoring::record::SCHEMA;

/// A line that was checked: every row is as wide as its columns and has a result, and cells are what their columns are.
#[derive(Debug, Deserialize)]
pub struct Line {
    schema: u32,
    /// When the answer was ready, `2026-11-30T08:00:00…Z`.
    pub time: String,
    /// The request that it belongs to.
    pub request_id: String,
    /// What the server calls its model.
    pub model: String,
    /// Number of the first row in its request, from 0.
    pub first_row: u64,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Cells by row.
    pub data: Vec<Vec<Cell>>,
    /// Numbers, names of classes, or the probabilities of all classes, one row after another.
    result: Vec<Cell>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// `true` or `false`.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Nothing.
    Missing,
}

/// Why a line is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is no record of a known schema, or not one of this model's columns.
    Malformed,
    /// It is earlier than what is asked for.
    Early,
    /// Another model answered.
    OtherModel,
}

/// What was predicted for a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Prediction {
    /// A number.
    Number(f64),
    /// A class.
    Class(String),
}

/// What was answered for a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A number.
    Number(f64),
    /// The probability of each class.
    Probabilities(Vec<f64>),
    /// A class, by its index.
    Class(usize),
    /// A class that the model does not know.
    Stranger,
}

impl Line {
    /// Reads a line. A moment is compared to the second.
    ///
    /// # Errors
    /// Why the line is not counted.
    pub fn read(text: &[u8], reference: &Reference, since: Option<&str>) -> Result<Self, Refused> {
        let line: Self = serde_json::from_slice(text).map_err(|_| Refused::Malformed)?;
        let ragged = line.data.iter().any(|row| row.len() != line.columns.len());
        if line.schema != SCHEMA || ragged || line.time.len() < 19 || !line.time.is_ascii() {
            return Err(Refused::Malformed);
        }
        if line.is_before(since) {
            return Err(Refused::Early);
        }
        if !reference.models.is_empty() && !reference.models.contains(&line.model) {
            return Err(Refused::OtherModel);
        }
        for column in &reference.columns {
            let Some(place) = line.place(&column.name) else { continue };
            let text = matches!(column.kind, ColumnType::Category | ColumnType::Text);
            let fits = |cell: &Cell| match cell {
                Cell::Missing => true,
                Cell::Text(_) => text,
                Cell::Flag(_) => !text,
                Cell::Number(value) => !text && value.is_finite(),
            };
            if !line.data.iter().all(|row| fits(&row[place])) {
                return Err(Refused::Malformed);
            }
        }
        if line.predictions(&reference.task).len() == line.data.len() { Ok(line) } else { Err(Refused::Malformed) }
    }

    /// Whether the line is earlier than a moment, to the second.
    #[must_use]
    pub fn is_before(&self, since: Option<&str>) -> bool {
        since.is_some_and(|since| self.time[..19] < since[..since.len().min(19)])
    }

    /// Where a column stands, if the line has it.
    #[must_use]
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    /// What was answered, by row; of a checked line.
    #[must_use]
    pub fn answers(&self, task: &ModelTask) -> Vec<Answer> {
        let number = |cell: &Cell| cell.number().unwrap_or(f64::NAN);
        let ModelTask::Classification { classes, .. } = task else {
            return self.result.iter().map(|cell| Answer::Number(number(cell))).collect();
        };
        let named = |cell: &Cell| match cell {
            Cell::Text(text) => classes.iter().position(|class| class == text),
            _ => None,
        };
        if self.result.iter().all(|cell| matches!(cell, Cell::Text(_))) {
            let answer = |cell| named(cell).map_or(Answer::Stranger, Answer::Class);
            return self.result.iter().map(answer).collect();
        }
        let chances: Vec<f64> = self.result.iter().map(number).collect();
        chances.chunks_exact(classes.len()).map(|chances| Answer::Probabilities(chances.to_vec())).collect()
    }

    /// What was predicted, by row; nothing where the results are not those of the task.
    #[must_use]
    pub fn predictions(&self, task: &ModelTask) -> Vec<Prediction> {
        let number = |cell: &Cell| if let Cell::Number(value) = cell { Some(*value) } else { None };
        let ModelTask::Classification { classes, .. } = task else {
            let numbers = self.result.iter().map(|cell| number(cell).map(Prediction::Number));
            return numbers.collect::<Option<_>>().unwrap_or_default();
        };
        let name = |cell: &Cell| if let Cell::Text(text) = cell { Some(Prediction::Class(text.clone())) } else { None };
        if let Some(names) = self.result.iter().map(name).collect::<Option<Vec<_>>>() {
            return names;
        }
        let Some(numbers) = self.result.iter().map(number).collect::<Option<Vec<f64>>>() else { return vec![] };
        if !numbers.len().is_multiple_of(classes.len()) {
            return vec![];
        }
        let class = |probabilities: &[f64]| Prediction::Class(classes[task.decide(probabilities)].clone());
        numbers.chunks_exact(classes.len()).map(class).collect()
    }
}

impl Cell {
    /// The number that a cell stands for; `None` for a text and where there is nothing.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Flag(flag) => Some(f64::from(u8::from(*flag))),
            Self::Text(_) | Self::Missing => None,
        }
    }
}
