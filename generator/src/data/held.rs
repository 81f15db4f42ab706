//! Local data held against the spec: what training would refuse, found before anything is pushed.
//!
//! Ranges are left to the data test: this is about whether the file can be read as the spec says.

use std::collections::{BTreeMap, BTreeSet};

use csv::StringRecord;

use super::cell::{number, trimmed};
use super::date;
use super::dialect::Dialect;
use super::encoding::Coding;
use super::facts::Facts;
use super::sample::{Sample, grouped};
use super::shape::Delimiter;
use super::table::{Declared, Table};
use crate::project::data::{Column, ColumnType, Data, Encoding, Unknown};
use crate::spec::did_you_mean;
use crate::spec::located::path::Path;

/// A file of the data, as it was read.
#[derive(Clone, Debug)]
pub enum Read {
    /// Text.
    Text(Sample),
    /// Parquet, which says its own types.
    Parquet(Box<Facts>),
    /// Nothing, and why.
    Unreadable(String),
}

/// Where data and spec disagree.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The part of the spec.
    pub path: Path,
    /// What is there instead, with its place in the file.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// What is wrong with a file, and the columns that it has and the spec has not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// Where the two disagree.
    pub findings: Vec<Finding>,
    /// Columns of the file that the spec leaves out.
    pub extra: Vec<String>,
    /// The two values of a target that is said to be a number, and has no others.
    pub pair: Option<[String; 2]>,
}

impl Held {
    fn add(&mut self, path: Path, message: impl Into<String>, help: Option<String>) {
        self.findings.push(Finding { path, message: message.into(), help });
    }
}

fn at() -> Path {
    Path::root().key("data")
}

/// Holds the file called `name` against the spec.
pub fn held(name: &str, read: &Read, data: &Data) -> Held {
    let mut held = Held::default();
    match read {
        Read::Unreadable(why) => held.add(at().key("path"), format!("{name}: {why}"), None),
        Read::Parquet(facts) => {
            columns(&mut held, name, &facts.table, data, '.');
        }
        Read::Text(sample) => text(&mut held, name, sample, data),
    }
    held
}

fn text(held: &mut Held, name: &str, sample: &Sample, data: &Data) {
    let head = sample.pieces.first().map(|piece| piece.bytes.as_slice()).unwrap_or_default();
    let said = data.csv.encoding.as_str();
    let seen = Coding::of(head);
    let fits = match data.csv.encoding {
        Encoding::Utf8 => seen.in_spec(head) == Some("utf-8"),
        Encoding::Utf16 => seen.unit() == 2,
        // Every text without marks is of this encoding too.
        Encoding::Windows1252 => seen.unit() == 1 && (seen.mark == 0 || head.is_ascii()),
    };
    if !fits {
        let help = match seen.in_spec(head) {
            Some(encoding) => format!("say `encoding: {encoding}`, or save the file as {said}"),
            None => format!("save the file as {said}"),
        };
        let message = format!("{name} is no {said}: it looks like {}", seen.name());
        return held.add(at().keys(&["csv", "encoding"]), message, Some(help));
    }
    let coding = if data.csv.encoding == Encoding::Windows1252 { Coding::windows_1252() } else { seen };
    let delimiter = if name.to_ascii_lowercase().ends_with(".tsv") { '\t' } else { data.csv.delimiter };
    let dialect = Dialect::given(delimiter, data.csv.decimal);
    let (head_text, _) = coding.text(&head[coding.mark..]);
    let Some(header) = super::shape::records(&head_text, dialect.delimiter, 1).into_iter().next() else {
        return held.add(at().key("path"), format!("{name} is empty: expected a header and rows"), None);
    };
    let names = |name: &str| header.iter().any(|header| header == name);
    if header.len() == 1 && !data.columns.iter().any(|column| names(column.name.as_str())) {
        let other = [',', ';', '\t', '|'].into_iter().find(|c| *c != delimiter && header[0].contains(*c));
        if let Some(other) = other {
            let words = Delimiter::Char(other).words();
            let message = format!("{name}: its header is one cell by {}", Delimiter::Char(delimiter).words());
            let shown = if other == '\t' { "\\t".to_owned() } else { other.to_string() };
            let help = format!("it looks like {words}: say `csv: {{delimiter: \"{shown}\"}}`");
            return held.add(at().keys(&["csv", "delimiter"]), message, Some(help));
        }
    }
    let table = Table::of_text(sample, coding, &Dialect { width: header.len(), ..dialect });
    if let Some(odd) = table.odd {
        let message = format!("{name}, {}; {} another number", odd.words(table.names.len()), odd.rows());
        held.add(at().key("path"), message, Some("repair the file: cells are never shifted".to_owned()));
    }
    columns(held, name, &table, data, data.csv.decimal);
}

fn columns(held: &mut Held, name: &str, table: &Table, data: &Data, decimal: char) {
    let listed = at().key("columns");
    for (index, column) in data.columns.iter().enumerate() {
        let here = listed.index(index);
        let places: Vec<usize> = table
            .names
            .iter()
            .enumerate()
            .filter(|(_, n)| *n == column.name.as_str())
            .map(|(place, _)| place)
            .collect();
        match places.as_slice() {
            [] => {
                let names = table.names.iter().map(String::as_str);
                let other = names.filter(|other| !data.columns.iter().any(|known| known.name.as_str() == *other));
                let help = did_you_mean(column.name.as_str(), other);
                held.add(here.key("name"), format!("{name} has no column `{}`", column.name), help);
            }
            [place] => match table.declared.get(*place) {
                Some(declared) if !serves(declared, column.kind) => {
                    let message = format!("{name} has {} in `{}`", declared.words(), column.name);
                    held.add(here.key("type"), message, Some(format!("say `type: {}`", declared.kind())));
                }
                _ => {
                    if column.name == data.target && matches!(column.kind, ColumnType::Number | ColumnType::Integer) {
                        held.pair = pair(table.column(*place));
                    }
                    cells(held, &here, name, table, *place, column, data, decimal);
                }
            },
            [_, ..] => {
                held.add(here.key("name"), format!("{name} has {} columns `{}`", places.len(), column.name), None);
            }
        }
    }
    let known = |name: &&String| !data.columns.iter().any(|column| column.name.as_str() == name.as_str());
    held.extra = table.names.iter().filter(known).filter(|name| !name.is_empty()).cloned().collect();
}

