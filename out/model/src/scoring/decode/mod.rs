//! From request bodies to rows of numbers in the model's feature order. Pure: bytes in, numbers or a [`Problem`] out.
//!
//! - [`fast`]: the common JSON body, `{"data":[[…],…]}`, in one pass; it answers "not mine" for anything else.
//! - [`json`]: every JSON body, through serde_json, with exact reasons for refusals.
//! - [`csv`](mod@csv): bodies of type `text/csv`.
//!
//! **Whether a body is accepted, and with which numbers, is serde_json's verdict**: `fast` only takes bodies that `json` takes too, with the
//! same bits (test `fast_and_serde_json_agree`).

pub mod csv;
pub mod fast;
pub mod json;
pub mod media;
mod value;

use super::problem::{Problem, ProblemCode};
pub use media::Format;

/// The model's features by name: what bodies are checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    names: Vec<String>,
    /// Positions sorted by name, for look-ups in wide models.
    sorted: Vec<usize>,
}

impl Features {
    /// Features in the model's order. Names are unique (the model file's loader sees to that).
    pub fn new(names: Vec<String>) -> Self {
        let mut sorted: Vec<usize> = (0..names.len()).collect();
        sorted.sort_by(|&a, &b| names[a].cmp(&names[b]));
        Self { names, sorted }
    }

    /// Names in the model's order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of features, which is the width of a row.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the model has no features at all.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Position of a feature in the model's order.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.sorted.binary_search_by(|&at| self.names[at].as_str().cmp(name)).ok().map(|found| self.sorted[found])
    }

    /// Positions of `columns` in the model's order.
    ///
    /// # Errors
    /// A column that the model lacks, one that is named twice, or a feature that is missing.
    pub fn positions(&self, columns: &[String]) -> Result<Vec<usize>, Problem> {
        let mut seen = vec![false; self.len()];
        let mut positions = Vec::with_capacity(columns.len().min(self.len()));
        for column in columns {
            let Some(at) = self.position(column) else {
                return Err(self.unknown(column));
            };
            if std::mem::replace(&mut seen[at], true) {
                return Err(Problem::new(ProblemCode::DuplicateColumn, "a column is named twice").at_column(column));
            }
            positions.push(at);
        }
        match seen.iter().position(|seen| !seen) {
            Some(missing) => Err(self.missing(missing)),
            None => Ok(positions),
        }
    }

    pub(crate) fn unknown(&self, column: &str) -> Problem {
        let detail = format!("the model has no such column; it has {}", self.listing());
        Problem::new(ProblemCode::UnknownColumn, detail).at_column(column)
    }

    pub(crate) fn missing(&self, at: usize) -> Problem {
        let detail = format!("every feature must be given: {}", self.listing());
        Problem::new(ProblemCode::MissingColumn, detail).at_column(&self.names[at])
    }

    /// The names for a message; a wide model's are cut short.
    fn listing(&self) -> String {
        const SHOWN: usize = 24;
        let mut text = self.names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
        if self.len() > SHOWN {
            text.push_str(&format!(", … ({} in all)", self.len()));
        }
        text
    }
}

/// Bounds on what one request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest body in bytes.
    pub body: usize,
    /// Most rows.
    pub rows: usize,
}

/// Reads a body into `values`, row after row in feature order (shape: returned number of rows × `features.len()`), all finite.
///
/// `values` is cleared first; it is a parameter so that its memory is used again from request to request.
///
/// # Errors
/// The [`Problem`] that the client is told; `values` then holds nothing useful.
pub fn decode(
    body: &[u8],
    format: Format,
    features: &Features,
    limits: Limits,
    values: &mut Vec<f64>,
) -> Result<usize, Problem> {
    values.clear();
    let rows = match format {
        Format::Json => match fast::rows(body, features.len(), limits.rows, values) {
            Some(rows) => rows,
            None => {
                values.clear();
                json::rows(body, features, limits.rows, values)?
            }
        },
        Format::Csv { header } => csv::rows(body, header, features, limits.rows, values)?,
    };
    debug_assert_eq!(values.len(), rows * features.len());
    if rows == 0 {
        return Err(Problem::new(ProblemCode::EmptyInput, "send at least one row"));
    }
    Ok(rows)
}

pub(crate) fn too_many_rows(limit: usize) -> Problem {
    Problem::new(ProblemCode::TooManyRows, format!("at most {limit} rows are answered at once; send several requests"))
}

pub(crate) fn wrong_width(row: usize, expected: usize, found: usize) -> Problem {
    Problem::new(ProblemCode::WrongWidth, format!("expected {expected} cells, found {found}")).at_row(row)
}
