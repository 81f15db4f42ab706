//! Parsing one block of whole CSV records.

use super::cell::{self, Texts};
use super::csv_layout::{Block, Layout};
use super::{Batch, CellProblem, DataError, Reading, csv_plain};
use std::io::{Chain, Read};
use std::path::Path;

impl Layout {
    /// Finds the wanted columns in a header.
    pub fn find(path: &Path, header: &[String], delimiter: u8, reading: &Reading) -> Result<Self, DataError> {
        let find = |column: &String| {
            let mut places = header.iter().enumerate().filter(|(_, name)| *name == column).map(|(place, _)| place);
            match (places.next(), places.next()) {
                (Some(place), None) => Ok(place),
                (Some(_), Some(_)) => Err(DataError::DuplicateColumn { path: path.to_owned(), column: column.clone() }),
                (None, _) => Err(DataError::MissingColumn {
                    path: path.to_owned(),
                    column: column.clone(),
                    found: header.to_vec(),
                }),
            }
        };
        let fields = reading.names().iter().map(find).collect::<Result<_, _>>()?;
        Ok(Self { fields, width: header.len(), delimiter, reading: reading.clone() })
    }

    /// Parses a block of whole records, or only counts them when their values are not wanted.
    pub fn parse_or_count(&self, bytes: &[u8], wanted: bool) -> Block {
        if wanted {
            return self.parse(bytes);
        }
        let (rows, lines) = count_records(bytes, self.delimiter);
        Block { batch: Batch { rows, ..Batch::default() }, lines, bad_width: None }
    }

    fn parse(&self, bytes: &[u8]) -> Block {
        // A field that is wanted twice is for the other way.
        let twice = (1..self.fields.len()).any(|i| self.fields[..i].contains(&self.fields[i]));
        if csv_plain::is_plain(bytes) && !twice { csv_plain::parse(self, bytes) } else { self.parse_any(bytes) }
    }

    /// Parses by the CSV library's rules.
    fn parse_any(&self, bytes: &[u8]) -> Block {
        let (mut reader, before) = records(bytes, self.delimiter);
        let mut texts: Vec<Texts> = self.fields.iter().map(|_| Texts::default()).collect();
        let estimate = bytes.len() / (8 * self.width.max(1));
        let mut batch =
            Batch { columns: self.fields.iter().map(|_| Vec::with_capacity(estimate)).collect(), ..Batch::default() };
        // In the file's order, so that the problems of a record come in one order, quoted or not.
        let mut order: Vec<usize> = (0..self.fields.len()).collect();
        order.sort_by_key(|&column| self.fields[column]);
        let mut record = csv::ByteRecord::new();
        let mut bad_width = None;
        // Reading from memory without UTF-8 checks and with any width has nothing to fail on.
        while let Ok(true) = reader.read_byte_record(&mut record) {
            let line = || {
                let place = record.position().map_or((1, 0), |p| (p.line(), p.byte()));
                // What was put before the block is a line too, and blank lines of the block itself come after it.
                (place.0 + blank_lines(bytes, place.1.saturating_sub(before))).saturating_sub(1 + before)
            };
            if record.len() != self.width {
                bad_width = Some((batch.rows as u64, line(), record.len()));
                break;
            }
            for &column in &order {
                let (wanted, field) = (&self.reading.wanted()[column], self.fields[column]);
                let value = match cell::value(&self.reading, wanted, &record[field], &mut texts[column]) {
                    Ok(value) => value,
                    Err(problem) => {
                        batch.problems.push(CellProblem { row: batch.rows, column, line: Some(line()), problem });
                        f64::NAN
                    }
                };
                batch.columns[column].push(value);
            }
            batch.rows += 1;
        }
        batch.texts = texts.into_iter().map(Texts::into_list).collect();
        Block { batch, lines: reader.position().line() - 1 - before, bad_width }
    }
}

/// A reader of a block and what was put before it.
pub(super) type Records<'a> = csv::Reader<Chain<&'a [u8], &'a [u8]>>;

/// The records of a block, by the CSV library's rules, and how many blank lines were put before it: the library takes a byte
/// order mark off whatever it reads first, and one that is not at a file's beginning belongs to its cell.
pub(super) fn records(bytes: &[u8], delimiter: u8) -> (Records<'_>, u64) {
    let before: &[u8] = if bytes.starts_with(b"\xef\xbb\xbf") { b"\n" } else { b"" };
    let mut builder = csv::ReaderBuilder::new();
    let reader = builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(before.chain(bytes));
    (reader, before.len() as u64)
}

