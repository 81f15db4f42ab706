//! What was read of data, before anything is taken for something.

use super::dialect::Dialect;
use super::doubt::Doubt;
use super::encoding::Coding;
use super::sample::Sample;
use super::table::Table;

/// What kind of file the data are.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// Text.
    Text {
        /// How it is written.
        dialect: Dialect,
        /// How its bytes become text.
        coding: Coding,
        /// The encoding as the spec calls it, if it has a name for it.
        encoding: Option<&'static str>,
        /// The sheet of a spreadsheet that the text was made of.
        sheet: Option<String>,
    },
    /// Parquet.
    Parquet,
}

impl Format {
    /// The decimal mark of its cells.
    pub fn decimal(&self) -> char {
        match self {
            Self::Text { dialect, .. } => dialect.decimal,
            _ => '.',
        }
    }

    /// What no runtime reads as it stands; each as a phrase.
    pub fn obstacles(&self) -> Vec<String> {
        match self {
            Self::Text { dialect, coding, encoding, sheet } => {
                let mut found: Vec<String> =
                    sheet.iter().map(|name| format!("it is a spreadsheet (sheet `{name}`)")).collect();
                found.extend(dialect.obstacles());
                if encoding.is_none() {
                    found.push(format!("the encoding {} is none that the data contract knows", coding.name()));
                }
                found
            }
            Self::Parquet => Vec::new(),
        }
    }
}

/// What was read of data: a file, or the files of a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// What kind of file.
    pub format: Format,
    /// The rows at hand.
    pub table: Table,
    /// Files, for a folder.
    pub files: usize,
    /// What was seen besides, each as a doubt.
    pub doubts: Vec<Doubt>,
}

impl Facts {
    /// What a sample of a text file holds.
    ///
    /// # Errors
    /// Why it is no table, as a phrase.
    pub fn of_text(sample: &Sample) -> Result<Self, String> {
        let head = sample.pieces.first().map(|piece| piece.bytes.as_slice()).unwrap_or_default();
        if let Some(what) = packed(head) {
            return Err(what.to_owned());
        }
        let coding = Coding::of(head);
        let (text, clean) = coding.text(&head[coding.mark..]);
        if text.contains('\0') {
            return Err("it is no text: there are bytes of value 0 in it".to_owned());
        }
        let text =
            if sample.is_whole() { text.as_str() } else { text.rsplit_once('\n').map_or("", |(whole, _)| whole) };
        let dialect = Dialect::of(text)?;
        let table = Table::of_text(sample, coding, &dialect);
        if table.rows.is_empty() {
            return Err(match table.odd {
                Some(odd) => format!("no row is as wide as the header; {}", odd.words(table.names.len())),
                None => "it has a header and no rows".to_owned(),
            });
        }
        let mut doubts = Vec::new();
        if coding.guessed {
            doubts.push(
                Doubt::new("encoding-guessed", format!("encoding {} guessed: it is no UTF-8", coding.name()))
                    .advice("look at letters with marks in the names and levels; `data.csv.encoding` says another one"),
            );
        }
        if !clean && sample.is_whole() {
            doubts.push(
                Doubt::new("bad-encoding", format!("some bytes are no {}", coding.name()))
                    .advice("save the file as UTF-8: training refuses cells that are none"),
            );
        }
        if dialect.decimal_in_doubt {
            let (is, or) = if dialect.decimal == ',' { ("fractions", "thousands") } else { ("thousands", "fractions") };
            doubts.push(
                Doubt::new("decimal-guessed", format!("numbers such as 1,234 are taken for {is}; they could be {or}"))
                    .advice("`data.csv.decimal` says which; a file with points and no thousands leaves no doubt"),
            );
        }
        let encoding = coding.in_spec(head);
        Ok(Self { format: Format::Text { dialect, coding, encoding, sheet: None }, table, files: 1, doubts })
    }

    /// How it is written, in words: what was guessed from what.
    pub fn dialect_words(&self) -> Vec<String> {
        match &self.format {
            Format::Parquet => vec!["Parquet".to_owned()],
            Format::Text { sheet: Some(name), .. } => vec![format!("spreadsheet, sheet `{name}`")],
            Format::Text { dialect, coding, .. } => {
                let mut words = vec![
                    format!("delimiter {} guessed", dialect.delimiter.words()),
                    match dialect.decimal {
                        ',' => "decimal comma guessed".to_owned(),
                        _ => "decimal point".to_owned(),
                    },
                    coding.name().to_owned() + if coding.mark > 0 { " with a byte order mark" } else { "" },
                ];
                if !dialect.header {
                    words.push("no header: its first line is a row like the others".to_owned());
                }
                words
            }
        }
    }
}

/// What files begin with that hold data in another way.
fn packed(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 7] = [
        (b"\x1f\x8b", "it is packed with gzip: unpack it first (`gunzip FILE`)"),
        (b"PK\x03\x04", "it is a zip archive or a spreadsheet under another name: unpack it, or name it .xlsx"),
        (b"BZh", "it is packed with bzip2: unpack it first (`bunzip2 FILE`)"),
        (b"\xfd7zXZ", "it is packed with xz: unpack it first (`unxz FILE`)"),
        (b"\x28\xb5\x2f\xfd", "it is packed with zstd: unpack it first (`unzstd FILE`)"),
        (b"PAR1", "it is Parquet under another name: name it .parquet"),
        (b"\x89HDF", "it is HDF5: write it as CSV or Parquet"),
    ];
    KINDS.into_iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, what)| what)
}
