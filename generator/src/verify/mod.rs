//! Reads back what was printed, and proves what must hold of it before anything is written.
//!
//! One module per output language. Each takes the rendered tree (templates of the project included, so a shadowed
//! template passes the same proof) and returns findings; an empty list is the proof.

mod arm;
mod bicep;
mod contract;
mod docker;
mod document;
mod kubernetes;
mod ml;
pub mod networks;
pub mod permissions;
pub mod pipelines;
mod proof;

use crate::tree::path::RelPath;
pub use proof::verify;

/// Something wrong with a rendered file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub path: RelPath,
    /// Line in the file, from 1, where one is known.
    pub line: Option<usize>,
    /// What is wrong, what was expected, and what to do.
    pub message: String,
}

impl Finding {
    /// A finding without a line.
    pub fn new(path: &RelPath, message: impl Into<String>) -> Self {
        Self { path: path.clone(), line: None, message: message.into() }
    }

    /// The same finding at a line, from 1.
    #[must_use]
    pub fn at(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}
