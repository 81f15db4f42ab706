//! What can be wrong with data files.

use super::batch::Problem;
use std::path::{Path, PathBuf};

/// Why data cannot be read. Every message names the file, and the row and column where there are such.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The operating system refuses.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is of another kind.
    #[error("{} is not a data file, expected a name that ends in .csv, .tsv or .parquet", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// The folder has no data file.
    #[error("the folder {} has no .csv, .tsv or .parquet file", path.display())]
    NoFiles {
        /// The folder.
        path: PathBuf,
    },
    /// There is no header line.
    #[error("{} is empty, expected a header line with the names of the columns", path.display())]
    NoHeader {
        /// The file.
        path: PathBuf,
    },
    /// A column is not there.
    #[error("{}: there is no column '{column}', found {}{}", path.display(), found.join(", "), hint(found))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column looked for.
        column: String,
        /// The columns of the file.
        found: Vec<String>,
    },
    /// Two columns have the name that is looked for.
    #[error("{}: there are two columns named '{column}', rename or remove one", path.display())]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// The bytes are not text in the encoding that the contract names.
    #[error("{}: the text is not {encoding}; name the file's encoding in data.csv.encoding", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The encoding expected.
        encoding: &'static str,
    },
    /// A quotation mark is never closed.
    #[error("{}: row {row} (line {line}): a quotation mark is opened and never closed", path.display())]
    OpenQuote {
        /// The file.
        path: PathBuf,
        /// The row, from 1, not counting the header; 0 is the header.
        row: u64,
        /// The line, from 1.
        line: u64,
    },
    /// A line has another number of fields than the header.
    #[error("{}: row {row} (line {line}) has {found} fields, expected {expected} as in the header", path.display())]
    Width {
        /// The file.
        path: PathBuf,
        /// The row, from 1, not counting the header.
        row: u64,
        /// The line, from 1.
        line: u64,
        /// The number of fields found.
        found: usize,
        /// The number of fields of the header.
        expected: usize,
    },
    /// A record has no end within the limit, which an unclosed quotation mark causes.
    #[error("{}: row {row} (line {line}) does not end within {limit} bytes, is a quotation mark left open?", path.display())]
    RecordTooLong {
        /// The file.
        path: PathBuf,
        /// The row, from 1, not counting the header.
        row: u64,
        /// The line, from 1.
        line: u64,
        /// The most bytes a record may have.
        limit: usize,
    },
    /// A cell has no value that can be used.
    #[error("{}: row {row}{}, column '{column}': {problem}", path.display(), line.map(|l| format!(" (line {l})")).unwrap_or_default())]
    Cell {
        /// The file.
        path: PathBuf,
        /// The row, from 1, not counting a header.
        row: u64,
        /// The line, from 1, where the file has lines.
        line: Option<u64>,
        /// The column.
        column: String,
        /// What is wrong.
        problem: Problem,
    },
    /// The Parquet library refuses the file.
    #[error("{}: not a readable Parquet file: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the library said.
        source: parquet::errors::ParquetError,
    },
    /// A Parquet column does not hold what the contract says.
    #[error("{}: column '{column}' holds {found}, expected {expected}", path.display())]
    ColumnType {
        /// What the contract says.
        expected: &'static str,
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The column's type.
        found: String,
    },
    /// A thread that reads the file has stopped without saying why.
    #[error("{}: reading stopped early, please report this", path.display())]
    ReaderStopped {
        /// The file.
        path: PathBuf,
    },
}

/// What a header that came as one field may have been meant to be.
fn hint(found: &[String]) -> &'static str {
    match found {
        [one] if one.contains([';', '\t', '|', ',']) => {
            "; the header is one field: does data.csv.delimiter name what stands between the fields?"
        }
        _ => "",
    }
}

impl DataError {
    /// The row (from 1, in its file) and the column that are to blame, where there are such.
    #[must_use]
    pub fn place(&self) -> (Option<u64>, Option<&str>) {
        match self {
            Self::Cell { row, column, .. } => (Some(*row), Some(column)),
            Self::Width { row, .. } | Self::RecordTooLong { row, .. } => (Some(*row), None),
            Self::OpenQuote { row, .. } => (Some(*row).filter(|row| *row > 0), None),
            Self::MissingColumn { column, .. }
            | Self::DuplicateColumn { column, .. }
            | Self::ColumnType { column, .. } => (None, Some(column)),
            _ => (None, None),
        }
    }

    /// The name of the kind, which every program and both runtimes share.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Io { .. } => "unreadable",
            Self::Format { .. } | Self::NoFiles { .. } => "no-files",
            Self::NoHeader { .. } => "no-header",
            Self::MissingColumn { .. } => "missing-column",
            Self::DuplicateColumn { .. } => "duplicate-column",
            Self::Encoding { .. } => "bad-encoding",
            Self::OpenQuote { .. } => "open-quote",
            Self::Width { .. } => "wrong-width",
            Self::RecordTooLong { .. } => "record-too-long",
            Self::Cell { problem, .. } => problem.kind(),
            Self::Parquet { .. } => "not-parquet",
            Self::ColumnType { .. } => "column-type",
            Self::ReaderStopped { .. } => "internal",
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}
