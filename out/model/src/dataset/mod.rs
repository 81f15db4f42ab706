//! Reading tables from CSV and Parquet files, in batches of bounded size.
//!
//! A data set is one file or a folder of files; a folder's files are read in the order of their relative names. Columns
//! are found by name, other columns are ignored. What is in memory at a time is a few batches, whatever the length of
//! the files.

mod batch;
mod batches;
mod booleans;
mod cell;
mod class;
mod csv_file;
mod csv_layout;
mod csv_parse;
mod csv_plain;
mod csv_text;
mod digest;
mod digest_parts;
mod digest_work;
mod error;
mod file;
mod files;
mod parquet_arrow;
mod parquet_file;
mod parquet_schema;
mod parquet_values;
mod reading;
mod share;
mod strict;
#[cfg(test)]
mod tests;

pub use batch::{Batch, CellProblem, Problem};
pub use batches::Batches;
pub(crate) use booleans::Booleans;
pub use cell::seconds_since_1970;
pub(crate) use class::{class_indices, class_text};
pub(crate) use digest::hex;
pub use digest::{FileDigest, combined_digest};
pub use error::DataError;
pub use file::DataFile;
pub use files::Dataset;
pub use reading::Reading;
pub use share::Share;
pub use strict::StrictBatches;

/// The largest number of rows of a batch that comes from a Parquet file. A batch of a CSV file is a block of about
/// [`CSV_BLOCK`] bytes.
pub const PARQUET_BATCH_ROWS: usize = 8_192;

/// The number of bytes of a CSV file that are parsed at a time.
pub const CSV_BLOCK: usize = 512 * 1024;