/// The numbers of records and lines of a block of whole records.
pub(super) fn count_records(bytes: &[u8], delimiter: u8) -> (usize, u64) {
    let plain = memchr::memchr2(b'"', b'\r', bytes).is_none()
        && !bytes.starts_with(b"\n")
        && memchr::memmem::find(bytes, b"\n\n").is_none();
    if plain {
        let ends = memchr::memchr_iter(b'\n', bytes).count();
        return (ends + usize::from(!bytes.ends_with(b"\n") && !bytes.is_empty()), ends as u64);
    }
    let (mut reader, before) = records(bytes, delimiter);
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while let Ok(true) = reader.read_byte_record(&mut record) {
        rows += 1;
    }
    (rows, reader.position().line() - 1 - before)
}

/// The number of blank lines at a place: the library skips them but says that a record begins before them.
fn blank_lines(bytes: &[u8], at: u64) -> u64 {
    let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    rest.iter().take_while(|b| matches!(b, b'\n' | b'\r')).filter(|&&b| b == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Cells that make trouble, and the usual ones.
    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![
            6 => (-1e6..1e6f64).prop_map(|v| v.to_string()),
            1 => prop::sample::select(vec!["", " ", "1e400", "nan", "-inf", "+1", " 2", "3 ", "1.", ".5", "1e", "x", "1x", "\u{e9}"])
                .prop_map(str::to_owned),
        ]
    }

    fn block() -> impl Strategy<Value = String> {
        let record = prop::collection::vec(cell(), 1..5).prop_map(|cells| cells.join(","));
        let end = prop::sample::select(vec!["\n", "\r\n", "\n\n", "\r\n\r\n"]);
        let lines = prop::collection::vec((record, end), 0..9)
            .prop_map(|v| v.into_iter().flat_map(|(r, e)| [r, e.to_owned()]).collect::<String>());
        (lines, prop::bool::ANY).prop_map(|(text, whole)| if whole { text } else { text.trim_end().to_owned() })
    }

    /// What matters of a block, with NaN equal to NaN. Nobody asks for the lines behind a record of a wrong width.
    fn told(block: &Block) -> String {
        let lines = block.bad_width.is_none().then_some(block.lines);
        format!("{:?} {lines:?} {:?}", block.batch, block.bad_width)
    }

    proptest! {
        #[test]
        fn a_plain_block_is_what_the_csv_library_says_it_is(
            text in block(),
            fields in prop::sample::select(vec![vec![0, 1, 2], vec![2, 0], vec![1], vec![]]),
        ) {
            let names: Vec<String> = fields.iter().map(ToString::to_string).collect();
            let reading = Reading::numbers(&names);
            let layout = Layout { fields, width: 3, delimiter: b',', reading };
            prop_assert!(csv_plain::is_plain(text.as_bytes()));
            let (plain, any) = (csv_plain::parse(&layout, text.as_bytes()), layout.parse_any(text.as_bytes()));
            prop_assert_eq!(told(&plain), told(&any));
            if any.bad_width.is_none() {
                prop_assert_eq!((plain.batch.rows, plain.lines), count_records(text.as_bytes(), b','));
            }
        }
    }

    #[test]
    fn the_problems_of_a_record_come_in_the_order_of_the_file_quoted_or_not() {
        let names = ["c".to_owned(), "a".to_owned()];
        let layout = Layout { fields: vec![2, 0], width: 3, delimiter: b',', reading: Reading::numbers(&names) };
        let columns = |text: &[u8]| -> Vec<usize> {
            layout.parse(text).batch.problems.iter().map(|problem| problem.column).collect()
        };
        assert_eq!(columns(b",0,"), [1, 0]);
        assert_eq!(columns(b",\"0\","), [1, 0]);
    }

    #[test]
    fn quotation_marks_and_single_carriage_returns_are_left_to_the_library() {
        assert!(!csv_plain::is_plain(b"1,\"2\"\n"));
        assert!(!csv_plain::is_plain(b"1\r2\n"));
        assert!(csv_plain::is_plain(b"1,2\r\n3,4"));
    }
}
