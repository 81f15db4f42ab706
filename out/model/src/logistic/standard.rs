//! A column brought to a mean of 0 and a deviation of 1.

use super::vectors::{dot, sum};

/// A standardised column and what it was.
pub(super) struct Standard {
    pub values: Vec<f64>,
    pub mean: f64,
    pub scale: f64,
}

impl Standard {
    pub fn of(column: &[f64]) -> Self {
        let n = column.len() as f64;
        // Powers of two, so that neither sums nor squares of great values overflow.
        let greatest = column.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let unit = if greatest > 0.0 { 2f64.powi((greatest.log2().ceil() as i32).clamp(-1000, 1000)) } else { 1.0 };
        let per_unit = unit.recip();
        let mut values: Vec<f64> = column.iter().map(|value| value * per_unit).collect();
        let mean = sum(&values) / n;
        values.iter_mut().for_each(|value| *value -= mean);
        let deviation = (dot(&values, &values) / n).sqrt();
        // A column that is constant to the last digits stays at 0.
        let scale = if deviation > f64::EPSILON * mean.abs() * 4.0 { deviation } else { 1.0 };
        let per_scale = scale.recip();
        values.iter_mut().for_each(|value| *value *= per_scale);
        Self { values, mean: mean * unit, scale: scale * unit }
    }
}
