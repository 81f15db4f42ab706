//! Parsing a block of CSV without quotation marks: each number is read where it stands, without looking for the end of
//! its cell first. Whatever is out of the ordinary is parsed again, cell by cell.

use super::cell::{self, Texts};
use super::csv_layout::{Block, Layout};
use super::reading::Wanted;
use super::{Batch, CellProblem};

/// The byte that ends a line.
const LINE: u8 = b'\n';

/// Whether a line's fields are what stands between its delimiters: there is no quotation mark, and a carriage return only
/// at a line's end.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    memchr::memchr(b'"', bytes).is_none()
        && memchr::memchr_iter(b'\r', bytes).all(|at| bytes.get(at + 1) == Some(&LINE))
}

/// Parses a plain block of whole records.
pub(super) fn parse(layout: &Layout, bytes: &[u8]) -> Block {
    let estimate = bytes.len() / (8 * layout.width.max(1));
    let columns = layout.fields.iter().map(|_| Vec::with_capacity(estimate)).collect();
    let texts = layout.fields.iter().map(|_| Texts::default()).collect();
    let batch = Batch { columns, ..Batch::default() };
    let mut parser = Parser { layout, wanted: columns_of_fields(layout), batch, texts };
    let (mut at, mut lines) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        // Blank lines are no records.
        let length = match byte {
            LINE => 1,
            b'\r' => 2,
            _ => match parser.record(&bytes[at..], lines) {
                Some(length) => length,
                None => {
                    let line = bytes[at..].split(|byte| *byte == LINE).next().unwrap_or_default();
                    let found = line.split(|byte| *byte == layout.delimiter).count();
                    let bad_width = Some((parser.batch.rows as u64, lines, found));
                    return parser.block(lines, bad_width);
                }
            },
        };
        at += length;
        lines += u64::from(at <= bytes.len() && bytes[at - 1] == LINE);
    }
    parser.block(lines, None)
}

/// The wanted column of each field, and whether it has numbers that are read where they stand.
fn columns_of_fields(layout: &Layout) -> Vec<Option<(usize, bool)>> {
    let plain_numbers = layout.reading.plain_numbers();
    let mut columns = vec![None; layout.width];
    for (column, &field) in layout.fields.iter().enumerate() {
        columns[field] = Some((column, plain_numbers && layout.reading.wanted()[column] == Wanted::Number));
    }
    columns
}

struct Parser<'a> {
    layout: &'a Layout,
    wanted: Vec<Option<(usize, bool)>>,
    batch: Batch,
    texts: Vec<Texts>,
}

impl Parser<'_> {
    fn block(self, lines: u64, bad_width: Option<(u64, u64, usize)>) -> Block {
        let texts = self.texts.into_iter().map(Texts::into_list).collect();
        Block { batch: Batch { texts, ..self.batch }, lines, bad_width }
    }

    /// Reads a record and gives its length with the end of its line; `None`, with nothing kept, when it has another
    /// number of cells than the header.
    #[inline]
    fn record(&mut self, bytes: &[u8], line: u64) -> Option<usize> {
        let problems = self.batch.problems.len();
        let length = self.cells(bytes, line);
        if length.is_some() {
            self.batch.rows += 1;
        } else {
            let rows = self.batch.rows;
            self.batch.columns.iter_mut().for_each(|column| column.truncate(rows));
            self.batch.problems.truncate(problems);
        }
        length
    }

    #[inline]
    fn cells(&mut self, bytes: &[u8], line: u64) -> Option<usize> {
        let delimiter = self.layout.delimiter;
        let mut at = 0;
        let last = self.wanted.len() - 1;
        for field in 0..self.wanted.len() {
            match self.wanted[field] {
                Some((column, true)) => match fast_float2::parse_partial::<f64, _>(&bytes[at..]) {
                    Ok((value, length)) if value.is_finite() && ends(bytes.get(at + length), delimiter) => {
                        self.batch.columns[column].push(value);
                        at += length;
                    }
                    _ => at += self.cell(column, &bytes[at..], line),
                },
                Some((column, false)) => at += self.cell(column, &bytes[at..], line),
                None => at += self.length_of_cell(&bytes[at..]),
            }
            match bytes.get(at) {
                Some(&byte) if byte == delimiter && field < last => at += 1,
                Some(&LINE) if field == last => return Some(at + 1),
                Some(b'\r') if field == last => return Some(at + 2),
                None if field == last => return Some(at),
                _ => return None,
            }
        }
        None
    }

    #[inline]
    fn length_of_cell(&self, bytes: &[u8]) -> usize {
        memchr::memchr3(self.layout.delimiter, b'\r', LINE, bytes).unwrap_or(bytes.len())
    }

    /// Reads the cell that the bytes begin with, by the rules of its column, and gives its length.
    fn cell(&mut self, column: usize, bytes: &[u8], line: u64) -> usize {
        let length = self.length_of_cell(bytes);
        let reading = &self.layout.reading;
        let value = cell::value(reading, &reading.wanted()[column], &bytes[..length], &mut self.texts[column]);
        let value = value.unwrap_or_else(|problem| {
            let row = self.batch.rows;
            self.batch.problems.push(CellProblem { row, column, line: Some(line), problem });
            f64::NAN
        });
        self.batch.columns[column].push(value);
        length
    }
}

/// Whether a cell ends before this byte.
#[inline]
fn ends(next: Option<&u8>, delimiter: u8) -> bool {
    match next {
        None => true,
        Some(&byte) => byte == delimiter || byte == LINE || byte == b'\r',
    }
}
