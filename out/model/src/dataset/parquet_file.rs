//! Streaming a Parquet file: a thread decodes the wanted columns of one row group after another, a batch of rows at a
//! time.

use super::digest_work::{DigestWork, Worker};
use super::parquet_schema::{self, Kind, Place};
use super::{Batch, CellProblem, DataError, PARQUET_BATCH_ROWS, Problem, Share};
use blake3::Hash;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
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
pub(super) fn open(path: &Path, wanted: &[String], share: Share, digested: bool) -> Result<ParquetBatches, DataError> {
    let file = open_file(path)?;
    let places = wanted.iter().map(|name| parquet_schema::find(path, file.metadata(), name));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    let (output, queue) = sync_channel(QUEUE);
    let digest = digested.then(|| Digest::begin(path)).transpose().map_err(|e| DataError::io("read", path, e))?;
    let helper = digest.as_ref().map(|digest| Worker::new(digest.work.clone()));
    let error_path = path.to_owned();
    let thread = thread::spawn(move || {
        let mut plan = Plan { places, share, next_batch: 0 };
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
    Ok(parquet_schema::names(open_file(path)?.metadata()))
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
                read_column(reader, *place, rows, &mut scratch, &mut values)?;
                if values.len() != rows {
                    let found = done + values.len();
                    return Err(ParquetError::General(format!("a column ends after {found} of {total} rows")));
                }
                take_problems(&mut values, &scratch, index, &mut batch.problems);
                batch.columns.push(values);
            }
            batch.problems.sort_by_key(|p| (p.row, p.column));
            if !send(batch) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn skip_column(reader: &mut ColumnReader, rows: usize) -> Result<(), ParquetError> {
    match reader {
        ColumnReader::DoubleColumnReader(reader) => reader.skip_records(rows).map(drop),
        ColumnReader::FloatColumnReader(reader) => reader.skip_records(rows).map(drop),
        ColumnReader::Int32ColumnReader(reader) => reader.skip_records(rows).map(drop),
        ColumnReader::Int64ColumnReader(reader) => reader.skip_records(rows).map(drop),
        _ => Err(other_type()),
    }
}

fn other_type() -> ParquetError {
    ParquetError::General("a column is of another type in a row group than in the schema".into())
}

/// Buffers that are used again for each column.
#[derive(Default)]
struct Scratch {
    levels: Vec<i16>,
    float: Vec<f32>,
    int32: Vec<i32>,
    int64: Vec<i64>,
}

/// Appends the next `rows` values; a null becomes NaN, and `scratch.levels` tells it from a NaN.
fn read_column(
    reader: &mut ColumnReader,
    place: Place,
    rows: usize,
    scratch: &mut Scratch,
    values: &mut Vec<f64>,
) -> Result<(), ParquetError> {
    let Scratch { levels, float, int32, int64 } = scratch;
    levels.clear();
    match reader {
        ColumnReader::DoubleColumnReader(reader) => read_records(reader, place, rows, levels, values)?,
        ColumnReader::FloatColumnReader(reader) => {
            float.clear();
            read_records(reader, place, rows, levels, float)?;
            values.extend(float.iter().map(|&v| f64::from(v)));
        }
        ColumnReader::Int32ColumnReader(reader) => {
            int32.clear();
            read_records(reader, place, rows, levels, int32)?;
            let unsigned = place.kind == Kind::Unsigned32;
            values.extend(int32.iter().map(|&v| if unsigned { f64::from(v.cast_unsigned()) } else { f64::from(v) }));
        }
        ColumnReader::Int64ColumnReader(reader) => {
            int64.clear();
            read_records(reader, place, rows, levels, int64)?;
            let unsigned = place.kind == Kind::Unsigned64;
            values.extend(int64.iter().map(|&v| if unsigned { v.cast_unsigned() as f64 } else { v as f64 }));
        }
        _ => return Err(other_type()),
    }
    if values.len() < levels.len() {
        // The library packs the values that are not null; spread them out, from the end so that none is overwritten.
        let mut from = values.len();
        values.resize(levels.len(), f64::NAN);
        for to in (0..levels.len()).rev() {
            values[to] = if levels[to] == 0 {
                f64::NAN
            } else {
                from -= 1;
                values[from]
            };
        }
    }
    Ok(())
}

/// Reads records until there are `rows` of them or the row group ends.
fn read_records<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    place: Place,
    rows: usize,
    levels: &mut Vec<i16>,
    values: &mut Vec<T::T>,
) -> Result<(), ParquetError> {
    let mut done = 0;
    while done < rows {
        let (records, _, _) = reader.read_records(rows - done, place.nullable.then_some(&mut *levels), None, values)?;
        if records == 0 {
            break;
        }
        done += records;
    }
    Ok(())
}

/// Lists the values that are not finite as problems, and makes them NaN.
fn take_problems(values: &mut [f64], scratch: &Scratch, column: usize, problems: &mut Vec<CellProblem>) {
    // Any value that is not finite makes the sum of value * 0 NaN: one pass without branches, almost always enough.
    if values.iter().map(|v| v * 0.0).sum::<f64>() == 0.0 {
        return;
    }
    for (row, value) in values.iter_mut().enumerate().filter(|(_, v)| !v.is_finite()) {
        let null = scratch.levels.get(row).is_some_and(|&level| level == 0);
        let problem = if null { Problem::Missing } else { Problem::NotFinite(value.to_string()) };
        problems.push(CellProblem { row, column, line: None, problem });
        *value = f64::NAN;
    }
}
