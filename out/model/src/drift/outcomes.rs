//! What turned out to be true, held against what was predicted: the model's own metric on rows that were scored.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::line::{Answer, Cell, Line};
use crate::artifact::{Metrics, ModelTask};
use crate::contract::{Column, ColumnType, DataContract};
use crate::dataset::{Batch, DataError, Dataset, Reading, Share, class_indices};
use crate::evaluation::{ClassMetrics, Direction, Metric, RegressionMetrics};

/// The column with the request's id.
const REQUEST_ID: &str = "request_id";
/// The column with the row in the request, from 0; without it every outcome is of row 0.
const ROW: &str = "row";

/// What the metric is held against.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeLimits {
    /// The metric.
    pub metric: Metric,
    /// The least value that is good, in the metric's own unit.
    #[serde(default)]
    pub minimum: Option<f64>,
    /// The greatest value that is good, in the metric's own unit.
    #[serde(default)]
    pub maximum: Option<f64>,
    /// By how much it may be worse than on the rows held out in training, in the metric's own unit.
    #[serde(default)]
    pub worse: Option<f64>,
    /// Least number of rows with a outcome that anything is said of.
    pub rows: u64,
}

/// Why outcomes cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutcomesError {
    /// The files cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A key is no column of the contract.
    #[error("the key '{0}' is no column of the data contract other than the target")]
    Key(String),
}

/// What turned out, by what tells rows apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    /// Columns that tell rows apart; none for the request's id and the row in it.
    by: Vec<String>,
    known: HashMap<Vec<Part>, Outcome>,
}

/// A part of what tells rows apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    /// A number, by its bits.
    Number(u64),
    /// A text.
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Number(f64),
    Class(usize),
    /// A class that the model does not know.
    Stranger,
}

impl Part {
    fn number(value: f64) -> Self {
        // -0 and 0 are one number.
        Self::Number((value + 0.0).to_bits())
    }
}

impl Outcomes {
    /// Reads a file, or a folder of files, with the target and what tells rows apart: `request_id` and, if there is one, `row`
    /// (from 0), or the columns `by`. Files are read as the contract says, in the order of their names; a later outcome of the same row
    /// corrects an earlier one, and a row without a target is not known yet. A folder without files has none.
    ///
    /// # Errors
    /// A file cannot be read, a cell is not what its column is, or a key is no column.
    pub fn read(path: &Path, contract: &DataContract, by: &[String], task: &ModelTask) -> Result<Self, OutcomesError> {
        let mut outcomes = Self { by: by.to_vec(), known: HashMap::new() };
        let data = match Dataset::open(path) {
            Err(DataError::NoFiles { .. }) => return Ok(outcomes),
            other => other?,
        };
        let keys: Vec<Column> = by.iter().map(|name| key(contract, name)).collect::<Result<_, _>>()?;
        let target = Column { required: false, ..contract.target().clone() };
        for file in data.files() {
            let mut columns = keys.clone();
            if by.is_empty() {
                columns.push(Column::new(REQUEST_ID, ColumnType::Category));
                let row = Column::new(ROW, ColumnType::Integer);
                let names = data.column_names(file, &Reading::columns(contract, [&target].into_iter()))?;
                columns.extend(names.iter().any(|name| name == ROW).then_some(row));
            }
            columns.push(target.clone());
            for batch in Dataset::open(&file.path)?.read_columns_strictly(contract, columns.clone(), Share::WHOLE) {
                outcomes.take(&batch?, &columns, task);
            }
        }
        Ok(outcomes)
    }

    fn take(&mut self, batch: &Batch, columns: &[Column], task: &ModelTask) {
        let last = columns.len() - 1;
        let (classes, values) = match task {
            ModelTask::Regression {} => (None, batch.columns[last].clone()),
            ModelTask::Classification { classes, .. } => {
                (Some(classes), class_indices(columns[last].kind, classes, batch, last).0)
            }
        };
        for (row, value) in values.into_iter().enumerate().filter(|(row, _)| !batch.columns[last][*row].is_nan()) {
            let part = |place: usize| match columns[place].kind {
                ColumnType::Category | ColumnType::Text => {
                    Part::Text(batch.texts[place][batch.columns[place][row] as usize].clone())
                }
                _ => Part::number(batch.columns[place][row]),
            };
            let mut key: Vec<Part> = (0..last).map(part).collect();
            if self.by.is_empty() && key.len() == 1 {
                key.push(Part::number(0.0));
            }
            let outcome = match classes {
                None => Outcome::Number(value),
                Some(_) if value.is_nan() => Outcome::Stranger,
                Some(_) => Outcome::Class(value as usize),
            };
            self.known.insert(key, outcome);
        }
    }

    /// The number of rows with a outcome.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing is known yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn of(&self, line: &Line, places: Option<&[usize]>, row: usize) -> Option<Outcome> {
        let key = match places {
            None => vec![Part::Text(line.request_id.clone()), Part::number((line.first_row + row as u64) as f64)],
            Some(places) => {
                let part = |place: &usize| match &line.data[row][*place] {
                    Cell::Text(text) => Some(Part::Text(text.clone())),
                    cell => cell.number().map(Part::number),
                };
                places.iter().map(part).collect::<Option<_>>()?
            }
        };
        self.known.get(&key).copied()
    }
}

