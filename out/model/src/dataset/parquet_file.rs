//! Streaming a Parquet file: a thread decodes the wanted columns of one row group after another, a batch of rows at a
//! time.

use super::cell::Texts;
use super::digest_work::{DigestWork, Worker};
use super::parquet_schema::{self, Place};
use super::parquet_values::{Scratch, read_column, skip_column, take_problems};
use super::{Batch, DataError, PARQUET_BATCH_ROWS, Reading, Share};
use blake3::Hash;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};

/// The number of batches that wait for the reader's caller.
const QUEUE: usize = 4;

/// The batches of a Parquet file.
#[derive(Debug)]
pub(super) struct ParquetBatches {
    path: PathBuf,
    queue: Receiver<Result<Batch, DataError>>,
    thread: Option<JoinHandle<()>>,
    digest: Option<Digest>,
}

/// The digest of the file, and who works on it besides the reading thread, which does when it has read everything.
#[derive(Debug)]
struct Digest {
    work: Arc<DigestWork>,
    /// Whoever asks for batches, while there is none.
    worker: Worker,
    /// Where there are processors for it, somebody who does nothing else.
    thread: Option<JoinHandle<()>>,
}

impl Drop for Digest {
    fn drop(&mut self) {
        self.work.abandon();
    }
}

/// Opens a file and finds the wanted columns. With `digested`, the digest of its bytes is made beside the reading, which is
/// not from the file's beginning to its end.
pub(super) fn open(path: &Path, reading: &Reading, share: Share, digested: bool) -> Result<ParquetBatches, DataError> {
    let file = open_file(path)?;
    refuse_twice(path, &file)?;
    let places = reading
        .names()
        .iter()
        .zip(reading.wanted())
        .map(|(name, wanted)| parquet_schema::find(path, file.metadata(), name, wanted));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    let (output, queue) = sync_channel(QUEUE);
    let digest = digested.then(|| Digest::begin(path)).transpose().map_err(|e| DataError::io("read", path, e))?;
    let helper = digest.as_ref().map(|digest| Worker::new(digest.work.clone()));
    let error_path = path.to_owned();
    let reading = reading.clone();
    let thread = thread::spawn(move || {
        let mut plan = Plan { places, reading, share, next_batch: 0 };
        for group in 0..file.num_row_groups() {
            // A closed queue means that nobody wants the rest.
            let send = |batch| output.send(Ok(batch)).is_ok();
            match file.get_row_group(group).and_then(|reader| plan.read_group(&*reader, send)) {
                Ok(true) => {}
                Ok(false) => return,
                Err(source) => {
                    let _ = output.send(Err(DataError::Parquet { path: error_path, source }));
                    return;
                }
            }
        }
        drop(output);
        if let Some(mut helper) = helper {
            helper.finish();
        }
    });
    Ok(ParquetBatches { path: path.to_owned(), queue, thread: Some(thread), digest })
}

impl Digest {
    fn begin(path: &Path) -> io::Result<Self> {
        let work = DigestWork::new(path)?;
        let spare = thread::available_parallelism().is_ok_and(|processors| processors.get() > 2);
        let worker = || Worker::new(work.clone());
        let thread = spare.then(worker).map(|mut worker| thread::spawn(move || worker.finish()));
        Ok(Self { worker: worker(), thread, work })
    }
}

/// The number of rows, from the file's metadata.
pub(super) fn count_rows(path: &Path) -> Result<u64, DataError> {
    let rows = open_file(path)?.metadata().file_metadata().num_rows();
    u64::try_from(rows).map_err(|_| DataError::Parquet {
        path: path.to_owned(),
        source: ParquetError::General(format!("the metadata say that there are {rows} rows")),
    })
}

/// The names of the columns, in the file's order.
pub(super) fn column_names(path: &Path) -> Result<Vec<String>, DataError> {
    let file = open_file(path)?;
    refuse_twice(path, &file)?;
    Ok(parquet_schema::names(file.metadata()))
}

