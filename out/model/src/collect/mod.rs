//! From scoring logs to a training table: reads the records that the server wrote, joins the outcomes that became known later, and writes the
//! table that the data contract describes.
//!
//! The state file is the truth: every row seen so far with its outcome, and how far each log was read. A run reads what is new, updates the
//! state, and writes the whole table from it. Each file is replaced in one step, the state first; a run that was cut off is simply run again.
//!
//! - [`source`]: folders and Blob containers of logs.
//! - [`record`]: lines of the log, checked against the contract.
//! - [`outcomes`]: the file of outcomes.
//! - [`state`]: rows by request id and row, deduplicated.
//! - [`table`]: the training table as CSV or Parquet.
//! - [`value`]: cells, as the log has them and as training reads them.

pub mod outcomes;
pub mod record;
pub mod source;
pub mod state;
pub mod table;
pub mod value;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::contract::{ContractError, DataContract};
use outcomes::OutcomesError;
use source::{Source, SourceError};
use state::{State, StateError};
use table::TableError;

/// What a run is about.
#[derive(Debug, Clone)]
pub struct Job {
    /// Folder or container URL of the logs.
    pub source: String,
    /// Names of logs begin with this.
    pub prefix: String,
    /// CSV or Parquet file of outcomes; without one no new outcome is joined.
    pub outcomes: Option<PathBuf>,
    /// The data contract.
    pub contract: PathBuf,
    /// The state file; made when it is missing.
    pub state: PathBuf,
    /// The table to write: `.csv` or `.parquet`.
    pub output: PathBuf,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Logs that had grown since the run before.
    pub logs_read: u64,
    /// Rows found in them.
    pub rows_read: u64,
    /// Rows known already, with the same values.
    pub duplicates: u64,
    /// Rows whose request id and row are known with other values; the first ones stay.
    pub conflicts: u64,
    /// Lines that are no records of a known schema.
    pub malformed_lines: u64,
    /// Rows left out because they break the contract.
    pub refused_rows: u64,
    /// The first reason for a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_refusal: Option<String>,
    /// Outcomes joined in this run.
    pub outcomes_joined: u64,
    /// Outcomes whose request is not known (yet).
    pub outcomes_unmatched: u64,
    /// Rows that still wait for their outcome.
    pub rows_waiting: u64,
    /// Rows of the table.
    pub rows_written: u64,
}

impl Summary {
    /// Keeps a reason if it is the first.
    pub(crate) fn refuse(&mut self, reason: impl FnOnce() -> String) {
        self.refused_rows += 1;
        self.first_refusal.get_or_insert_with(reason);
    }
}

/// Why a run failed. Neither state nor table is changed then, except that a failure to write the table leaves the newer state, from which the
/// next run writes it.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The contract.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// The logs.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The outcomes.
    #[error(transparent)]
    Outcomes(#[from] OutcomesError),
    /// The state.
    #[error(transparent)]
    State(#[from] StateError),
    /// The table.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Runs a job.
///
/// # Errors
/// Anything that cannot be read or written, with its place. Single lines and rows that are not usable are counted, not errors.
pub async fn run(job: &Job) -> Result<Summary, CollectError> {
    let contract = DataContract::load(&job.contract)?;
    let format = table::Format::of(&job.output)?;
    let source = Source::open(&job.source, &job.prefix)?;
    let mut state = State::load(&job.state, &source.identity(), &contract)?;
    let mut summary = Summary::default();
    for log in source.logs().await? {
        let offset = state.offset(&log.name);
        if log.length <= offset {
            continue;
        }
        let text = source.read(&log, offset).await?;
        summary.logs_read += 1;
        // An append may be under way: what follows the last line feed is read next time.
        let whole = memchr::memrchr(b'\n', &text).map_or(0, |at| at + 1);
        for line in text[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            record::take(line, &contract, &mut state, &mut summary);
        }
        state.set_offset(&log.name, offset + whole as u64);
    }
    if let Some(path) = &job.outcomes {
        for outcome in outcomes::read(path, contract.target())? {
            match state.join(&outcome) {
                state::Joined::New => summary.outcomes_joined += 1,
                state::Joined::Known => {}
                state::Joined::NoSuchRow => summary.outcomes_unmatched += 1,
            }
        }
    }
    state.save(&job.state)?;
    let rows = state.joined_rows();
    summary.rows_written = rows.len() as u64;
    summary.rows_waiting = state.len() as u64 - summary.rows_written;
    table::write(&job.output, format, &contract, &rows)?;
    Ok(summary)
}

/// Writes a file under a temporary name beside it and renames it into place.
pub(crate) fn replace_file(
    path: &Path,
    write: impl FnOnce(&mut std::io::BufWriter<std::fs::File>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = (|| {
        let mut file = std::io::BufWriter::new(std::fs::File::create(&temporary)?);
        write(&mut file)?;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
