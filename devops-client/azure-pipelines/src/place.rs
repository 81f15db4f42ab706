//! Where something was written, and what is wrong with it there.

use std::fmt;
use std::sync::Arc;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Path of the file.
    pub file: Arc<str>,
    /// Line, from 1; 0 if the value was written in no file.
    pub line: usize,
    /// Column in characters, from 1; 0 likewise.
    pub column: usize,
}

impl Place {
    /// The place of what no file holds: values that a run is given, results of functions.
    pub fn nowhere() -> Self {
        Self { file: Arc::from(""), line: 0, column: 0 }
    }

    /// The start of a file.
    pub fn start(file: &str) -> Self {
        Self { file: Arc::from(file), line: 1, column: 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What is wrong with a pipeline, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// What it is, in a form that programs can tell apart.
    pub what: What,
    /// What it is, as a phrase.
    pub message: String,
    /// Another place that matters: where a parameter is declared.
    pub see: Option<Place>,
}

/// Kinds of problems.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The file is no YAML that Azure Pipelines takes.
    Yaml,
    /// An expression cannot be read or evaluated.
    Expression,
    /// An expression names something that is not there: the name.
    UnknownName(String),
    /// A key that is not known, or not here: the key.
    UnknownKey(String),
    /// A template that does not exist: its path.
    NoSuchFile(String),
    /// A parameter that is not declared: its name.
    UnknownParameter(String),
    /// A parameter without a value: its name.
    MissingParameter(String),
    /// A value that a parameter does not take.
    ParameterValue,
    /// Files, depth, size: a limit of the service.
    Limit,
    /// Names of stages and jobs, and what they wait for.
    Graph,
    /// The structure: something is missing, stands twice, or is of another kind.
    Structure,
}

impl Problem {
    /// A problem at `place`.
    pub fn new(place: &Place, what: What, message: impl Into<String>) -> Self {
        Self { place: place.clone(), what, message: message.into(), see: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        match &self.see {
            Some(see) => write!(f, " (see {see})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}
