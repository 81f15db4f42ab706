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

mod outcome;
pub mod outcomes;
pub mod record;
mod replace;
pub mod source;
pub mod state;
mod summary;
pub mod table;
pub mod value;

use std::path::PathBuf;

use crate::contract::{ContractError, DataContract};
use outcomes::OutcomesError;
use source::{Source, SourceError};
use state::{State, StateError};
pub use summary::Summary;
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
