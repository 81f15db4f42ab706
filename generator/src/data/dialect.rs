//! How a text file is written: delimiter, decimal mark, header, and what no runtime reads as it stands.

use std::collections::BTreeMap;

use csv::StringRecord;

use super::cell::{dressed, number, trimmed};
use super::date;
use super::shape::{Delimiter, flattened, records};

/// Records by which a dialect is judged.
const JUDGED: usize = 400;

/// How a text file is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialect {
    /// What stands between two cells.
    pub delimiter: Delimiter,
    /// The decimal mark.
    pub decimal: char,
    /// Whether the first record names the columns.
    pub header: bool,
    /// Records before the header that are no rows: titles, `sep=;`.
    pub preamble: usize,
    /// Whether spaces stand behind the delimiters.
    pub spaced: bool,
    /// Whether each row ends with a delimiter that the header does not have.
    pub trailing: bool,
    /// Whether each row begins with a name that has no header, as R writes it.
    pub row_names: bool,
    /// Cells of a row.
    pub width: usize,
    /// Whether comma and three digits could be thousands as well as a fraction.
    pub decimal_in_doubt: bool,
}

impl Dialect {
    /// The dialect of a text's beginning, which ends with a whole line.
    ///
    /// # Errors
    /// Why it is no table, as a phrase.
    pub fn of(text: &str) -> Result<Self, String> {
        let (sep, text) = match text.strip_prefix("sep=") {
            Some(rest) => (1, rest.split_once('\n').map_or("", |(_, rest)| rest)),
            None => (0, text),
        };
        if records(text, Delimiter::Char(','), 1).is_empty() {
            return Err("it is empty: expected a header with the names of the columns, and rows".to_owned());
        }
        let found = delimiter(text).ok_or(
            "it has one column, or none of `,`, `;`, tab, `|` and spaces cuts its lines into cells of one number; expected a \
             table of at least two columns",
        )?;
        let (delimiter, spaced) = found;
        let flat = if spaced { flattened(text, delimiter) } else { text.to_owned() };
        let all = records(&flat, delimiter, JUDGED);
        let width = modal_width(&all).map_or(1, |(width, _)| width);
        let title = |record: &&StringRecord| {
            let filled = record.iter().filter(|cell| !trimmed(cell).is_empty()).count();
            record.len() + 1 < width || record.len() < 2 || (width > 2 && filled < 2)
        };
        let preamble = all.iter().take_while(title).count();
        if preamble >= all.len() {
            return Err("it has no line with the names of columns".to_owned());
        }
        let (first, body) = (&all[preamble], &all[preamble + 1..]);
        let longer = width == first.len() + 1;
        let header = longer || names_columns(first, body);
        let rows = if header { body } else { &all[preamble..] };
        let last_is_empty = |row: &StringRecord| row.len() != width || trimmed(&row[width - 1]).is_empty();
        let trailing = longer && rows.iter().all(last_is_empty);
        let (decimal, decimal_in_doubt) = decimal(rows, delimiter);
        Ok(Self {
            delimiter,
            decimal,
            header,
            preamble: preamble + sep,
            spaced,
            trailing,
            row_names: longer && !trailing,
            width,
            decimal_in_doubt,
        })
    }

    /// The dialect that a spec names; its width is that of the header.
    pub fn given(delimiter: char, decimal: char) -> Self {
        Self {
            delimiter: Delimiter::Char(delimiter),
            decimal,
            header: true,
            preamble: 0,
            spaced: false,
            trailing: false,
            row_names: false,
            width: 0,
            decimal_in_doubt: false,
        }
    }

    /// The records of a piece of the file.
    pub fn records(&self, text: &str) -> Vec<StringRecord> {
        let text = if text.starts_with("sep=") { text.split_once('\n').map_or("", |(_, rest)| rest) } else { text };
        if self.spaced {
            records(&flattened(text, self.delimiter), self.delimiter, usize::MAX)
        } else {
            records(text, self.delimiter, usize::MAX)
        }
    }

