//! Data written anew, where no runtime reads them as they stand: commas, points, UTF-8, a header, and nothing else.

use csv::StringRecord;

use super::cell::{dressed, number, trimmed};
use super::date;
use super::facts::Facts;
use super::guess::{Clean, Guess};

/// How data are written anew.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewrite {
    /// Why, as phrases.
    pub reasons: Vec<String>,
    names: Vec<String>,
    columns: Vec<Column>,
    decimal: char,
    target: usize,
}

/// What is done to the cells of a column.
#[derive(Clone, Debug, PartialEq)]
struct Column {
    clean: Clean,
    /// Whether its numbers have another mark than a point.
    comma: bool,
    markers: Vec<String>,
}

impl Rewrite {
    /// How `facts` are written anew.
    pub fn new(facts: &Facts, guesses: &[Guess], target: usize, reasons: Vec<String>) -> Self {
        let decimal = facts.format.decimal();
        let column = |guess: &Guess| Column {
            clean: if guess.left_out.is_some() { Clean::Keep } else { guess.clean },
            comma: decimal != '.' && guess.is_numeric(),
            markers: guess.markers.clone(),
        };
        let names = guesses
            .iter()
            .enumerate()
            .map(|(at, guess)| if guess.name.is_empty() { format!("column_{}", at + 1) } else { guess.name.clone() });
        Self { reasons, names: names.collect(), columns: guesses.iter().map(column).collect(), decimal, target }
    }

    /// The header.
    pub fn header(&self) -> &[String] {
        &self.names
    }

    /// A row as it will stand; none where the target has no value.
    pub fn row(&self, row: &StringRecord) -> Option<StringRecord> {
        let target = trimmed(row.get(self.target).unwrap_or_default());
        if target.is_empty() || self.columns[self.target].markers.iter().any(|marker| marker == target) {
            return None;
        }
        Some(row.iter().zip(&self.columns).map(|(cell, column)| self.cell(cell, column)).collect())
    }

    fn cell(&self, cell: &str, column: &Column) -> String {
        let text = trimmed(cell);
        if text.is_empty() || column.markers.iter().any(|marker| marker == text) {
            return text.to_owned();
        }
        match column.clean {
            Clean::Date(order) => date::iso(text, order).unwrap_or_else(|| cell.to_owned()),
            Clean::Number if number(text, self.decimal).is_none() => {
                dressed(text, self.decimal).map_or_else(|| cell.to_owned(), |(value, _)| value.to_string())
            }
            _ if column.comma && number(text, self.decimal).is_some() => text.replace(self.decimal, "."),
            _ => cell.to_owned(),
        }
    }
}
