//! What is read of a data set: which columns, what their cells are, and how text files are written.

use super::booleans::Booleans;
use crate::contract::{Column, ColumnType, Csv, DataContract};
use std::sync::Arc;

/// Columns to read, by name. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reading(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    columns: Vec<Wanted>,
    names: Vec<String>,
    csv: Csv,
    missing: Vec<String>,
    numeric_markers: bool,
}

/// How the cells of a wanted column become numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    /// Numbers.
    Number,
    /// Yes is 1 and no is 0.
    Boolean(Booleans),
    /// A text becomes its place in the batch's list of the column's texts.
    Category,
    /// Seconds since 1970.
    Datetime,
}

impl Reading {
    /// The contract's columns, in its order.
    #[must_use]
    pub fn of(contract: &DataContract) -> Self {
        Self::columns(contract, contract.columns().iter())
    }

    /// Some columns, as a contract's files hold them.
    #[must_use]
    pub fn columns<'a>(contract: &DataContract, columns: impl Iterator<Item = &'a Column>) -> Self {
        let (names, columns) = columns.map(|column| (column.name.clone(), Wanted::of(column))).unzip();
        Self::new(names, columns, contract.csv(), contract.missing().to_vec())
    }

    /// Columns of numbers, from files with the default dialect.
    #[must_use]
    pub fn numbers(names: &[String]) -> Self {
        Self::new(names.to_vec(), vec![Wanted::Number; names.len()], Csv::default(), vec![])
    }

    fn new(names: Vec<String>, columns: Vec<Wanted>, csv: Csv, missing: Vec<String>) -> Self {
        // A marker such as -999 is a number to the eye, so each cell must be looked at as text first.
        let numeric_markers = missing.iter().any(|text| fast_float2::parse::<f64, _>(text).is_ok());
        Self(Arc::new(Parts { columns, names, csv, missing, numeric_markers }))
    }

    /// The names of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0.names
    }

    /// How CSV files are written.
    pub(super) fn csv(&self) -> Csv {
        self.0.csv
    }

    pub(super) fn wanted(&self) -> &[Wanted] {
        &self.0.columns
    }

    /// Whether a number can be taken for one where it stands: the mark is a point, and no marker of missing values looks
    /// like a number.
    pub(super) fn plain_numbers(&self) -> bool {
        self.0.csv.decimal == '.' && !self.0.numeric_markers
    }

    pub(super) fn has_decimal_comma(&self) -> bool {
        self.0.csv.decimal == ','
    }

    pub(super) fn markers_are_numbers(&self) -> bool {
        self.0.numeric_markers
    }

    /// Whether a trimmed cell means that there is no value.
    pub(super) fn is_missing(&self, trimmed: &[u8]) -> bool {
        trimmed.is_empty() || self.0.missing.iter().any(|text| text.as_bytes() == trimmed)
    }
}

impl Wanted {
    fn of(column: &Column) -> Self {
        match column.kind {
            ColumnType::Number | ColumnType::Integer => Self::Number,
            ColumnType::Boolean => Self::Boolean(Booleans::of(column)),
            ColumnType::Category | ColumnType::Text => Self::Category,
            ColumnType::Datetime => Self::Datetime,
        }
    }
}
