//! The columns of a request, and the first slots of a row.

use super::file::InputColumn;
use super::{NativeError, finite, invalid};
use crate::artifact::FEATURE_LIMIT;
use crate::contract::ColumnType;
use crate::encoding::{Input, NO_LEVEL};
use std::collections::BTreeSet;

/// The inputs, in the order of a row's values.
#[derive(Debug, Clone)]
pub(super) struct Inputs {
    pub columns: Vec<InputColumn>,
    /// The inputs that have a slot for whether their value was missing.
    indicators: Vec<usize>,
}

impl Inputs {
    pub fn new(columns: Vec<InputColumn>, target: &str) -> Result<Self, NativeError> {
        if columns.is_empty() || columns.len() > FEATURE_LIMIT {
            return Err(invalid("inputs", format!("there are {}, expected 1 to {FEATURE_LIMIT}", columns.len())));
        }
        let mut names = BTreeSet::from([target]);
        for (index, column) in columns.iter().enumerate() {
            let place = format!("inputs[{index}]");
            if !names.insert(&column.input.name) {
                return Err(invalid(place + ".input.name", format!("'{}' occurs twice", column.input.name)));
            }
            finite(&place, &[column.min, column.max, column.mean, column.input.fill.unwrap_or(0.0)])?;
            check(&column.input).map_err(|problem| invalid(place + ".input", problem))?;
        }
        let indicators = (0..columns.len()).filter(|&at| columns[at].input.indicator).collect();
        Ok(Self { columns, indicators })
    }

    /// The number of slots that inputs fill.
    pub fn slots(&self) -> usize {
        self.columns.len() + self.indicators.len()
    }

    /// Writes a row's values into the first slots.
    pub fn encode(&self, values: &[f64], slots: &mut [f64]) {
        for ((column, value), slot) in self.columns.iter().zip(values).zip(&mut *slots) {
            *slot = if value.is_nan() {
                let none = if column.input.kind == ColumnType::Category { NO_LEVEL } else { f64::NAN };
                column.input.fill.unwrap_or(none)
            } else {
                *value
            };
        }
        for (&at, slot) in self.indicators.iter().zip(&mut slots[self.columns.len()..]) {
            *slot = f64::from(u8::from(values[at].is_nan()));
        }
    }
}

fn check(input: &Input) -> Result<(), String> {
    if input.kind == ColumnType::Text {
        return Err("a column of text cannot be served natively".to_owned());
    }
    if input.kind != ColumnType::Category {
        return Ok(());
    }
    if input.levels.is_empty() {
        return Err("a category has levels".to_owned());
    }
    let level = |index: f64| index >= 0.0 && index.fract() == 0.0 && index < input.levels.len() as f64;
    let most_frequent = input.most_frequent.map(|index| index as f64);
    if input.fill.iter().chain(&most_frequent).all(|index| level(*index)) {
        return Ok(());
    }
    Err("fill or most_frequent is not the index of a level".to_owned())
}
