//! A whole body.

use super::{Answer, Features, Format, bodies, csv, fast, json};
use crate::scoring::problem::{Problem, ProblemCode};

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
) -> Result<(usize, Answer), Problem> {
    values.clear();
    let (rows, answer) = match format {
        Format::Json => json_rows(body, features, limits.rows, values)?,
        Format::Csv { header } => (csv::rows(body, header, features, limits.rows, values)?, Answer::Result),
    };
    debug_assert_eq!(values.len(), rows * features.len());
    features.refuse_fractions(values)?;
    if rows == 0 {
        return Err(Problem::new(ProblemCode::EmptyInput, "send at least one row"));
    }
    Ok((rows, answer))
}

fn json_rows(
    body: &[u8],
    features: &Features,
    most_rows: usize,
    values: &mut Vec<f64>,
) -> Result<(usize, Answer), Problem> {
    if features.numbers
        && let Some(rows) = fast::rows(body, features.len(), most_rows, values)
    {
        return Ok((rows, Answer::Result));
    }
    values.clear();
    if features.plain {
        match json::rows(body, features, most_rows, values) {
            // Perhaps a body that clients of other servers send; and which departure comes first is said by one reader.
            Err(Problem { code, .. }) if !matches!(code, ProblemCode::MalformedJson | ProblemCode::TooManyRows) => {
                values.clear();
            }
            outcome => return outcome.map(|rows| (rows, Answer::Result)),
        }
    }
    bodies::rows(body, features, most_rows, values)
}