/// The values of a column that has two of them.
fn pair<'t>(cells: impl Iterator<Item = &'t str>) -> Option<[String; 2]> {
    let mut values: BTreeSet<&str> = BTreeSet::new();
    for cell in cells.map(trimmed).filter(|cell| !cell.is_empty()) {
        values.insert(cell);
        if values.len() > 2 {
            return None;
        }
    }
    let mut values = values.into_iter().map(str::to_owned);
    Some([values.next()?, values.next()?])
}

/// Whether a column of Parquet can be read as the spec says; what each type is made of stands in the model's
/// `parquet_schema`.
fn serves(declared: &Declared, kind: ColumnType) -> bool {
    match kind {
        ColumnType::Number | ColumnType::Integer => {
            matches!(declared, Declared::Number | Declared::Integer | Declared::Boolean)
        }
        ColumnType::Boolean | ColumnType::Category => {
            matches!(declared, Declared::Integer | Declared::Boolean | Declared::Text)
        }
        ColumnType::Datetime => matches!(declared, Declared::Moment | Declared::Text),
        ColumnType::Text => !matches!(declared, Declared::Other(_)),
    }
}

/// Cells that fail a check: how many, and the first of them with its row.
#[derive(Default)]
struct Failed(BTreeMap<&'static str, (usize, usize, String)>);

impl Failed {
    fn note(&mut self, check: &'static str, row: usize, cell: &str) {
        let noted = self.0.entry(check).or_insert_with(|| (0, row, cell.chars().take(40).collect()));
        noted.0 += 1;
    }
}

#[allow(clippy::too_many_arguments, reason = "a place of the spec, a place of the file, and what they say")]
fn cells(
    held: &mut Held,
    here: &Path,
    name: &str,
    table: &Table,
    place: usize,
    column: &Column,
    data: &Data,
    decimal: char,
) {
    let mut failed = Failed::default();
    for (row, cell) in table.column(place).enumerate() {
        let text = trimmed(cell);
        if text.is_empty() || data.missing.iter().any(|marker| marker == text) {
            if column.required {
                failed.note("required", row, text);
            }
        } else if let Some(check) = refused(cell, text, column, decimal) {
            failed.note(check, row, text);
        }
    }
    for (check, (count, row, cell)) in failed.0 {
        let where_ = spot(table, row);
        let of = format!("{} of {} rows", grouped(count as u64), grouped(table.rows.len() as u64));
        let (key, what, help) = match check {
            "required" if cell.is_empty() => (
                "required",
                "an empty cell, and the column is required".to_owned(),
                "say `required: false`, with a `whenMissing`".to_owned(),
            ),
            "required" => (
                "required",
                format!("`{cell}` means a missing value, and the column is required"),
                "say `required: false`, with a `whenMissing`".to_owned(),
            ),
            "levels" => (
                "levels",
                format!("`{cell}` is none of the levels"),
                "add it, or say `unknownLevels: ignore`".to_owned(),
            ),
            _ => (
                "type",
                format!("`{cell}` is no {check}"),
                format!("say another `type`, or add `{cell}` to `data.missing` if it means nothing"),
            ),
        };
        held.add(here.key(key), format!("{name}, {where_}, `{}`: {what}; {of}", column.name), Some(help));
    }
}

/// Which check a cell fails that has a value.
fn refused(cell: &str, text: &str, column: &Column, decimal: char) -> Option<&'static str> {
    match column.kind {
        ColumnType::Number => number(text, decimal).is_none().then_some("number"),
        ColumnType::Integer => number(text, decimal).is_none_or(|value| value.fract() != 0.0).then_some("integer"),
        ColumnType::Boolean => {
            let is = |own: Option<&Vec<String>>, usual: &[&str]| match own {
                Some(own) => own.iter().any(|known| known == text),
                None => usual.contains(&text),
            };
            let (yes, no) = (column.truths.as_ref().map(|t| &t.0), column.truths.as_ref().map(|t| &t.1));
            let known =
                is(yes, &["true", "True", "TRUE", "yes", "1"]) || is(no, &["false", "False", "FALSE", "no", "0"]);
            (!known).then_some("boolean")
        }
        ColumnType::Category => {
            let levels = column.levels.as_ref().filter(|_| column.unknown == Unknown::Refuse)?;
            (!levels.iter().any(|level| level == cell)).then_some("levels")
        }
        ColumnType::Datetime => date::seconds(text).is_none().then_some("datetime"),
        ColumnType::Text => None,
    }
}

/// Where a row is, as far as that is known.
fn spot(table: &Table, row: usize) -> String {
    if row >= table.head {
        return "further on".to_owned();
    }
    match table.rows.get(row).and_then(StringRecord::position) {
        Some(position) => format!("row {} (line {})", row + 1, position.line()),
        None => format!("row {}", row + 1),
    }
}
