//! From columns as they are in files and requests to the numbers that a linear model takes: categories become one number
//! for each level (1 for the level that is there), missing values what the contract says, and everything else is taken
//! as it is. What is needed for that is found in the training rows (`fit`) and kept in the model.

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
        let values = if self.kind == ColumnType::Category { self.levels.len() } else { 1 };
        values + usize::from(self.indicator)
    }

    /// Whether a value is the number that it becomes.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.kind != ColumnType::Category && self.fill.is_none()
    }

    /// Whether a value may be missing.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.fill.is_some() || (self.kind == ColumnType::Category && self.indicator)
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

    /// The values of a batch's column, and the rows of unknown levels that are refused; NaN stands there.
    #[must_use]
    pub fn values<'a>(&self, batch: &'a Batch, column: usize) -> (Cow<'a, [f64]>, Vec<(usize, Problem)>) {
        let places = &batch.columns[column];
        let mut refused = vec![];
        if self.kind != ColumnType::Category {
            return (Cow::Borrowed(places), refused);
        }
        let texts = &batch.texts[column];
        let levels: Vec<Option<f64>> = texts.iter().map(|text| self.level(text)).collect();
        let values = places.iter().enumerate().map(|(row, place)| {
            if place.is_nan() {
                return f64::NAN;
            }
            levels[*place as usize].unwrap_or_else(|| {
                refused.push((row, Problem::UnknownLevel(texts[*place as usize].clone())));
                f64::NAN
            })
        });
        (values.collect(), refused)
    }

    /// Appends the columns of numbers that values become.
    fn columns<'a>(&self, values: Cow<'a, [f64]>, out: &mut Vec<Cow<'a, [f64]>>) {
        let fill = self.fill.unwrap_or(f64::NAN);
        if self.kind == ColumnType::Category {
            let is =
                |level: f64| move |v: &f64| f64::from(u8::from(if v.is_nan() { fill == level } else { *v == level }));
            out.extend((0..self.levels.len()).map(|l| Cow::Owned(values.iter().map(is(l as f64)).collect())));
            out.extend(self.indicator.then(|| missing_as_1(&values)).map(Cow::Owned));
            return;
        }
        let missing = self.fill.is_some() && values.iter().any(|v| v.is_nan());
        let indicator = self.indicator.then(|| missing_as_1(&values));
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
            let levels = &coefficients[..self.levels.len()];
            return match value {
                _ if missing && self.indicator => coefficients[levels.len()],
                v if v.is_nan() => v,
                // An unknown level that is passed over has the index -1.
                v if v < 0.0 => 0.0,
                v => levels.get(v as usize).copied().unwrap_or(f64::NAN),
            };
        }
        let indicator = if self.indicator && missing { coefficients[1] } else { 0.0 };
        coefficients[0] * value + indicator
    }
}

fn missing_as_1(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| f64::from(u8::from(v.is_nan()))).collect()
}

/// The rows of a batch as a linear model takes them.
#[derive(Debug)]
pub struct Encoded<'a> {
    /// The numbers, by column, in the order of the inputs.
    pub columns: Vec<Cow<'a, [f64]>>,
    /// Which rows cannot be used, because they lack a value that must be there or have an unknown level that is refused;
    /// `None` when all can.
    pub incomplete: Option<Vec<bool>>,
    /// The rows and columns of unknown levels that are refused.
    pub refused: Vec<(usize, usize, Problem)>,
}

impl Encoded<'_> {
    /// Takes a row for one that cannot be used.
    pub fn leave_out(&mut self, row: usize, rows: usize) {
        self.incomplete.get_or_insert_with(|| vec![false; rows])[row] = true;
    }
}

/// Encodes a batch whose column `places[i]` is that of `inputs[i]`.
#[must_use]
pub fn encode<'a>(inputs: &[Input], places: &[usize], batch: &'a Batch) -> Encoded<'a> {
    let mut encoded = Encoded { columns: Vec::with_capacity(inputs.len()), incomplete: None, refused: vec![] };
    let mut filled = vec![false; batch.columns.len()];
    for (input, &place) in inputs.iter().zip(places) {
        let (values, refused) = input.values(batch, place);
        filled[place] = input.is_optional();
        input.columns(values, &mut encoded.columns);
        encoded.refused.extend(refused.into_iter().map(|(row, problem)| (row, place, problem)));
    }
    encoded.incomplete = batch.rows_that_lack(|column| !filled[column]);
    // A row that is left out for lack of a value is not looked at any further.
    if let Some(lacking) = &encoded.incomplete {
        encoded.refused.retain(|(row, ..)| !lacking[*row]);
    }
    for at in 0..encoded.refused.len() {
        encoded.leave_out(encoded.refused[at].0, batch.rows);
    }
    encoded
}
