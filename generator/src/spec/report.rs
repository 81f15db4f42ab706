//! What is wrong with a spec: every mistake at once, each with its place.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::located::path::Path;

mod graphical;

pub use graphical::Style;

/// A mistake, at bytes of the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// What is underlined.
    pub span: Range<usize>,
    /// The other place that the mistake is about: the first of two equal keys or names.
    pub also: Option<Range<usize>>,
    /// The part of the spec.
    pub path: Path,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Mistake {
    /// A mistake at `span`.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, also: None, path: Path::root(), message: message.into(), help: None }
    }

    /// The same mistake with advice.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same mistake with the part of the spec that it is in.
    #[must_use]
    pub fn at(self, path: Path) -> Self {
        Self { path, ..self }
    }
}

/// A mistake with its place in the file, for people and programs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// The file, as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column of the first character that is underlined, from 1, counted in characters.
    pub column: usize,
    /// Column after the last one that is underlined, on the same line.
    pub end_column: usize,
    /// Part of the spec, as a dotted path; empty for the file as a whole.
    pub path: String,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    #[serde(skip)]
    span: Range<usize>,
    #[serde(skip)]
    also: Option<Range<usize>>,
}

/// Everything that is wrong with a spec, in the order of the file; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    file: String,
    source: String,
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Places `mistakes` in `source`, which came from `file`.
    pub fn new(file: &str, source: &str, mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by(|a, b| (a.span.start, &a.path, &a.message).cmp(&(b.span.start, &b.path, &b.message)));
        mistakes.dedup();
        let starts: Vec<usize> = std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let diagnostics = mistakes.into_iter().map(|mistake| place(file, source, &starts, mistake)).collect();
        Self { file: file.to_owned(), source: source.to_owned(), diagnostics }
    }

    /// The mistakes.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The mistakes as JSON: a list of `{file, line, column, endColumn, path, message, help}`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.diagnostics).unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.diagnostics.len() {
            1 => write!(f, "{} has a mistake", self.file),
            count => write!(f, "{} has {count} mistakes", self.file),
        }
    }
}

impl std::error::Error for Report {}

fn place(file: &str, source: &str, starts: &[usize], mistake: Mistake) -> Diagnostic {
    let inside = |at: usize| (0..=at.min(source.len())).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
    let start = inside(mistake.span.start);
    let line = starts.partition_point(|at| *at <= start);
    let line_start = starts[line - 1];
    let line_end = source[line_start..].find('\n').map_or(source.len(), |at| line_start + at);
    // A block scalar reaches over several lines; its first line is enough to find it.
    let end = inside(mistake.span.end).clamp(start, line_end.max(start));
    let column = source[line_start..start].chars().count() + 1;
    Diagnostic {
        file: file.to_owned(),
        line,
        column,
        end_column: column + source[start..end].chars().count().max(1),
        path: mistake.path.to_string(),
        message: mistake.message,
        help: mistake.help,
        span: start..end,
        also: mistake.also,
    }
}
