//! One file of a data set.

use super::error::DataError;
use super::reading::Reading;
use super::{csv_file, parquet_file};
use crate::contract::Csv;
use std::path::{Path, PathBuf};

/// One file of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Where the file is.
    pub path: PathBuf,
    /// The name relative to the data set's folder, with `/` between the parts; empty when the data set is one file, so
    /// that what is derived from the name does not change when the file is renamed.
    pub name: String,
    pub(super) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    /// CSV with tabs.
    Tsv,
    Parquet,
}

impl DataFile {
    /// How the file is written, if it is one of text.
    pub(super) fn dialect(&self, reading: &Reading) -> Csv {
        let csv = reading.csv();
        if self.format == Format::Tsv { Csv { delimiter: '\t', ..csv } } else { csv }
    }

    /// The line of a row (from 0), from 1; `None` where the file has no lines or cannot be read again.
    pub(super) fn line_of(&self, row: u64, reading: &Reading) -> Option<u64> {
        match self.format {
            Format::Csv | Format::Tsv => csv_file::line_of(&self.path, self.dialect(reading), row),
            Format::Parquet => None,
        }
    }

    /// How many rows the file has, if that is known without reading it through (Parquet).
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn known_rows(&self) -> Result<Option<u64>, DataError> {
        match self.format {
            Format::Csv | Format::Tsv => Ok(None),
            Format::Parquet => parquet_file::count_rows(&self.path).map(Some),
        }
    }
}

impl Format {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}