    /// What no runtime reads as it stands, so that the data must be written anew; each as a phrase.
    pub fn obstacles(&self) -> Vec<String> {
        let mut found = Vec::new();
        if !self.header {
            found.push("it has no header, and columns are found by name".to_owned());
        }
        if self.preamble > 0 {
            let lines = if self.preamble == 1 { "a line" } else { "lines" };
            found.push(format!("{lines} before the header, {} in all, are no rows", self.preamble));
        }
        if self.delimiter == Delimiter::Spaces {
            found.push("spaces are no delimiter that the data contract knows".to_owned());
        } else if self.spaced {
            found.push("spaces stand behind the delimiters".to_owned());
        }
        if self.trailing {
            found.push("each row ends with a delimiter that the header does not have".to_owned());
        }
        if self.row_names {
            found.push("each row begins with a name that has no header".to_owned());
        }
        if self.delimiter == Delimiter::Char(',') && self.decimal == ',' {
            found.push("a comma is delimiter and decimal mark".to_owned());
        }
        found
    }
}

/// The width that most records have, and the share of those.
fn modal_width(records: &[StringRecord]) -> Option<(usize, f64)> {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    records.iter().for_each(|record| *widths.entry(record.len()).or_default() += 1);
    let (width, count) = widths.into_iter().max_by_key(|(width, count)| (*count, *width))?;
    Some((width, count as f64 / records.len() as f64))
}

/// The delimiter, and whether spaces stand behind it.
fn delimiter(text: &str) -> Option<(Delimiter, bool)> {
    let chars = [',', ';', '\t', '|'].map(Delimiter::Char);
    let candidates = chars.into_iter().flat_map(|delimiter| [(delimiter, false), (delimiter, true)]);
    let mut best: Option<(f64, (Delimiter, bool))> = None;
    for (delimiter, spaced) in candidates.chain([(Delimiter::Spaces, true)]) {
        let cut = if spaced {
            records(&flattened(text, delimiter), delimiter, JUDGED)
        } else {
            records(text, delimiter, JUDGED)
        };
        let Some(mut score) = score(&cut, delimiter) else { continue };
        if spaced && delimiter != Delimiter::Spaces && !has_spaces(text, delimiter, &cut) {
            continue;
        }
        if delimiter == Delimiter::Spaces {
            score *= 0.8;
        } else if spaced {
            // As good a cut, and cleaner cells.
            score += 0.001;
        }
        if best.is_none_or(|(before, _)| score > before + 1e-9) {
            best = Some((score, (delimiter, spaced)));
        }
    }
    best.map(|(_, found)| found)
}

/// Whether most cells behind a delimiter begin with a space: a column of text with a few of them is no such file.
fn has_spaces(text: &str, delimiter: Delimiter, flat: &[StringRecord]) -> bool {
    let Delimiter::Char(c) = delimiter else { return false };
    let lines: Vec<&str> = text.lines().take(JUDGED).collect();
    let count = |needle: &str| lines.iter().map(|line| line.matches(needle).count()).sum::<usize>();
    let cells: usize = flat.iter().map(|record| record.len().saturating_sub(1)).sum();
    count(&format!("{c} ")) * 10 >= cells * 9 && cells > 0
}

/// How well a delimiter cuts: the share of records of one width, and of cells that hold no other delimiter.
fn score(cut: &[StringRecord], delimiter: Delimiter) -> Option<f64> {
    let (width, share) = modal_width(cut).filter(|(width, share)| *width > 1 && *share > 0.5)?;
    let (mut cells, mut clean) = (0_usize, 0_usize);
    for cell in cut.iter().filter(|record| record.len() == width).take(100).flat_map(StringRecord::iter) {
        cells += 1;
        let cell = trimmed(cell);
        let plain = number(cell, ',').is_some() || number(cell, '.').is_some() || dressed(cell, '.').is_some();
        let other = [';', '\t', '|'].iter().any(|c| Delimiter::Char(*c) != delimiter && cell.contains(*c));
        clean += usize::from(plain || !(other || cell.starts_with('"') || cell.ends_with('"')));
    }
    Some(share * (0.2 + 0.8 * clean as f64 / cells.max(1) as f64))
}

