//! The runtime, as an argument.

use clap::ValueEnum;

/// Language of training and scoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RuntimeArg {
    /// The binaries of the model crate
    Rust,
    /// A Python package with scikit-learn
    Python,
}

impl RuntimeArg {
    /// As in the spec.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
        }
    }
}
