//! From columns as they are in files and requests to the numbers that a linear model takes: categories become one number
//! for each level (1 for the level that is there), missing values what the contract says, and everything else is taken
//! as it is. What is needed for that is found in the training rows ([`fit`]) and kept in the model.

mod fit;
#[cfg(test)]
mod tests;

pub use fit::{Fitting, NoValues};

use crate::contract::{Column, ColumnType, Constant, Unknown, WhenMissing};
use crate::dataset::{Batch, Problem, seconds_since_1970};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A feature column and how its values become numbers.
///
/// A value is a number, for a category the index of its level, [`NO_LEVEL`] for a level that is passed over, and NaN where
/// it is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The column's name.
    pub name: String,
    /// An identifier, which requests may use in place of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// What the values are.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// What takes the place of a missing value, of a category the index of a level; without it a value must be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<f64>,
    /// Whether a further number says 1 where a value was missing and 0 elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub indicator: bool,
    /// The levels of a category.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<String>,
    /// What another level is.
    #[serde(default)]
    pub unknown: Unknown,
    /// The index of the most frequent level, where unknown levels are taken for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_frequent: Option<usize>,
    /// The texts that mean yes in a boolean column; without them the usual ones.
    #[serde(default, rename = "true", skip_serializing_if = "Option::is_none")]
    pub yes: Option<Vec<String>>,
    /// The texts that mean no.
    #[serde(default, rename = "false", skip_serializing_if = "Option::is_none")]
    pub no: Option<Vec<String>>,
}

/// The value of a category that is none of the known levels, where such are passed over.
pub const NO_LEVEL: f64 = -1.0;

impl Input {
    /// A required column of numbers.
    #[must_use]
    pub fn number(name: &str) -> Self {
        Self::of(&Column::new(name, ColumnType::Number))
    }

    /// A column by its contract alone. What must be found in the training rows is not there yet.
    #[must_use]
    pub fn of(column: &Column) -> Self {
        let levels = column.levels.clone().unwrap_or_default();
        let rule = column.when_missing();
        let fill = match &rule {
            Some(WhenMissing::Constant(Constant::Number(value))) => Some(*value),
            Some(WhenMissing::Constant(Constant::Boolean(value))) => Some(f64::from(u8::from(*value))),
            Some(WhenMissing::Constant(Constant::Text(text))) if column.kind == ColumnType::Datetime => {
                seconds_since_1970(text.as_bytes())
            }
            Some(WhenMissing::Constant(Constant::Text(text))) => {
                levels.iter().position(|level| level == text).map(|index| index as f64)
            }
            _ => None,
        };
        Self {
            name: column.name.clone(),
            alias: column.alias.clone(),
            kind: column.kind,
            fill,
            indicator: rule == Some(WhenMissing::Indicator),
            levels,
            unknown: column.unknown,
            most_frequent: None,
            yes: column.yes.clone(),
            no: column.no.clone(),
        }
    }

    /// The number of numbers that a value becomes.
    #[must_use]
    pub fn width(&self) -> usize {
        if self.kind == ColumnType::Category { self.levels.len() } else { 1 + usize::from(self.indicator) }
    }

    /// Whether a value is the number that it becomes.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.kind != ColumnType::Category && self.fill.is_none()
    }

    /// The value of a level by its text; `None` where an unknown one is refused.
    #[must_use]
    pub fn level(&self, text: &str) -> Option<f64> {
        match self.levels.iter().position(|level| level == text) {
            Some(index) => Some(index as f64),
            None => match self.unknown {
                Unknown::Refuse => None,
                Unknown::Ignore => Some(NO_LEVEL),
                Unknown::MostFrequent => self.most_frequent.map(|index| index as f64),
            },
        }
    }

    /// The values of a batch's column.
    ///
    /// # Errors
    /// The row of the first unknown level that is refused, and its text.
    pub fn values<'a>(&self, batch: &'a Batch, column: usize) -> Result<Cow<'a, [f64]>, (usize, Problem)> {
        let places = &batch.columns[column];
        if self.kind != ColumnType::Category {
            return Ok(Cow::Borrowed(places));
        }
        let texts = &batch.texts[column];
        let levels: Vec<Option<f64>> = texts.iter().map(|text| self.level(text)).collect();
        let values = places.iter().enumerate().map(|(row, place)| {
            if place.is_nan() {
                return Ok(f64::NAN);
            }
            levels[*place as usize].ok_or_else(|| (row, Problem::UnknownLevel(texts[*place as usize].clone())))
        });
        values.collect::<Result<Vec<f64>, _>>().map(Cow::Owned)
    }

    /// Appends the columns of numbers that values become.
    fn columns<'a>(&self, values: Cow<'a, [f64]>, out: &mut Vec<Cow<'a, [f64]>>) {
        let fill = self.fill.unwrap_or(f64::NAN);
        if self.kind == ColumnType::Category {
            let is =
                |level: f64| move |v: &f64| f64::from(u8::from(if v.is_nan() { fill == level } else { *v == level }));
            out.extend((0..self.levels.len()).map(|l| Cow::Owned(values.iter().map(is(l as f64)).collect())));
            return;
        }
        let missing = self.fill.is_some() && values.iter().any(|v| v.is_nan());
        let indicator = self.indicator.then(|| values.iter().map(|v| f64::from(u8::from(v.is_nan()))).collect());
        out.push(if missing {
            values.iter().map(|v| if v.is_nan() { fill } else { *v }).collect::<Vec<_>>().into()
        } else {
            values
        });
        out.extend(indicator.map(Cow::Owned));
    }

    /// What a value adds to a linear model with these coefficients, [`width`](Self::width) of them.
    #[must_use]
    #[inline]
    pub fn term(&self, coefficients: &[f64], value: f64) -> f64 {
        let missing = value.is_nan();
        let value = if missing { self.fill.unwrap_or(f64::NAN) } else { value };
        if self.kind == ColumnType::Category {
            // An unknown level that is passed over has the index -1, and a value that is missing has none.
            return if value.is_nan() {
                value
            } else {
                coefficients.get(value as usize).copied().filter(|_| value >= 0.0).unwrap_or(0.0)
            };
        }
        let indicator = if self.indicator && missing { coefficients[1] } else { 0.0 };
        coefficients[0] * value + indicator
    }
}

/// The rows of a batch as a linear model takes them.
#[derive(Debug)]
pub struct Encoded<'a> {
    /// The numbers, by column, in the order of the inputs.
    pub columns: Vec<Cow<'a, [f64]>>,
    /// Which rows lack a value that must be there; `None` when none does.
    pub incomplete: Option<Vec<bool>>,
}

/// Encodes a batch whose column `places[i]` is that of `inputs[i]`.
///
/// # Errors
/// The row and column of the first unknown level that is refused.
pub fn encode<'a>(
    inputs: &[Input],
    places: &[usize],
    batch: &'a Batch,
) -> Result<Encoded<'a>, (usize, usize, Problem)> {
    let mut columns = Vec::with_capacity(inputs.len());
    let mut filled = vec![false; batch.columns.len()];
    for (input, &place) in inputs.iter().zip(places) {
        let values = input.values(batch, place).map_err(|(row, problem)| (row, place, problem))?;
        filled[place] = input.fill.is_some();
        input.columns(values, &mut columns);
    }
    Ok(Encoded { columns, incomplete: batch.rows_that_lack(|column| !filled[column]) })
}
