//! What the reader says of a file that it refuses.

/// The value of `format`.
pub const FORMAT: &str = "mlops-gen native model";

/// The version of the format that this crate reads.
pub const VERSION: u32 = 1;

/// Why a native model file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
    /// The text is not JSON of the file's shape.
    #[error("the native model file is not valid: {0}")]
    Syntax(#[from] serde_json::Error),
    /// It is another format or version.
    #[error(
        "the native model file has format '{format}' version {version}, expected '{FORMAT}' version {VERSION}: train the model again \
         with this project's package, or build the image of that release"
    )]
    Version {
        /// The format found.
        format: String,
        /// The version found.
        version: u32,
    },
    /// A value breaks a rule.
    #[error("the native model file is not valid: {place}: {problem}")]
    Invalid {
        /// Where, as a JSON path.
        place: String,
        /// What is wrong and what is expected.
        problem: String,
    },
}

pub(super) fn invalid(place: impl Into<String>, problem: impl Into<String>) -> NativeError {
    NativeError::Invalid { place: place.into(), problem: problem.into() }
}

pub(super) fn finite(place: &str, values: &[f64]) -> Result<(), NativeError> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(invalid(place, format!("{value} is not a finite number"))),
        None => Ok(()),
    }
}

pub(super) fn same_length(place: &str, found: usize, expected: usize) -> Result<(), NativeError> {
    if found == expected {
        return Ok(());
    }
    Err(invalid(place, format!("has {found} entries, expected {expected}")))
}
