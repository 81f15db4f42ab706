//! Streaming a CSV file: one thread reads blocks that end at the end of a record, others parse them, and the batches
//! come out in the order of the file.

use super::csv_layout::{Block, Layout};
use super::csv_parse::{self, count_records};
use super::csv_text::{self, Transcoder};
use super::{Batch, CSV_BLOCK, DataError, Reading, Share};
use crate::contract::{Csv, Encoding};
use blake3::{Hash, Hasher};
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// The most bytes that a record may have.
const RECORD_LIMIT: usize = 16 * 1024 * 1024;

/// The number of blocks that wait between two threads.
const QUEUE: usize = 2;

/// The number of threads that parse: more do not help while one thread reads.
const MOST_PARSERS: usize = 8;

/// The bytes of whole records, or why there are none.
type RawBlock = Result<Vec<u8>, DataError>;

/// The batches of a CSV file.
#[derive(Debug)]
pub(super) struct CsvBatches {
    path: PathBuf,
    width: usize,
    /// Lines before the next batch.
    lines: u64,
    source: Source,
    /// What is wrong behind the rows that were given last.
    pending: Option<DataError>,
    digest: Receiver<Hash>,
}

#[derive(Debug)]
enum Source {
    /// A file that is one block, parsed without threads.
    Small(Option<Box<Block>>),
    /// One queue for each parser; block `i` goes through queue `i mod n`, so the order is kept.
    Threads { queues: Vec<Receiver<Result<Block, DataError>>>, next: usize },
}

/// Opens a file and finds the wanted columns. With `digested`, the digest of its bytes is made in passing.
pub(super) fn open(
    path: &Path,
    dialect: Csv,
    reading: &Reading,
    share: Share,
    digested: bool,
) -> Result<CsvBatches, DataError> {
    let mut blocks = Blocks::open(path, dialect)?;
    let (output, digest) = sync_channel(1);
    blocks.digest = digested.then(|| Digest { hasher: Hasher::new(), output });
    let header = blocks.header()?;
    let layout = Layout::find(path, &header.names, blocks.delimiter, reading)?;
    let width = layout.width;
    let mut batches = CsvBatches {
        path: path.to_owned(),
        width,
        lines: header.lines,
        source: Source::Small(None),
        pending: None,
        digest,
    };
    let first = blocks.next_block().map_err(|error| batches.place(error, 0))?;
    batches.source = if blocks.at_end && blocks.rest.is_empty() {
        Source::Small(first.map(|bytes| Box::new(layout.parse_or_count(&bytes, share.has(0)))))
    } else {
        Source::threads(blocks, layout, share, first)
    };
    Ok(batches)
}

/// The column names in the header line.
pub(super) fn column_names(path: &Path, dialect: Csv) -> Result<Vec<String>, DataError> {
    Ok(Blocks::open(path, dialect)?.header()?.names)
}

/// Counts records without parsing numbers, and stops soon after the count exceeds `limit`.
pub(super) fn count_rows(path: &Path, dialect: Csv, limit: u64) -> Result<u64, DataError> {
    let mut blocks = Blocks::open(path, dialect)?;
    blocks.header()?;
    let mut rows = 0;
    loop {
        match blocks.next_block() {
            Ok(Some(block)) => rows += count_records(&block, blocks.delimiter).0 as u64,
            // Whoever reads the rows says where that is, and what is wrong before it.
            Ok(None) | Err(DataError::OpenQuote { .. }) => return Ok(rows),
            Err(error) => return Err(error),
        }
        if rows > limit {
            return Ok(rows);
        }
    }
}

/// The line of a row (from 0), from 1; `None` when the file cannot be read so far.
pub(super) fn line_of(path: &Path, dialect: Csv, row: u64) -> Option<u64> {
    let mut blocks = Blocks::open(path, dialect).ok()?;
    let (mut rows, mut lines) = (0, blocks.header().ok()?.lines);
    while let Some(block) = blocks.next_block().ok()? {
        let (count, length) = count_records(&block, blocks.delimiter);
        if rows + count as u64 > row {
            let mut records = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(blocks.delimiter)
                .from_reader(&block[..]);
            let record = records.byte_records().nth(usize::try_from(row - rows).ok()?)?.ok()?;
            let blank = block[record.position()?.byte() as usize..].iter().take_while(|b| matches!(b, b'\r' | b'\n'));
            return Some(lines + record.position()?.line() + blank.filter(|b| **b == b'\n').count() as u64);
        }
        rows += count as u64;
        lines += length;
    }
    None
}