/// Whether the first record names the columns of the others.
fn names_columns(first: &StringRecord, body: &[StringRecord]) -> bool {
    let sample: Vec<&StringRecord> = body.iter().filter(|record| record.len() == first.len()).take(200).collect();
    let is_value = |text: &str| {
        number(text, '.').is_some()
            || number(text, ',').is_some()
            || dressed(text, '.').is_some()
            || date::seconds(text).is_some()
            || !date::orders(text).is_empty()
    };
    let (mut names, mut values) = (0.0, 0.0);
    for (at, cell) in first.iter().map(trimmed).enumerate() {
        let below: Vec<&str> = sample.iter().map(|row| trimmed(&row[at])).filter(|cell| !cell.is_empty()).collect();
        let of_values = below.iter().filter(|cell| is_value(cell)).count();
        let typed = !below.is_empty() && of_values * 10 >= below.len() * 7;
        match (is_value(cell), typed) {
            (true, true) => values += 1.0,
            // A word over numbers; a marker of missing values is no name.
            (false, true) if !cell.is_empty() && !super::markers::is_strong(cell) => names += 1.0,
            (true, false) => values += 0.5,
            (false, false) if below.contains(&cell) => values += 0.5,
            _ => {}
        }
    }
    if are_years(first, &sample) {
        return true;
    }
    let distinct = first.iter().collect::<std::collections::BTreeSet<_>>().len() == first.len();
    // Where nothing speaks for rows, names are usual.
    if names == 0.0 && values == 0.0 { distinct } else { names > values }
}

/// Whether the numbers of a first record are years in a row, over columns of something else.
fn are_years(first: &StringRecord, body: &[&StringRecord]) -> bool {
    let year = |text: &str| text.parse::<u32>().ok().filter(|year| text.len() == 4 && (1900..=2100).contains(year));
    let years: Vec<(usize, u32)> =
        first.iter().enumerate().filter_map(|(at, cell)| Some((at, year(trimmed(cell))?))).collect();
    let others = first.iter().filter(|cell| number(trimmed(cell), '.').is_some()).count();
    let in_a_row = years.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1);
    let below = body.iter().any(|row| years.iter().any(|(at, _)| year(trimmed(&row[*at])).is_none()));
    years.len() > 1 && years.len() == others && in_a_row && below
}

/// The decimal mark, and whether there is doubt about it.
fn decimal(rows: &[StringRecord], delimiter: Delimiter) -> (char, bool) {
    let (mut point, mut comma, mut point_or_groups, mut comma_or_groups) = (0_usize, 0_usize, 0_usize, 0_usize);
    // `1.234` and `1,234` may be groups of digits by the other mark's rules.
    let grouped = |text: &str, other: char| dressed(text, other).is_some() && !text.starts_with('0');
    for cell in rows.iter().flat_map(StringRecord::iter).map(trimmed) {
        let bare = cell.trim_end_matches(['€', '%', ' ']).trim_start_matches(['€', '$', '£', ' ', '-']);
        match (bare.contains('.'), bare.contains(',')) {
            (true, false) if grouped(bare, ',') => point_or_groups += 1,
            (true, false) => point += usize::from(number(bare, '.').is_some()),
            (false, true) if grouped(bare, '.') => comma_or_groups += 1,
            (false, true) => comma += usize::from(number(bare, ',').is_some()),
            (true, true) if dressed(bare, ',').is_some() => comma += 1,
            (true, true) if dressed(bare, '.').is_some() => point += 1,
            _ => {}
        }
    }
    let usual = matches!(delimiter, Delimiter::Char(';'));
    if comma > point {
        (',', false)
    } else if point > 0 || comma_or_groups == 0 {
        ('.', false)
    } else if usual && point_or_groups == 0 {
        (',', true)
    } else {
        ('.', delimiter != Delimiter::Char(','))
    }
}
