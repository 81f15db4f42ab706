//! A made-up sample of the data, for a project whose real data are not in the repository yet.
//!
//! It keeps to the contract (types, ranges, allowed values, expected moments) and has something to learn in it, so that
//! a new project's tests and its first training run before anybody has copied a file. A file that is there stays.

use crate::project::data::{Column, ColumnType, Data};

/// Rows of the sample.
const ROWS: usize = 120;

/// The share of the target's spread that no feature explains.
const NOISE: f64 = 0.3;

/// The sample as CSV, the same each time.
pub(super) fn csv(data: &Data) -> String {
    let mut random = Random(data.columns.len() as u64);
    let features: Vec<Vec<f64>> = data.features().map(|column| feature(column, &mut random)).collect();
    let signal = |row: usize| features.iter().map(|values| values[row]).sum::<f64>() / (features.len() as f64).sqrt();
    let noise: Vec<f64> = (0..ROWS).map(|_| random.normal() * NOISE).collect();
    let target = standardized((0..ROWS).map(|row| signal(row) + noise[row]).collect());
    let mut columns: Vec<Vec<String>> = Vec::new();
    let mut next = features.iter();
    for column in &data.columns {
        let values = if column.name == data.target { Some(&target) } else { next.next() };
        columns.push(values.into_iter().flatten().map(|value| cell(column, *value)).collect());
    }
    let names: Vec<&str> = data.columns.iter().map(|column| column.name.as_str()).collect();
    let mut text = names.join(",") + "\n";
    for row in 0..ROWS {
        let cells: Vec<&str> = columns.iter().map(|cells| cells[row].as_str()).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// Values of a feature with mean 0 and standard deviation 1, or places in the list of its allowed values.
fn feature(column: &Column, random: &mut Random) -> Vec<f64> {
    if column.allowed.is_empty() {
        standardized((0..ROWS).map(|_| random.normal()).collect())
    } else {
        standardized((0..ROWS).map(|row| (row % column.allowed.len()) as f64).collect())
    }
}

fn standardized(values: Vec<f64>) -> Vec<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    values.iter().map(|v| if spread > 0.0 { (v - mean) / spread } else { 0.0 }).collect()
}

/// A cell of `column` for a standardized value.
fn cell(column: &Column, value: f64) -> String {
    let (mean, spread) = moments(column);
    let mut number = mean + value * spread;
    if !column.allowed.is_empty() {
        let distance = |a: &&f64| (**a - number).abs();
        number = column.allowed.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).copied().unwrap_or(number);
    } else if column.kind == ColumnType::Integer {
        number = number.round();
    } else {
        number = (number * 1e6).round() / 1e6;
    }
    let number = number.max(column.min.unwrap_or(f64::NEG_INFINITY)).min(column.max.unwrap_or(f64::INFINITY));
    // Zero has no sign in a table.
    format!("{}", number + 0.0)
}

/// Mean and standard deviation: as expected, else from the allowed values or the range, else 0 and 1.
fn moments(column: &Column) -> (f64, f64) {
    if let Some(expected) = column.expected {
        return (expected.mean, expected.standard_deviation);
    }
    if let (Some(first), Some(last)) = (column.allowed.first(), column.allowed.last()) {
        return (f64::midpoint(*first, *last), (last - first).abs() / 3.0);
    }
    let wide = if column.kind == ColumnType::Integer { 10.0 } else { 1.0 };
    match (column.min, column.max) {
        // Six standard deviations fit between the limits.
        (Some(min), Some(max)) => (f64::midpoint(min, max), (max - min) / 6.0),
        (Some(min), None) => (min + 4.0 * wide, wide),
        (None, Some(max)) => (max - 4.0 * wide, wide),
        (None, None) => (0.0, wide),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal, and never far out: the sum of twelve uniform numbers, less six.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}
