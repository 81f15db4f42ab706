//! Counts of what was scored.

use std::collections::{BTreeMap, BTreeSet};

use super::line::{Cell, Line, Prediction, Refused};
use super::reference::{ColumnReference, Levels, Numbers, Reference, Shape};
use crate::contract::ColumnType;

/// What the lines so far come to.
#[derive(Debug)]
pub struct Tally<'a> {
    /// What they are held against.
    pub reference: &'a Reference,
    /// Rows of lines that count.
    pub rows: u64,
    /// Lines that are no records, or do not fit the model's columns.
    pub malformed_lines: u64,
    /// Lines of other models.
    pub other_models: u64,
    /// By column of the reference.
    pub columns: Vec<ColumnTally>,
    /// The predictions; nothing where the reference knows none.
    pub predictions: Option<Counts>,
}

/// One column.
#[derive(Debug, Clone)]
pub struct ColumnTally {
    /// Rows of lines that have the column.
    pub rows: u64,
    /// Cells without a value.
    pub missing: u64,
    /// Cells with a level that the model does not know.
    pub unseen: u64,
    /// Cells with a value, as far as their distribution can be compared.
    pub counts: Option<Counts>,
    levels: BTreeSet<String>,
}

/// Counts beside those of a shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Counts {
    /// In the bins of numbers.
    Numbers(Vec<u64>),
    /// Of the shape's levels, and of all others together.
    Levels(BTreeMap<String, u64>, u64),
}

impl Counts {
    fn empty(shape: &Shape) -> Self {
        match shape {
            Shape::Numbers(numbers) => Self::Numbers(vec![0; numbers.counts.len()]),
            Shape::Levels(levels) => Self::Levels(levels.levels.keys().map(|level| (level.clone(), 0)).collect(), 0),
        }
    }

    fn push_number(&mut self, shape: &Numbers, value: f64) {
        if let Self::Numbers(counts) = self {
            counts[shape.bin(value)] += 1;
        }
    }

    fn push_text(&mut self, text: &str) {
        if let Self::Levels(levels, others) = self {
            match levels.get_mut(text) {
                Some(count) => *count += 1,
                None => *others += 1,
            }
        }
    }

    /// The counts of `shape` beside these, in the same order; others only where there are any.
    #[must_use]
    pub fn beside(&self, shape: &Shape) -> Vec<(u64, u64)> {
        match (shape, self) {
            (Shape::Numbers(before), Self::Numbers(now)) => {
                before.counts.iter().copied().zip(now.iter().copied()).collect()
            }
            (Shape::Levels(Levels { levels, others: before }), Self::Levels(now, others)) => {
                let known = levels.iter().map(|(level, count)| (*count, now.get(level).copied().unwrap_or(0)));
                known.chain((before + others > 0).then_some((*before, *others))).collect()
            }
            _ => vec![],
        }
    }

    /// The number of values.
    #[must_use]
    pub fn total(&self) -> u64 {
        match self {
            Self::Numbers(counts) => counts.iter().sum(),
            Self::Levels(levels, others) => levels.values().sum::<u64>() + others,
        }
    }
}

impl<'a> Tally<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new(reference: &'a Reference) -> Self {
        let column = |column: &ColumnReference| ColumnTally {
            rows: 0,
            missing: 0,
            unseen: 0,
            counts: column.shape.as_ref().map(Counts::empty),
            levels: column.levels.iter().cloned().collect(),
        };
        Self {
            reference,
            rows: 0,
            malformed_lines: 0,
            other_models: 0,
            columns: reference.columns.iter().map(column).collect(),
            predictions: reference.predictions.as_ref().map(Counts::empty),
        }
    }

    /// Reads a line, or counts why not.
    pub fn read(&mut self, text: &[u8], since: Option<&str>) -> Option<Line> {
        match Line::read(text, self.reference, since) {
            Ok(line) => Some(line),
            Err(why) => {
                self.malformed_lines += u64::from(why == Refused::Malformed);
                self.other_models += u64::from(why == Refused::OtherModel);
                None
            }
        }
    }

    /// Adds the rows of a line.
    pub fn count(&mut self, line: &Line) {
        self.rows += line.data.len() as u64;
        for (column, tally) in self.reference.columns.iter().zip(&mut self.columns) {
            if let Some(place) = line.place(&column.name) {
                tally.rows += line.data.len() as u64;
                line.data.iter().for_each(|row| tally.push(column, &row[place]));
            }
        }
        let predictions = line.predictions(&self.reference.task);
        if let (Some(counts), Some(shape)) = (&mut self.predictions, &self.reference.predictions) {
            for prediction in &predictions {
                match (prediction, shape) {
                    (Prediction::Number(value), Shape::Numbers(numbers)) => counts.push_number(numbers, *value),
                    (Prediction::Class(name), _) => counts.push_text(name),
                    (Prediction::Number(_), Shape::Levels(_)) => {}
                }
            }
        }
    }
}

impl ColumnTally {
    fn push(&mut self, column: &ColumnReference, cell: &Cell) {
        if let Cell::Text(text) = cell {
            self.unseen += u64::from(column.kind == ColumnType::Category && !self.levels.contains(text));
            if let Some(counts) = &mut self.counts {
                counts.push_text(text);
            }
            return;
        }
        match (cell.number(), &mut self.counts, &column.shape) {
            (None, ..) => self.missing += 1,
            (Some(value), Some(counts), Some(Shape::Numbers(numbers))) => counts.push_number(numbers, value),
            _ => {}
        }
    }
}
