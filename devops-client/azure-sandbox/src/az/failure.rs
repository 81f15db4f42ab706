//! Why a command failed.

use std::fmt;

/// Why a command failed: what the real one prints, and its exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub code: u8,
    pub message: String,
}

impl Failure {
    /// Something is not there (exit code 3).
    pub fn missing(message: impl Into<String>) -> Self {
        Self { code: 3, message: message.into() }
    }

    /// The command is none, or its arguments are wrong (exit code 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// The service refused.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::refused(message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ERROR: {}", self.message)
    }
}
