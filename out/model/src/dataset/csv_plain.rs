//! Parsing a block of CSV without quotation marks: each number is read where it stands, without looking for the end of
//! its cell first. Whatever is out of the ordinary is parsed again, cell by cell.

use super::csv_parse::{Block, Layout, number};
use super::{Batch, CellProblem};

/// The byte that ends a line.
const LINE: u8 = b'\n';

/// Whether a line's fields are what stands between its commas: there is no quotation mark, and a carriage return only
/// at a line's end.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    memchr::memchr(b'"', bytes).is_none()
        && memchr::memchr_iter(b'\r', bytes).all(|at| bytes.get(at + 1) == Some(&LINE))
}

/// Parses a plain block of whole records.
pub(super) fn parse(layout: &Layout, bytes: &[u8]) -> Block {
    let estimate = bytes.len() / (8 * layout.width.max(1));
    let columns = layout.fields.iter().map(|_| Vec::with_capacity(estimate)).collect();
    let mut parser = Parser { layout, wanted: columns_of_fields(layout), batch: Batch { columns, ..Batch::default() } };
    let (mut at, mut lines) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        // Blank lines are no records.
        let length = match byte {
            LINE => 1,
            b'\r' => 2,
            _ => match parser.record_of_numbers(&bytes[at..]) {
                Some(length) => length,
                None => {
                    let end = memchr::memchr(LINE, &bytes[at..]).map_or(bytes.len(), |length| at + length);
                    if let Err(found) = parser.record_of_cells(&bytes[at..end], lines) {
                        let bad_width = Some((parser.batch.rows as u64, lines, found));
                        return Block { batch: parser.batch, lines, bad_width };
                    }
                    end + 1 - at
                }
            },
        };
        at += length;
        lines += u64::from(at <= bytes.len() && bytes[at - 1] == LINE);
    }
    Block { batch: parser.batch, lines, bad_width: None }
}

/// The wanted column of each field; `None` where no number is to be read.
fn columns_of_fields(layout: &Layout) -> Vec<Option<usize>> {
    let mut columns = vec![None; layout.width];
    for (column, &field) in layout.fields.iter().enumerate() {
        columns[field] = Some(column);
    }
    columns
}

struct Parser<'a> {
    layout: &'a Layout,
    wanted: Vec<Option<usize>>,
    batch: Batch,
}

impl Parser<'_> {
    /// Reads a record whose wanted cells are finite numbers and nothing else, and gives its length with the end of its
    /// line. Nothing is kept of any other.
    #[inline]
    fn record_of_numbers(&mut self, bytes: &[u8]) -> Option<usize> {
        let length = self.numbers(bytes);
        if length.is_some() {
            self.batch.rows += 1;
        } else {
            let rows = self.batch.rows;
            self.batch.columns.iter_mut().for_each(|column| column.truncate(rows));
        }
        length
    }

    #[inline]
    fn numbers(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        let last = self.wanted.len() - 1;
        for (field, column) in self.wanted.iter().enumerate() {
            match column {
                Some(column) => {
                    let (value, length) = fast_float2::parse_partial::<f64, _>(&bytes[at..]).ok()?;
                    if !value.is_finite() {
                        return None;
                    }
                    self.batch.columns[*column].push(value);
                    at += length;
                }
                None => at += memchr::memchr3(b',', b'\r', LINE, &bytes[at..]).unwrap_or(bytes.len() - at),
            }
            match bytes.get(at) {
                Some(b',') if field < last => at += 1,
                Some(&LINE) if field == last => return Some(at + 1),
                Some(b'\r') if field == last => return Some(at + 2),
                None if field == last => return Some(at),
                _ => return None,
            }
        }
        None
    }

    /// Reads a record cell by cell; the error is the number of its cells where that is wrong.
    #[cold]
    fn record_of_cells(&mut self, line: &[u8], number_of_line: u64) -> Result<(), usize> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let cells: Vec<&[u8]> = line.split(|byte| *byte == b',').collect();
        if cells.len() != self.layout.width {
            return Err(cells.len());
        }
        let row = self.batch.rows;
        for (column, &field) in self.layout.fields.iter().enumerate() {
            let value = number(cells[field]).unwrap_or_else(|problem| {
                self.batch.problems.push(CellProblem { row, column, line: Some(number_of_line), problem });
                f64::NAN
            });
            self.batch.columns[column].push(value);
        }
        self.batch.rows += 1;
        Ok(())
    }
}
