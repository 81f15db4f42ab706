//! Cells in rows and columns, whatever file they come from.

use csv::StringRecord;

use super::dialect::Dialect;
use super::encoding::Coding;
use super::sample::{Piece, Rows, Sample, grouped};

/// What a file that knows types says of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Declared {
    /// Numbers.
    Number,
    /// Whole numbers.
    Integer,
    /// True or false.
    Boolean,
    /// Text.
    Text,
    /// Moments.
    Moment,
    /// What no runtime reads: lists, times of day, bytes.
    Other(String),
}

impl Declared {
    /// In words.
    pub fn words(&self) -> &str {
        match self {
            Self::Number => "numbers",
            Self::Integer => "whole numbers",
            Self::Boolean => "true and false",
            Self::Text => "text",
            Self::Moment => "moments",
            Self::Other(what) => what,
        }
    }

    /// The type that a spec has for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Text | Self::Other(_) => "category",
            Self::Moment => "datetime",
        }
    }
}

/// Rows of another width than the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Odd {
    /// Line of the first of them.
    pub line: u64,
    /// Its cells.
    pub found: usize,
    /// How many there are.
    pub count: usize,
    /// Whether a line break is in a cell of it, as where a quotation mark never closes.
    pub broken: bool,
}

impl Odd {
    /// The first of them, in words: `line 9: 2 cells, and the header has 3`.
    pub fn words(self, expected: usize) -> String {
        let cells = if self.found == 1 { "1 cell" } else { &format!("{} cells", self.found) };
        let why = if self.broken { "; a quotation mark there may never close" } else { "" };
        format!("line {}: {cells}, and the header has {expected}{why}", self.line)
    }

    /// How many, in words: `1 row has`, `12 rows have`.
    pub fn rows(self) -> String {
        if self.count == 1 { "1 row has".to_owned() } else { format!("{} rows have", grouped(self.count as u64)) }
    }
}

/// Rows of a table, or a sample of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The names of the columns, as they stand in the file; made up where it has none.
    pub names: Vec<String>,
    /// Rows, each as wide as there are names; an empty cell is missing.
    pub rows: Vec<StringRecord>,
    /// How many of them are from the beginning of the file, so that their places are known.
    pub head: usize,
    /// How many rows there are in all.
    pub all: Option<Rows>,
    /// What the file says of the types, if it is of a kind that does: one for each column, or none.
    pub declared: Vec<Declared>,
    /// Rows of another width, which training refuses.
    pub odd: Option<Odd>,
}

impl Table {
    /// The table of a text file.
    pub fn of_text(sample: &Sample, coding: Coding, dialect: &Dialect) -> Self {
        let mut pieces = sample.pieces.iter();
        let Some(head) = pieces.next() else { return Self::default() };
        let whole = sample.is_whole();
        let bytes = &head.bytes[coding.mark.min(head.bytes.len())..];
        let text = coding.text(bytes).0;
        let text = if whole { text.as_str() } else { text.rsplit_once('\n').map_or("", |(whole, _)| whole) };
        let mut records = dialect.records(text);
        let sep = usize::from(text.starts_with("sep="));
        let body = records.split_off((dialect.preamble - sep).min(records.len()));
        let mut body = body.into_iter();
        let first = if dialect.header { body.next() } else { None };
        let names = names(first.as_ref(), dialect);
        let mut table = Self { names, ..Self::default() };
        for record in body {
            table.take(record, dialect);
        }
        let read = table.rows.len() as u64 + table.odd.map_or(0, |odd| odd.count as u64);
        table.all = Some(if whole {
            Rows::Exactly(read)
        } else {
            // Bytes of a row, in the file's own encoding.
            let each = (head.bytes.len() as f64 / read.max(1) as f64).max(1.0);
            Rows::About((sample.size as f64 / each) as u64)
        });
        table.head = table.rows.len();
        for piece in pieces {
            let found = stretch(piece, sample.size, coding, dialect);
            table.rows.extend(found.into_iter().filter_map(|record| cut(&record, dialect)));
        }
        table
    }

    fn take(&mut self, record: StringRecord, dialect: &Dialect) {
        match cut(&record, dialect) {
            Some(row) => self.rows.push(row),
            None => {
                let line = record.position().map_or(0, csv::Position::line);
                let broken = record.iter().any(|cell| cell.contains('\n'));
                let odd = self.odd.get_or_insert(Odd { line, found: record.len(), count: 0, broken });
                odd.count += 1;
            }
        }
    }

    /// Appends the rows of another file, whose columns have the same names in any order.
    pub fn append(&mut self, other: &Self) {
        let places: Vec<Option<usize>> =
            self.names.iter().map(|name| other.names.iter().position(|n| n == name)).collect();
        let same = places.iter().enumerate().all(|(at, place)| *place == Some(at));
        for row in &other.rows {
            self.rows.push(if same {
                row.clone()
            } else {
                places.iter().map(|place| place.and_then(|at| row.get(at)).unwrap_or_default()).collect()
            });
        }
        self.odd = self.odd.or(other.odd);
    }

    /// Whether every row is at hand.
    pub fn is_whole(&self) -> bool {
        matches!(self.all, Some(Rows::Exactly(count)) if count <= self.rows.len() as u64 + self.odd.map_or(0, |odd| odd.count as u64))
    }

    /// The cells of a column.
    pub fn column(&self, place: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().map(move |row| row.get(place).unwrap_or_default())
    }
}

/// Names of the columns: those of the header, or made up.
fn names(first: Option<&StringRecord>, dialect: &Dialect) -> Vec<String> {
    let mut names: Vec<String> = match first {
        Some(first) => first.iter().map(str::to_owned).collect(),
        None => (1..=dialect.width).map(|place| format!("column_{place}")).collect(),
    };
    if dialect.row_names {
        names.insert(0, "row".to_owned());
    }
    names
}

/// The row of a record; none when it has another width.
pub fn cut(record: &StringRecord, dialect: &Dialect) -> Option<StringRecord> {
    if record.len() != dialect.width {
        return None;
    }
    Some(if dialect.trailing { record.iter().take(dialect.width - 1).collect() } else { record.clone() })
}

/// Whole records from the middle of a file.
fn stretch(piece: &Piece, size: u64, coding: Coding, dialect: &Dialect) -> Vec<StringRecord> {
    let unit = coding.unit();
    let shift = usize::from(!piece.at.is_multiple_of(unit as u64));
    let text = coding.text(&piece.bytes[shift.min(piece.bytes.len())..]).0;
    let to_end = piece.at + piece.bytes.len() as u64 >= size;
    let text = if to_end { text.as_str() } else { text.rsplit_once('\n').map_or("", |(whole, _)| whole) };
    // A line may begin within quotation marks: the first one behind which rows have the right width is taken.
    let starts = text.match_indices('\n').map(|(at, _)| at + 1).take(20);
    for start in starts {
        let mut records = dialect.records(&text[start..]);
        if records.iter().take(5).all(|record| record.len() == dialect.width) {
            records.retain(|record| record.len() == dialect.width);
            return records;
        }
    }
    Vec::new()
}