fn refuse_twice(path: &Path, file: &SerializedFileReader<File>) -> Result<(), DataError> {
    match parquet_schema::twice(file.metadata()) {
        Some(column) => Err(DataError::DuplicateColumn { path: path.to_owned(), column }),
        None => Ok(()),
    }
}

fn open_file(path: &Path) -> Result<SerializedFileReader<File>, DataError> {
    let file = File::open(path).map_err(|e| DataError::io("open", path, e))?;
    SerializedFileReader::new(file).map_err(|source| DataError::Parquet { path: path.to_owned(), source })
}

impl ParquetBatches {
    pub fn next(&mut self) -> Option<Result<Batch, DataError>> {
        if let Some(batch) = self.receive() {
            return Some(batch);
        }
        if let Some(digest) = &mut self.digest {
            digest.worker.finish();
        }
        // The decoder may panic on a damaged file; that must not look like the end of the file.
        match self.thread.take()?.join() {
            Ok(()) => None,
            Err(_) => Some(Err(DataError::ReaderStopped { path: self.path.clone() })),
        }
    }

    /// The next batch, with work on the digest until it is there.
    fn receive(&mut self) -> Option<Result<Batch, DataError>> {
        if let Some(digest) = &mut self.digest {
            loop {
                match self.queue.try_recv() {
                    Ok(batch) => return Some(batch),
                    Err(TryRecvError::Disconnected) => return None,
                    Err(TryRecvError::Empty) if digest.worker.step() => {}
                    Err(TryRecvError::Empty) => break,
                }
            }
        }
        self.queue.recv().ok()
    }

    /// The digest of the file's bytes, once there are no more batches; `None` where it was not asked for, or where the
    /// reading has failed.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn digest(&mut self) -> Result<Option<Hash>, DataError> {
        let Some(digest) = &mut self.digest else { return Ok(None) };
        if let Some(thread) = digest.thread.take() {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
        digest.work.digest().map_err(|e| DataError::io("read", &self.path, e))
    }
}

/// What to read of a file.
struct Plan {
    places: Vec<Place>,
    reading: Reading,
    share: Share,
    next_batch: usize,
}

impl Plan {
    /// Reads a row group in batches; `Ok(false)` when the receiver wants no more. The batches of other shares are sent
    /// without values, and a row group that has only such is not opened.
    fn read_group(
        &mut self,
        group: &dyn RowGroupReader,
        mut send: impl FnMut(Batch) -> bool,
    ) -> Result<bool, ParquetError> {
        let total = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let first = self.next_batch;
        self.next_batch += total.div_ceil(PARQUET_BATCH_ROWS);
        if !(first..self.next_batch).any(|batch| self.share.has(batch)) {
            return Ok(send(Batch { rows: total, ..Batch::default() }));
        }
        let readers = self.places.iter().map(|place| group.get_column_reader(place.leaf));
        let mut columns: Vec<_> = readers.collect::<Result<Vec<_>, _>>()?;
        let mut scratch = Scratch::default();
        for (turn, done) in (0..total).step_by(PARQUET_BATCH_ROWS).enumerate() {
            let rows = PARQUET_BATCH_ROWS.min(total - done);
            let mut batch = Batch { rows, ..Batch::default() };
            let wanted = self.share.has(first + turn);
            for (index, (reader, place)) in columns.iter_mut().zip(&self.places).enumerate() {
                if !wanted {
                    skip_column(reader, rows)?;
                    continue;
                }
                let mut values = Vec::with_capacity(rows);
                let mut texts = Texts::default();
                let wanted = (&self.reading, &self.reading.wanted()[index]);
                read_column(reader, *place, wanted, rows, &mut scratch, &mut texts, &mut values)?;
                if values.len() != rows {
                    let found = done + values.len();
                    return Err(ParquetError::General(format!("a column ends after {found} of {total} rows")));
                }
                take_problems(&mut values, &mut scratch, index, &mut batch.problems);
                batch.columns.push(values);
                batch.texts.push(texts.into_list());
            }
            batch.problems.sort_by_key(|p| (p.row, p.column));
            if !send(batch) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
