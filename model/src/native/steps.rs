//! What is made of the inputs before the estimator: each step appends slots to a row.

use super::file::{Cells, StepPart};
use super::{NativeError, finite, invalid, same_length};

/// The greatest number of slots of a row.
const SLOT_LIMIT: usize = 1 << 16;

/// How many slots there are so far.
#[derive(Debug)]
pub(super) struct Slots(usize);

impl Slots {
    pub fn of(count: usize) -> Self {
        Self(count)
    }

    pub fn count(&self) -> usize {
        self.0
    }

    /// Refuses slots that are not there yet, and an empty list.
    pub fn check(&self, place: &str, columns: &[u32]) -> Result<(), NativeError> {
        if columns.is_empty() {
            return Err(invalid(place, "is empty"));
        }
        match columns.iter().find(|at| **at as usize >= self.0) {
            Some(at) => Err(invalid(place, format!("slot {at} is not there: {} come before", self.0))),
            None => Ok(()),
        }
    }

    fn add(&mut self, place: &str, more: usize) -> Result<(), NativeError> {
        self.0 = self.0.saturating_add(more);
        if self.0 > SLOT_LIMIT {
            return Err(invalid(
                place,
                format!("a row would have {} slots, at most {SLOT_LIMIT} are possible", self.0),
            ));
        }
        Ok(())
    }
}

/// A checked step.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Lookup(Lookup),
    Fill { columns: Vec<u32>, values: Vec<f64> },
    Missing { columns: Vec<u32> },
    Scale(Scale),
    Product { terms: Vec<Vec<u32>> },
}

/// A table of rows of numbers by the value of one slot.
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    column: u32,
    width: usize,
    /// In order, and without NaN.
    keys: Vec<f64>,
    /// The rows of the keys, one after another.
    rows: Vec<f64>,
    missing: Option<Vec<f64>>,
    otherwise: Option<Vec<f64>>,
}

/// Elementwise arithmetic, in the order of the members; a list that is absent changes nothing.
#[derive(Debug, Clone)]
pub(super) struct Scale {
    columns: Vec<u32>,
    subtract: Option<Vec<f64>>,
    divide: Option<Vec<f64>>,
    multiply: Option<Vec<f64>>,
    add: Option<Vec<f64>>,
    clip: Option<[f64; 2]>,
}

/// Checks steps one after another, and counts their slots.
pub(super) fn check(parts: Vec<StepPart>, slots: &mut Slots) -> Result<Vec<Step>, NativeError> {
    let one = |(index, part)| {
        let place = format!("steps[{index}]");
        let (step, width) = checked(part, &place, slots)?;
        slots.add(&place, width)?;
        Ok(step)
    };
    parts.into_iter().enumerate().map(one).collect()
}