impl Source {
    fn threads(mut blocks: Blocks, layout: Layout, share: Share, first: Option<Vec<u8>>) -> Self {
        let parsers = thread::available_parallelism().map_or(1, usize::from).min(MOST_PARSERS);
        let mut inputs: Vec<SyncSender<RawBlock>> = vec![];
        let mut queues = vec![];
        for parser in 0..parsers {
            let (input, work) = sync_channel::<RawBlock>(QUEUE);
            let (output, queue) = sync_channel(QUEUE);
            let layout = layout.clone();
            thread::spawn(move || {
                for (turn, bytes) in work.into_iter().enumerate() {
                    let wanted = share.has(turn * parsers + parser);
                    // A closed queue means that nobody wants the rest.
                    if output.send(bytes.map(|bytes| layout.parse_or_count(&bytes, wanted))).is_err() {
                        break;
                    }
                }
            });
            inputs.push(input);
            queues.push(queue);
        }
        thread::spawn(move || {
            let mut next = first.map(Ok);
            for turn in (0..parsers).cycle() {
                let Some(block) = next else { break };
                let failed = block.is_err();
                if inputs[turn].send(block).is_err() || failed {
                    break;
                }
                next = blocks.next_block().transpose();
            }
        });
        Self::Threads { queues, next: 0 }
    }
}

impl CsvBatches {
    /// The next batch; `rows` is the number of rows before it in the file.
    pub fn next(&mut self, rows: u64) -> Option<Result<Batch, DataError>> {
        if let Some(error) = self.pending.take() {
            return Some(Err(error));
        }
        let block = match &mut self.source {
            Source::Small(block) => *block.take()?,
            Source::Threads { queues, next } => {
                // A closed queue is the end of the file: blocks are dealt out in turn, so no other queue has more.
                let block = queues[*next].recv().ok()?;
                *next = (*next + 1) % queues.len();
                match block {
                    Ok(block) => block,
                    Err(error) => return Some(Err(self.place(error, rows))),
                }
            }
        };
        let Block { mut batch, lines, bad_width } = block;
        for problem in &mut batch.problems {
            problem.line = problem.line.map(|line| line + self.lines + 1);
        }
        if let Some((row, line, found)) = bad_width {
            let (path, expected) = (self.path.clone(), self.width);
            let (row, line) = (rows + row + 1, self.lines + line + 1);
            let error = DataError::Width { path, row, line, found, expected };
            if batch.rows == 0 {
                return Some(Err(error));
            }
            // What is wrong in the rows before it comes first.
            self.pending = Some(error);
            return Some(Ok(batch));
        }
        self.lines += lines;
        Some(Ok(batch))
    }

    /// The digest of the file's bytes, once there are no more batches; `None` where it was not asked for.
    pub fn digest(&self) -> Option<Hash> {
        self.digest.recv().ok()
    }

    /// Fills in where in the file an error of the block reader is, which only this side knows.
    fn place(&self, error: DataError, rows: u64) -> DataError {
        match error {
            DataError::RecordTooLong { path, limit, .. } => {
                DataError::RecordTooLong { path, row: rows + 1, line: self.lines + 1, limit }
            }
            DataError::OpenQuote { path, row, line } => {
                DataError::OpenQuote { path, row: rows + row, line: self.lines + line }
            }
            other => other,
        }
    }
}

/// A file cut into blocks of whole records.
struct Blocks {
    path: PathBuf,
    file: File,
    delimiter: u8,
    encoding: Encoding,
    transcoder: Option<Transcoder>,
    /// What was read after the end of the last block.
    rest: Vec<u8>,
    at_end: bool,
    begun: bool,
    digest: Option<Digest>,
}

/// The digest of what was read so far, and where it goes at the end of the file.
struct Digest {
    hasher: Hasher,
    output: SyncSender<Hash>,
}

struct Header {
    names: Vec<String>,
    lines: u64,
}

