//! Reading tables of numbers from CSV and Parquet files, in batches of bounded size.
//!
//! A data set is one file or a folder of files; a folder's files are read in the order of their relative names. Columns
//! are found by name, other columns are ignored. What is in memory at a time is a few batches, whatever the length of
//! the files.

mod batch;
mod csv_file;
mod csv_parse;
mod digest;
mod error;
mod parquet_file;
mod parquet_schema;
mod share;
#[cfg(test)]
mod tests;

pub use batch::{Batch, CellProblem, Problem};
pub(crate) use digest::hex;
pub use digest::{FileDigest, combined_digest};
pub use error::DataError;
pub use share::Share;

use crate::contract::DataContract;
use std::path::{Path, PathBuf};

/// The largest number of rows of a batch that comes from a Parquet file. A batch of a CSV file is a block of about
/// [`CSV_BLOCK`] bytes.
pub const PARQUET_BATCH_ROWS: usize = 8_192;

/// The number of bytes of a CSV file that are parsed at a time.
pub const CSV_BLOCK: usize = 512 * 1024;

/// One file or a folder of files, all of CSV or Parquet.
#[derive(Debug, Clone)]
pub struct Dataset {
    files: Vec<DataFile>,
}

/// One file of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Where the file is.
    pub path: PathBuf,
    /// The name relative to the data set's folder, with `/` between the parts; empty when the data set is one file, so
    /// that what is derived from the name does not change when the file is renamed.
    pub name: String,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Parquet,
}

impl Dataset {
    /// Opens a `.csv` or `.parquet` file, or a folder that has such files at any depth. Files of other kinds in a
    /// folder, and names that begin with `.` or `_` (which writers use for markers and checksums), are passed over.
    ///
    /// # Errors
    /// The path does not exist or cannot be listed, a single file is of another kind, or a folder has no data file.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let metadata = std::fs::metadata(path).map_err(|e| DataError::io("read", path, e))?;
        if metadata.is_file() {
            let format = Format::of(path).ok_or_else(|| DataError::Format { path: path.to_owned() })?;
            return Ok(Self { files: vec![DataFile { path: path.to_owned(), name: String::new(), format }] });
        }
        let mut files = vec![];
        list(path, "", &mut files)?;
        if files.is_empty() {
            return Err(DataError::NoFiles { path: path.to_owned() });
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { files })
    }

    /// The files, in reading order.
    #[must_use]
    pub fn files(&self) -> &[DataFile] {
        &self.files
    }

    /// Reads the columns of those names, in that order, in batches.
    ///
    /// Cells that are not finite numbers become NaN in the batch and are listed as its problems; the caller decides
    /// what is an error. Anything else that is wrong with a file ends the reading with an error.
    #[must_use]
    pub fn read(&self, columns: &[String]) -> Batches {
        self.read_share(columns, Share::WHOLE)
    }

    /// Reads, as [`read`](Self::read) does, the batches that a share has; the others are skipped without parsing.
    #[must_use]
    pub fn read_share(&self, columns: &[String], share: Share) -> Batches {
        let files = self.files.clone();
        Batches { files, columns: columns.to_vec(), share, next_file: 0, current: None, rows: 0, failed: false }
    }

    /// Reads the contract's columns for training: every cell must be a finite number, save that optional columns may
    /// have no value (NaN in the batch).
    pub fn read_strictly(
        &self,
        contract: &DataContract,
        share: Share,
    ) -> impl Iterator<Item = Result<Batch, DataError>> + use<> {
        let names: Vec<String> = contract.columns().iter().map(|c| c.name.clone()).collect();
        let optional: Vec<bool> = contract.columns().iter().map(|c| !c.required).collect();
        let batches = self.read_share(&names, share);
        let files = self.files.clone();
        batches.map(move |batch| {
            let batch = batch?;
            match batch.problems.iter().find(|p| !(optional[p.column] && p.problem == Problem::Missing)) {
                None => Ok(batch),
                Some(p) => Err(DataError::Cell {
                    path: files[batch.file].path.clone(),
                    row: batch.first_row + p.row as u64 + 1,
                    line: p.line,
                    column: names[p.column].clone(),
                    problem: p.problem.clone(),
                }),
            }
        })
    }

    /// Counts the rows, and stops soon after the count exceeds `limit`.
    ///
    /// # Errors
    /// A file cannot be read or is not well formed.
    pub fn count_rows_up_to(&self, limit: u64) -> Result<u64, DataError> {
        let mut rows = 0;
        for file in &self.files {
            rows += match file.format {
                Format::Csv => csv_file::count_rows(&file.path, limit - rows)?,
                Format::Parquet => parquet_file::count_rows(&file.path)?,
            };
            if rows > limit {
                break;
            }
        }
        Ok(rows)
    }

    /// The column names of a file, in the file's order.
    ///
    /// # Errors
    /// The file cannot be read or has no header or schema.
    pub fn column_names(&self, file: &DataFile) -> Result<Vec<String>, DataError> {
        match file.format {
            Format::Csv => csv_file::column_names(&file.path),
            Format::Parquet => parquet_file::column_names(&file.path),
        }
    }
}