fn key(contract: &DataContract, name: &str) -> Result<Column, OutcomesError> {
    let column = contract.features().find(|column| column.name == name);
    let column = column.ok_or_else(|| OutcomesError::Key(name.to_owned()))?;
    Ok(Column { required: true, ..column.clone() })
}

/// Predictions beside what turned out.
#[derive(Debug, Clone)]
pub struct Comparison<'a> {
    outcomes: &'a Outcomes,
    task: &'a ModelTask,
    since: Option<String>,
    /// Rows whose outcome is known and that the metric is made of.
    rows: u64,
    /// Rows whose outcome is not known yet.
    waiting: u64,
    /// Rows whose outcome is a class that the model does not know.
    strangers: u64,
    taken: HashSet<(String, u64)>,
    numbers: RegressionMetrics,
    classes: ClassMetrics,
}

impl<'a> Comparison<'a> {
    /// Nothing compared yet; earlier lines than `since` are not.
    #[must_use]
    pub fn new(outcomes: &'a Outcomes, task: &'a ModelTask, since: Option<&str>) -> Self {
        Self {
            outcomes,
            task,
            since: since.map(str::to_owned),
            rows: 0,
            waiting: 0,
            strangers: 0,
            taken: HashSet::new(),
            numbers: RegressionMetrics::default(),
            classes: ClassMetrics::default(),
        }
    }

    /// The moment from which on lines are compared.
    #[must_use]
    pub fn since(&self) -> Option<&str> {
        self.since.as_deref()
    }

    /// Adds the rows of a line whose outcome is known; a row that is logged twice counts once.
    pub fn push(&mut self, line: &Line) {
        let keys = &self.outcomes.by;
        let places: Option<Vec<usize>> = keys.iter().map(|name| line.place(name)).collect();
        let places = if keys.is_empty() { None } else { places };
        let answers = line.answers(self.task);
        for (row, answer) in answers.iter().enumerate() {
            let known = keys.is_empty() || places.is_some();
            let outcome = if known { self.outcomes.of(line, places.as_deref(), row) } else { None };
            let Some(outcome) = outcome else {
                self.waiting += 1;
                continue;
            };
            if !self.taken.insert((line.request_id.clone(), line.first_row + row as u64)) {
                continue;
            }
            match (outcome, answer) {
                (Outcome::Number(outcome), Answer::Number(value)) => self.numbers.push(outcome, *value),
                (Outcome::Class(outcome), Answer::Probabilities(p)) => {
                    self.classes.push(outcome, p, self.task.decide(p));
                }
                (Outcome::Class(outcome), Answer::Class(decision)) => {
                    self.classes.push_decision(outcome, *decision, self.task.classes().len());
                }
                _ => {
                    self.strangers += 1;
                    continue;
                }
            }
            self.rows += 1;
        }
    }

    /// The metrics of the rows so far.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        if self.task.classes().is_empty() { self.numbers.finish() } else { self.classes.finish() }
    }
}

/// Why the metric is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeFailure {
    /// It is beyond the limit.
    Limit,
    /// It is worse than on the rows held out in training.
    Worse,
}

/// What predictions were worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeFinding {
    /// The metric.
    pub metric: Metric,
    /// Rows whose outcome is known.
    pub rows: u64,
    /// Logged rows whose outcome is not known yet.
    pub waiting: u64,
    /// Rows whose outcome is a class that the model does not know.
    pub strangers: u64,
    /// Whether there are rows enough, and the metric is defined on them.
    pub judged: bool,
    /// The metric on these rows.
    pub value: Option<f64>,
    /// The same on the rows held out in training; absent where none were.
    pub before: Option<f64>,
    /// What is not good.
    pub failures: Vec<OutcomeFailure>,
}

/// Holds the metric against its limits; `before` is its value on the rows held out in training.
#[must_use]
pub fn judge_outcomes(comparison: &Comparison<'_>, limits: OutcomeLimits, before: Option<f64>) -> OutcomeFinding {
    let enough = comparison.rows >= limits.rows.max(1);
    let value = if enough { limits.metric.of(&comparison.metrics()) } else { None };
    let worse_by = value.zip(before).map(|(value, before)| match limits.metric.natural_direction() {
        Direction::Minimize => value - before,
        Direction::Maximize => before - value,
    });
    let beyond = value.is_some_and(|value| {
        limits.minimum.is_some_and(|least| value < least) || limits.maximum.is_some_and(|most| value > most)
    });
    let worse = worse_by.zip(limits.worse).is_some_and(|(by, most)| by > most);
    let failures = [(OutcomeFailure::Limit, beyond), (OutcomeFailure::Worse, worse)];
    OutcomeFinding {
        metric: limits.metric,
        rows: comparison.rows,
        waiting: comparison.waiting,
        strangers: comparison.strangers,
        judged: value.is_some(),
        value,
        before,
        failures: failures.into_iter().filter(|(_, fails)| *fails).map(|(failure, _)| failure).collect(),
    }
}
