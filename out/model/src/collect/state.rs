//! What earlier runs have seen: a file of JSON Lines, the first of which says what the rest belongs to.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use super::outcome::Key;
use super::outcome::Outcome;
use super::replace::replace_file;
use super::value::Value;
use crate::contract::DataContract;

/// Version of the file's schema.
const VERSION: u32 = 1;

/// A row that was scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// When it was answered (RFC 3339).
    pub time: String,
    /// Features in the contract's order; an optional one may be missing.
    pub values: Vec<Option<Value>>,
    /// What turned out later.
    pub outcome: Option<Value>,
}

/// Whether a row was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It was not.
    New,
    /// With the same values.
    Same,
    /// With other values, which stay.
    Different,
}

/// What became of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// It is its row's first, or corrects it.
    New,
    /// The row had it already.
    Known,
    /// No such row.
    NoSuchRow,
}

/// Why a state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read or written.
    #[error("cannot use the state file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not what it should be.
    #[error("line {line} of the state file {} is not valid: {problem}; start over with a new state file", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// The state belongs to something else.
    #[error("the state file {} belongs to {found}, expected {expected}; use another state file for another job", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it was made for.
        found: String,
        /// What this run is about.
        expected: String,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    version: u32,
    source: String,
    columns: Vec<String>,
    /// Bytes read of each log.
    offsets: BTreeMap<String, u64>,
}

/// A row as it is stored: request id, row, time, values, outcome.
type Stored = (String, u64, String, Vec<Option<Value>>, Option<Value>);

/// Rows and offsets.
#[derive(Debug)]
pub struct State {
    head: Head,
    rows: HashMap<Key, Row>,
}

impl State {
    /// Reads a state file; a missing one is an empty state for `source` and the contract's features.
    ///
    /// # Errors
    /// The file cannot be read, is damaged, or belongs to another source or other columns.
    pub fn load(path: &Path, source: &str, contract: &DataContract) -> Result<Self, StateError> {
        let columns: Vec<String> = contract.features().map(|column| column.name.clone()).collect();
        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let head = Head { version: VERSION, source: source.to_owned(), columns, offsets: BTreeMap::new() };
                return Ok(Self { head, rows: HashMap::new() });
            }
            Err(source) => return Err(StateError::File { path: path.to_owned(), source }),
        };
        let invalid = |line: usize, problem: String| StateError::Content { path: path.to_owned(), line, problem };
        let mut lines = BufReader::new(file).lines();
        let first = lines.next().transpose().map_err(|source| StateError::File { path: path.to_owned(), source })?;
        let head: Head =
            serde_json::from_str(&first.unwrap_or_default()).map_err(|error| invalid(1, error.to_string()))?;
        if head.version != VERSION {
            return Err(invalid(1, format!("version {}, expected {VERSION}", head.version)));
        }
        for (found, expected) in [(&head.source, source), (&head.columns.join(", "), columns.join(", ").as_str())] {
            if found != expected {
                let (found, expected) = (found.clone(), expected.to_owned());
                return Err(StateError::Foreign { path: path.to_owned(), found, expected });
            }
        }
        let mut rows = HashMap::new();
        for (at, line) in lines.enumerate() {
            let line = line.map_err(|source| StateError::File { path: path.to_owned(), source })?;
            let (id, row, time, values, outcome): Stored =
                serde_json::from_str(&line).map_err(|error| invalid(at + 2, error.to_string()))?;
            if values.len() != columns.len() {
                return Err(invalid(at + 2, format!("{} values, expected {}", values.len(), columns.len())));
            }
            rows.insert((id, row), Row { time, values, outcome });
        }
        Ok(Self { head, rows })
    }

    /// Replaces the file in one step.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), StateError> {
        let mut keys: Vec<&Key> = self.rows.keys().collect();
        keys.sort_unstable();
        let write = |file: &mut std::io::BufWriter<std::fs::File>| {
            serde_json::to_writer(&mut *file, &self.head)?;
            for key in keys {
                let row = &self.rows[key];
                file.write_all(b"\n")?;
                serde_json::to_writer(&mut *file, &(&key.0, key.1, &row.time, &row.values, &row.outcome))?;
            }
            file.write_all(b"\n")
        };
        replace_file(path, write).map_err(|source| StateError::File { path: path.to_owned(), source })
    }

    /// Bytes read of a log.
    pub fn offset(&self, log: &str) -> u64 {
        self.head.offsets.get(log).copied().unwrap_or(0)
    }

    /// Remembers how far a log was read.
    pub fn set_offset(&mut self, log: &str, offset: u64) {
        self.head.offsets.insert(log.to_owned(), offset);
    }

    /// Adds a row unless it is known.
    pub fn insert(&mut self, key: Key, row: Row) -> Known {
        match self.rows.entry(key) {
            Entry::Vacant(place) => {
                place.insert(row);
                Known::New
            }
            Entry::Occupied(known) if known.get().values == row.values => Known::Same,
            Entry::Occupied(_) => Known::Different,
        }
    }

    /// Gives a row its outcome; a later one corrects an earlier one.
    pub fn join(&mut self, outcome: &Outcome) -> Joined {
        match self.rows.get_mut(&outcome.key) {
            None => Joined::NoSuchRow,
            Some(row) if row.outcome.as_ref() == Some(&outcome.value) => Joined::Known,
            Some(row) => {
                row.outcome = Some(outcome.value.clone());
                Joined::New
            }
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows with an outcome, ordered by time, request id and row: the same state gives the same table.
    pub fn joined_rows(&self) -> Vec<&Row> {
        let mut rows: Vec<(&Key, &Row)> = self.rows.iter().filter(|(_, row)| row.outcome.is_some()).collect();
        rows.sort_unstable_by(|(a_key, a), (b_key, b)| (&a.time, a_key).cmp(&(&b.time, b_key)));
        rows.into_iter().map(|(_, row)| row).collect()
    }
}
