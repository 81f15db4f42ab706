//! The class of a row: what its target says, as text and as an index.

use super::batch::{Batch, Problem};
use crate::contract::ColumnType;

/// The class of each row's target, as its index, NaN where there is none; and the rows whose target is none of the
/// classes, which have NaN too.
pub(crate) fn class_indices(
    kind: ColumnType,
    classes: &[String],
    batch: &Batch,
    place: usize,
) -> (Vec<f64>, Vec<(usize, Problem)>) {
    let index = |text: &String| classes.iter().position(|class| class == text).map(|index| index as f64);
    let known: Vec<Option<f64>> = batch.texts.get(place).map_or(vec![], |texts| texts.iter().map(index).collect());
    let mut refused = vec![];
    let class = |(row, value): (usize, &f64)| {
        if value.is_nan() {
            return f64::NAN;
        }
        let found = match kind {
            ColumnType::Category => known[*value as usize],
            _ => index(&class_text(kind, batch, place, *value)),
        };
        found.unwrap_or_else(|| {
            refused.push((row, Problem::UnknownLevel(class_text(kind, batch, place, *value))));
            f64::NAN
        })
    };
    let indices = batch.columns[place].iter().enumerate().map(class).collect();
    (indices, refused)
}

/// The text of a target's value, by which it is compared with the classes.
pub(crate) fn class_text(kind: ColumnType, batch: &Batch, place: usize, value: f64) -> String {
    match kind {
        ColumnType::Category => batch.texts[place][value as usize].clone(),
        ColumnType::Boolean => (if value == 0.0 { "false" } else { "true" }).to_owned(),
        _ => (value + 0.0).to_string(),
    }
}