impl DataFile {
    /// How many rows the file has, if that is known without reading it through (Parquet).
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn known_rows(&self) -> Result<Option<u64>, DataError> {
        match self.format {
            Format::Csv => Ok(None),
            Format::Parquet => parquet_file::count_rows(&self.path).map(Some),
        }
    }
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

fn list(folder: &Path, prefix: &str, files: &mut Vec<DataFile>) -> Result<(), DataError> {
    let failed = |e| DataError::io("list", folder, e);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(['.', '_']) {
            continue;
        }
        let (path, name) = (entry.path(), format!("{prefix}{name}"));
        let metadata = std::fs::metadata(&path).map_err(|e| DataError::io("read", &path, e))?;
        if metadata.is_dir() {
            list(&path, &format!("{name}/"), files)?;
        } else if let Some(format) = Format::of(&path) {
            files.push(DataFile { path, name, format });
        }
    }
    Ok(())
}

/// The batches of a data set, in the order of the rows. After an error there are no more.
#[derive(Debug)]
pub struct Batches {
    files: Vec<DataFile>,
    columns: Vec<String>,
    share: Share,
    next_file: usize,
    current: Option<(FileBatches, u64)>,
    rows: u64,
    failed: bool,
}

/// The batches of one file; `file`, `first_row` and `index` are not filled in yet.
#[derive(Debug)]
enum FileBatches {
    Csv(csv_file::CsvBatches),
    Parquet(parquet_file::ParquetBatches),
}

impl Batches {
    fn advance(&mut self) -> Result<Option<Batch>, DataError> {
        loop {
            if let Some((batches, file_rows)) = &mut self.current {
                let next = match batches {
                    FileBatches::Csv(batches) => batches.next(*file_rows),
                    FileBatches::Parquet(batches) => batches.next(),
                };
                if let Some(batch) = next {
                    let mut batch = batch?;
                    batch.file = self.next_file - 1;
                    batch.first_row = *file_rows;
                    batch.index = self.rows;
                    *file_rows += batch.rows as u64;
                    self.rows += batch.rows as u64;
                    // A batch of another share comes as a number of rows without values.
                    if batch.columns.is_empty() && !self.columns.is_empty() {
                        continue;
                    }
                    return Ok(Some(batch));
                }
                self.current = None;
            }
            let Some(file) = self.files.get(self.next_file) else { return Ok(None) };
            let share = self.share.of_file(self.next_file);
            self.next_file += 1;
            let batches = match file.format {
                Format::Csv => FileBatches::Csv(csv_file::open(&file.path, &self.columns, share)?),
                Format::Parquet => FileBatches::Parquet(parquet_file::open(&file.path, &self.columns, share)?),
            };
            self.current = Some((batches, 0));
        }
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}
