//! Where something stands in a file, and what is wrong with it there.

use std::fmt;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The start of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Something wrong with a Bicep file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it is.
    pub at: Place,
    /// The code that the Bicep compiler gives it (`BCP057`), or nothing: what is wrong for this compiler alone.
    pub code: &'static str,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl Problem {
    /// A problem with the code of the Bicep compiler.
    pub fn new(at: Place, code: &'static str, message: impl Into<String>) -> Self {
        Self { at, code, message: message.into() }
    }

    /// Something that the Bicep compiler may accept and this one does not know.
    pub fn unsupported(at: Place, message: impl Into<String>) -> Self {
        Self::new(at, "", message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.at.line, self.message)?;
        if self.code.is_empty() { Ok(()) } else { write!(f, " ({})", self.code) }
    }
}

impl std::error::Error for Problem {}

/// A problem and the file it is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Located {
    /// Path of the file, as its reader knows it.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { at, code, message } = &self.problem;
        write!(f, "{}:{at}: {message}", self.path)?;
        if code.is_empty() { Ok(()) } else { write!(f, " ({code})") }
    }
}

impl std::error::Error for Located {}
