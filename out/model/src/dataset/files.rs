//! A data set: one file or a folder of files.

use super::error::DataError;
use super::file::{DataFile, Format};
use super::{Batches, Reading, Share, StrictBatches, csv_file, parquet_file};
use crate::contract::{Column, DataContract};
use std::path::Path;

/// One file or a folder of files, all of CSV or Parquet.
#[derive(Debug, Clone)]
pub struct Dataset {
    files: Vec<DataFile>,
}

impl Dataset {
    /// Opens a `.csv`, `.tsv` or `.parquet` file, or a folder that has such files at any depth. Files of other kinds in a
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

    /// Reads columns in batches.
    ///
    /// Cells without a value that can be used become NaN in the batch and are listed as its problems; the caller decides
    /// what is an error. Anything else that is wrong with a file ends the reading with an error.
    #[must_use]
    pub fn read(&self, reading: &Reading) -> Batches {
        self.read_share(reading, Share::WHOLE)
    }

    /// Reads, as [`read`](Self::read) does, the batches that a share has; the others are skipped without parsing.
    #[must_use]
    pub fn read_share(&self, reading: &Reading, share: Share) -> Batches {
        Batches::new(self.files.clone(), reading.clone(), share)
    }

    /// Reads the contract's columns for training: every cell must have a value of its type, save that optional columns
    /// may have none (NaN in the batch).
    #[must_use]
    pub fn read_strictly(&self, contract: &DataContract, share: Share) -> StrictBatches {
        self.read_columns_strictly(contract, contract.columns().to_vec(), share)
    }

    /// Reads as [`read_strictly`](Self::read_strictly) does, but other columns than the contract's.
    #[must_use]
    pub fn read_columns_strictly(&self, contract: &DataContract, columns: Vec<Column>, share: Share) -> StrictBatches {
        StrictBatches::new(self.files.clone(), Reading::columns(contract, columns.iter()), columns, share)
    }

    /// Reads as [`read_strictly`](Self::read_strictly) does, and makes the digest of the data in passing.
    #[must_use]
    pub fn read_strictly_digested(&self, contract: &DataContract) -> StrictBatches {
        self.read_strictly(contract, Share::WHOLE).digested()
    }

    /// Counts the rows, and stops soon after the count exceeds `limit`.
    ///
    /// # Errors
    /// A file cannot be read or is not well formed.
    pub fn count_rows_up_to(&self, limit: u64, reading: &Reading) -> Result<u64, DataError> {
        let mut rows = 0;
        for file in &self.files {
            rows += match file.format {
                Format::Csv | Format::Tsv => csv_file::count_rows(&file.path, file.dialect(reading), limit - rows)?,
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
    pub fn column_names(&self, file: &DataFile, reading: &Reading) -> Result<Vec<String>, DataError> {
        match file.format {
            Format::Csv | Format::Tsv => csv_file::column_names(&file.path, file.dialect(reading)),
            Format::Parquet => parquet_file::column_names(&file.path),
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
