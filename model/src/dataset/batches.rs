//! The batches of a data set's files, one file after another.

use super::file::Format;
use super::{Batch, DataError, DataFile, FileDigest, Reading, Share, combined_digest, csv_file, parquet_file};

/// The batches of a data set, in the order of the rows. After an error there are no more.
#[derive(Debug)]
pub struct Batches {
    files: Vec<DataFile>,
    reading: Reading,
    share: Share,
    next_file: usize,
    current: Option<(FileBatches, u64)>,
    rows: u64,
    failed: bool,
    /// The digests of the files that were read, where they are asked for.
    digests: Option<Vec<FileDigest>>,
}

/// The batches of one file; `file`, `first_row` and `index` are not filled in yet.
#[derive(Debug)]
enum FileBatches {
    Csv(csv_file::CsvBatches),
    Parquet(parquet_file::ParquetBatches),
}

impl FileBatches {
    fn open(file: &DataFile, reading: &Reading, share: Share, digested: bool) -> Result<Self, DataError> {
        Ok(match file.format {
            Format::Csv | Format::Tsv => {
                let dialect = file.dialect(reading);
                Self::Csv(csv_file::open(&file.path, dialect, reading, share, digested)?)
            }
            Format::Parquet => Self::Parquet(parquet_file::open(&file.path, reading, share, digested)?),
        })
    }

    /// The digest of the file, once its batches were read, where it was asked for.
    fn digest(&mut self, file: &DataFile) -> Result<Option<FileDigest>, DataError> {
        let hash = match self {
            Self::Csv(batches) => batches.digest(),
            Self::Parquet(batches) => batches.digest()?,
        };
        Ok(hash.map(|hash| FileDigest::new(file, hash)))
    }
}

impl Batches {
    pub(super) fn new(files: Vec<DataFile>, reading: Reading, share: Share) -> Self {
        Self { files, reading, share, next_file: 0, current: None, rows: 0, failed: false, digests: None }
    }

    pub(super) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Makes the digest of each file in passing.
    pub(super) fn digested(self) -> Self {
        Self { digests: Some(vec![]), ..self }
    }

    /// The digest of the data set, once all batches were read; `None` before, after an error, or where it was not
    /// asked for.
    pub(super) fn digest(self) -> Option<String> {
        self.digests.filter(|digests| digests.len() == self.files.len()).map(combined_digest)
    }

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
                    if batch.columns.is_empty() && !self.reading.names().is_empty() {
                        continue;
                    }
                    return Ok(Some(batch));
                }
                if let Some(digests) = &mut self.digests {
                    digests.extend(batches.digest(&self.files[self.next_file - 1])?);
                }
                self.current = None;
            }
            let Some(file) = self.files.get(self.next_file) else { return Ok(None) };
            let share = self.share.of_file(self.next_file);
            self.next_file += 1;
            let digested = self.digests.is_some();
            self.current = Some((FileBatches::open(file, &self.reading, share, digested)?, 0));
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
