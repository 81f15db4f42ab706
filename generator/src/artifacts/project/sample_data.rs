//! A made-up sample of the data, for a project whose real data are not in the repository yet.
//!
//! It keeps to the contract (types, ranges, allowed values, expected moments) and has something to learn in it, so that
//! a new project's tests and its first training run before anybody has copied a file. A file that is there stays.

use crate::project::data::{Column, ColumnType, Data, Encoding};
use crate::project::model::Task;

/// Rows of the sample.
const ROWS: usize = 120;

/// The share of the target's spread that no feature explains.
const NOISE: f64 = 0.3;

/// The sample as text with `delimiter` between the cells, the same each time.
pub(super) fn text(data: &Data, task: &Task, delimiter: char) -> String {
    let mut random = Random(data.columns.len() as u64);
    let features: Vec<Vec<f64>> = data.features().map(|column| feature(column, &mut random)).collect();
    let signal = |row: usize| features.iter().map(|values| values[row]).sum::<f64>() / (features.len() as f64).sqrt();
    let noise: Vec<f64> = (0..ROWS).map(|_| random.normal() * NOISE).collect();
    let target = standardized((0..ROWS).map(|row| signal(row) + noise[row]).collect());
    let mut columns: Vec<Vec<String>> = Vec::new();
    let mut next = features.iter();
    for column in &data.columns {
        let is_target = column.name == data.target;
        let values = if is_target { Some(&target) } else { next.next() };
        let class = is_target.then(|| classes(column, task)).flatten();
        let text = |value: &f64| match &class {
            Some(classes) => classes[place(*value, classes.len())].clone(),
            None => cell(column, *value, data.csv.decimal),
        };
        columns.push(values.into_iter().flatten().map(text).collect());
    }
    let line = |cells: Vec<&str>| {
        let cells: Vec<String> = cells.into_iter().map(|cell| quoted(cell, delimiter)).collect();
        cells.join(&delimiter.to_string()) + "\n"
    };
    let header = line(data.columns.iter().map(|column| column.name.as_str()).collect());
    let rows = (0..ROWS).map(|row| line(columns.iter().map(|cells| cells[row].as_str()).collect()));
    std::iter::once(header).chain(rows).collect()
}

/// The cells of the target's classes; none where the cells of its type are classes by themselves.
fn classes(column: &Column, task: &Task) -> Option<Vec<String>> {
    let Task::Classification { classes, .. } = task else { return None };
    match (column.kind, classes) {
        (ColumnType::Boolean, _) => None,
        (_, Some(classes)) => Some(classes.clone()),
        (ColumnType::Number | ColumnType::Integer, None) if !column.allowed.is_empty() => {
            Some(column.allowed.iter().map(f64::to_string).collect())
        }
        (ColumnType::Number | ColumnType::Integer, None) => Some(vec!["0".to_owned(), "1".to_owned()]),
        _ => None,
    }
}

/// The cell as a CSV file holds it.
fn quoted(cell: &str, delimiter: char) -> String {
    if cell.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// `text` as the bytes of a file; a character that the encoding lacks becomes a question mark.
pub(super) fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Utf16 => {
            let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        }
        Encoding::Windows1252 => text.chars().map(windows_1252).collect(),
    }
}

/// The byte of a character (WHATWG, "Encoding", index windows-1252).
fn windows_1252(c: char) -> u8 {
    const HIGH: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match u8::try_from(c) {
        Ok(byte) if !(0x80..0xA0).contains(&byte) => byte,
        _ => (0x80..0xA0).zip(HIGH.chars()).find(|(_, high)| *high == c).map_or(b'?', |(byte, _)| byte),
    }
}

/// Values of a feature with mean 0 and standard deviation 1; of one with few values, each of them as often as the others.
fn feature(column: &Column, random: &mut Random) -> Vec<f64> {
    match choices(column) {
        0 => standardized((0..ROWS).map(|_| random.normal()).collect()),
        count => standardized((0..ROWS).map(|row| (row % count) as f64).collect()),
    }
}

/// How many values a column of few values has; 0 where it has any number of them.
fn choices(column: &Column) -> usize {
    match column.kind {
        ColumnType::Boolean => 2,
        ColumnType::Category => levels(column).len(),
        _ => column.allowed.len(),
    }
}

/// The levels of a category; made up where the spec lists none.
fn levels(column: &Column) -> Vec<&str> {
    match &column.levels {
        Some(levels) => levels.iter().map(String::as_str).collect(),
        None => column.example_level().into_iter().chain(["first", "second"]).collect(),
    }
}

fn standardized(values: Vec<f64>) -> Vec<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    values.iter().map(|v| if spread > 0.0 { (v - mean) / spread } else { 0.0 }).collect()
}

/// Which of `count` values in a row, each as likely as the others, a standardized value stands for.
fn place(value: f64, count: usize) -> usize {
    let count = count as f64;
    let place = value * ((count * count - 1.0) / 12.0).sqrt() + (count - 1.0) / 2.0;
    place.round().clamp(0.0, count - 1.0) as usize
}

/// A cell of `column` for a standardized value.
fn cell(column: &Column, value: f64, decimal: char) -> String {
    match column.kind {
        ColumnType::Number | ColumnType::Integer => {
            number(column, value).to_string().replace('.', &decimal.to_string())
        }
        ColumnType::Boolean => {
            let given = column.truths.as_ref().and_then(|(yes, no)| if value > 0.0 { yes.first() } else { no.first() });
            given.map_or_else(|| (value > 0.0).to_string(), Clone::clone)
        }
        ColumnType::Category => {
            let levels = levels(column);
            levels.get(place(value, levels.len())).copied().unwrap_or_default().to_owned()
        }
        ColumnType::Text => ["calm words", "plain words", "urgent words"][place(value, 3)].to_owned(),
        // A day of the year 2025 for every twentieth of a standard deviation.
        ColumnType::Datetime => {
            let day = (value * 20.0 + 180.0).round().clamp(0.0, 335.0) as u32;
            format!("2025-{:02}-{:02}", day / 28 + 1, day % 28 + 1)
        }
    }
}

fn number(column: &Column, value: f64) -> f64 {
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
    number + 0.0
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