fn checked(part: StepPart, place: &str, slots: &Slots) -> Result<(Step, usize), NativeError> {
    let columns_at = format!("{place}.columns");
    match part {
        StepPart::Lookup { column, width, keys, rows, missing, otherwise } => {
            slots.check(&format!("{place}.column"), &[column])?;
            same_length(&format!("{place}.rows"), rows.len(), keys.len())?;
            finite(&format!("{place}.keys"), &keys)?;
            if width == 0 || width > SLOT_LIMIT {
                return Err(invalid(format!("{place}.width"), format!("is {width}, expected 1 to {SLOT_LIMIT}")));
            }
            if !keys.windows(2).all(|pair| pair[0] < pair[1]) {
                return Err(invalid(format!("{place}.keys"), "they are not in ascending order, each once"));
            }
            let cells = |member: &str, cells: Cells| {
                same_length(&format!("{place}.{member}"), cells.len(), width)?;
                let cells: Vec<f64> = cells.into_iter().map(|cell| cell.unwrap_or(f64::NAN)).collect();
                match cells.iter().find(|cell| cell.is_infinite()) {
                    Some(cell) => Err(invalid(format!("{place}.{member}"), format!("{cell} is not a finite number"))),
                    None => Ok(cells),
                }
            };
            let rows = rows.into_iter().enumerate().map(|(at, row)| cells(&format!("rows[{at}]"), row));
            let rows = rows.collect::<Result<Vec<_>, _>>()?.concat();
            let missing = missing.map(|row| cells("missing", row)).transpose()?;
            let otherwise = otherwise.map(|row| cells("otherwise", row)).transpose()?;
            // Zero may come with a sign, which no key has.
            let keys = keys.into_iter().map(|key| key + 0.0).collect();
            Ok((Step::Lookup(Lookup { column, width, keys, rows, missing, otherwise }), width))
        }
        StepPart::Fill { columns, values } => {
            slots.check(&columns_at, &columns)?;
            same_length(&format!("{place}.values"), values.len(), columns.len())?;
            finite(&format!("{place}.values"), &values)?;
            let width = columns.len();
            Ok((Step::Fill { columns, values }, width))
        }
        StepPart::Missing { columns } => {
            slots.check(&columns_at, &columns)?;
            let width = columns.len();
            Ok((Step::Missing { columns }, width))
        }
        StepPart::Scale { columns, subtract, divide, multiply, add, clip } => {
            slots.check(&columns_at, &columns)?;
            let lists = [("subtract", &subtract), ("divide", &divide), ("multiply", &multiply), ("add", &add)];
            for (member, list) in lists.into_iter().filter_map(|(member, list)| Some((member, list.as_ref()?))) {
                same_length(&format!("{place}.{member}"), list.len(), columns.len())?;
                finite(&format!("{place}.{member}"), list)?;
            }
            if clip.is_some_and(|[low, high]| low.is_nan() || high.is_nan() || low > high) {
                return Err(invalid(format!("{place}.clip"), "the lower bound is not below the upper one"));
            }
            let width = columns.len();
            Ok((Step::Scale(Scale { columns, subtract, divide, multiply, add, clip }), width))
        }
        StepPart::Product { terms } => {
            if terms.is_empty() {
                return Err(invalid(format!("{place}.terms"), "is empty"));
            }
            for (at, term) in terms.iter().enumerate().filter(|(_, term)| !term.is_empty()) {
                slots.check(&format!("{place}.terms[{at}]"), term)?;
            }
            let width = terms.len();
            Ok((Step::Product { terms }, width))
        }
    }
}

impl Step {
    /// Writes the step's slots of a row from `at` on; the answer is how many, `None` where the row is refused.
    pub fn apply(&self, slots: &mut [f64], at: usize) -> Option<usize> {
        let (known, out) = slots.split_at_mut(at);
        let value = |at: &u32| known[*at as usize];
        match self {
            Self::Lookup(lookup) => {
                out[..lookup.width].copy_from_slice(lookup.row(value(&lookup.column))?);
                Some(lookup.width)
            }
            Self::Fill { columns, values } => {
                for ((column, fill), out) in columns.iter().zip(values).zip(out) {
                    let value = value(column);
                    *out = if value.is_nan() { *fill } else { value };
                }
                Some(columns.len())
            }
            Self::Missing { columns } => {
                for (column, out) in columns.iter().zip(out) {
                    *out = f64::from(u8::from(value(column).is_nan()));
                }
                Some(columns.len())
            }
            Self::Scale(scale) => {
                for (at, (column, out)) in scale.columns.iter().zip(out).enumerate() {
                    *out = scale.value(at, value(column));
                }
                Some(scale.columns.len())
            }
            Self::Product { terms } => {
                for (term, out) in terms.iter().zip(out) {
                    *out = term.iter().map(value).product();
                }
                Some(terms.len())
            }
        }
    }
}

impl Lookup {
    fn row(&self, value: f64) -> Option<&[f64]> {
        if value.is_nan() {
            return self.missing.as_deref();
        }
        match self.keys.binary_search_by(|key| key.total_cmp(&(value + 0.0))) {
            Ok(at) => Some(&self.rows[at * self.width..][..self.width]),
            Err(_) => self.otherwise.as_deref(),
        }
    }
}

impl Scale {
    fn value(&self, at: usize, mut value: f64) -> f64 {
        if let Some(list) = &self.subtract {
            value -= list[at];
        }
        if let Some(list) = &self.divide {
            value /= list[at];
        }
        if let Some(list) = &self.multiply {
            value *= list[at];
        }
        if let Some(list) = &self.add {
            value += list[at];
        }
        match self.clip {
            Some([low, high]) if !value.is_nan() => value.clamp(low, high),
            _ => value,
        }
    }
}