impl Blocks {
    fn open(path: &Path, dialect: Csv) -> Result<Self, DataError> {
        let file = File::open(path).map_err(|e| DataError::io("open", path, e))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            // The contract has checked that it is ASCII.
            delimiter: dialect.delimiter as u8,
            encoding: dialect.encoding,
            transcoder: Transcoder::new(dialect.encoding),
            rest: vec![],
            at_end: false,
            begun: false,
            digest: None,
        })
    }

    /// Reads up to `CSV_BLOCK` more bytes behind `buffer`, as UTF-8.
    fn fill(&mut self, buffer: &mut Vec<u8>) -> Result<(), DataError> {
        let Some(mut transcoder) = self.transcoder.take() else { return self.fill_raw(buffer) };
        let mut raw = Vec::with_capacity(CSV_BLOCK + 1);
        self.fill_raw(&mut raw)?;
        let good = transcoder.push(&raw, self.at_end, buffer);
        self.transcoder = Some(transcoder);
        if good { Ok(()) } else { Err(self.bad_encoding()) }
    }

    fn bad_encoding(&self) -> DataError {
        DataError::Encoding { path: self.path.clone(), encoding: csv_text::name(self.encoding) }
    }

    fn fill_raw(&mut self, buffer: &mut Vec<u8>) -> Result<(), DataError> {
        let before = buffer.len();
        let read = (&self.file).take(CSV_BLOCK as u64).read_to_end(buffer);
        read.map_err(|e| DataError::io("read", &self.path, e))?;
        self.at_end = buffer.len() < before + CSV_BLOCK;
        if let Some(Digest { hasher, output }) = &mut self.digest {
            hasher.update(&buffer[before..]);
            if self.at_end {
                // The queue has room for the one digest, and nobody need wait for it.
                let _ = output.try_send(hasher.finalize());
            }
        }
        if !self.begun {
            self.begun = true;
            let utf_16 = buffer.starts_with(b"\xff\xfe") || buffer.starts_with(b"\xfe\xff");
            if self.encoding != Encoding::Utf16 && utf_16 {
                return Err(self.bad_encoding());
            }
            if self.encoding == Encoding::Utf8 && buffer.starts_with(b"\xef\xbb\xbf") {
                buffer.drain(..3);
            }
        }
        Ok(())
    }

    /// Takes the header record off the beginning of the file.
    fn header(&mut self) -> Result<Header, DataError> {
        let mut buffer = vec![];
        loop {
            self.fill(&mut buffer)?;
            let end = csv_text::record_ends(&buffer, self.delimiter).next().or(self.at_end.then_some(buffer.len()));
            if let Some(end) = end {
                self.rest = buffer.split_off(end);
                break;
            }
            self.refuse_endless(&buffer)?;
        }
        if self.at_end && self.rest.is_empty() && self.before_open_quote(&buffer).is_some() {
            return Err(DataError::OpenQuote { path: self.path.clone(), row: 0, line: 1 });
        }
        let (mut reader, before) = csv_parse::records(&buffer, self.delimiter);
        let mut record = csv::ByteRecord::new();
        match reader.read_byte_record(&mut record) {
            Ok(true) => {
                let names = record.iter().map(|name| String::from_utf8(name.to_vec())).collect::<Result<Vec<_>, _>>();
                let names = names.map_err(|_| self.bad_encoding())?;
                let mut seen = HashSet::new();
                if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
                    return Err(DataError::DuplicateColumn { path: self.path.clone(), column: twice.clone() });
                }
                Ok(Header { names, lines: reader.position().line() - 1 - before })
            }
            _ => Err(DataError::NoHeader { path: self.path.clone() }),
        }
    }

    /// The next block of whole records; `None` at the end of the file.
    fn next_block(&mut self) -> Result<Option<Vec<u8>>, DataError> {
        let mut buffer = std::mem::take(&mut self.rest);
        buffer.reserve(CSV_BLOCK + 1);
        loop {
            if self.at_end {
                if let Some(whole) = self.before_open_quote(&buffer) {
                    if whole == 0 {
                        let blank = buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
                        let line = 1 + blank.filter(|byte| **byte == b'\n').count() as u64;
                        return Err(DataError::OpenQuote { path: self.path.clone(), row: 1, line });
                    }
                    // What is wrong in the rows before it comes first.
                    self.rest = buffer.split_off(whole);
                }
                return Ok((!buffer.is_empty()).then_some(buffer));
            }
            self.fill(&mut buffer)?;
            if self.at_end {
                continue;
            }
            if let Some(end) = csv_text::last_record_end(&buffer, self.delimiter) {
                self.rest = buffer.split_off(end);
                return Ok(Some(buffer));
            }
            self.refuse_endless(&buffer)?;
        }
    }

    /// The length of the whole records before a quotation mark that the end of the file leaves open, where there is one.
    fn before_open_quote(&self, buffer: &[u8]) -> Option<usize> {
        memchr::memchr(b'"', buffer)?;
        let whole = csv_text::record_ends(buffer, self.delimiter).last().unwrap_or(0);
        csv_text::is_in_quotes(&buffer[whole..], self.delimiter).then_some(whole)
    }

    fn refuse_endless(&self, buffer: &[u8]) -> Result<(), DataError> {
        if buffer.len() <= RECORD_LIMIT {
            return Ok(());
        }
        Err(DataError::RecordTooLong { path: self.path.clone(), row: 1, line: 1, limit: RECORD_LIMIT })
    }
}
