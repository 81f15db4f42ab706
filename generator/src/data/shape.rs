//! Records of a text file: cut by a delimiter, by the rules of the CSV library that training uses.

use csv::StringRecord;

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// One that the data contract knows: a comma, a semicolon, a tab or a bar.
    Char(char),
    /// Any number of spaces or tabs, which no runtime reads.
    Spaces,
}

impl Delimiter {
    /// The byte by which text is cut that [`flattened`] has gone over.
    fn byte(self) -> u8 {
        match self {
            Self::Char(c) => u8::try_from(c).unwrap_or(b','),
            Self::Spaces => b'\t',
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Char(';') => "`;`",
            Self::Char('\t') => "tab",
            Self::Char('|') => "`|`",
            Self::Char(_) => "`,`",
            Self::Spaces => "spaces",
        }
    }
}

/// The records of a text, at most so many. Blank lines are none.
pub fn records(text: &str, delimiter: Delimiter, limit: usize) -> Vec<StringRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .from_reader(text.as_bytes());
    // Text of any width, already decoded, has nothing to fail on.
    reader.records().map_while(Result::ok).take(limit).collect()
}

/// Text without the spaces behind delimiters and, where spaces are the delimiter, with one tab for each run of them. Inside of
/// quotation marks everything stays.
pub fn flattened(text: &str, delimiter: Delimiter) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut quoted, mut beginning) = (false, true);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if quoted {
            out.push(c);
            quoted = c != '"' || chars.peek() == Some(&'"') && chars.next().is_some_and(|mark| push(&mut out, mark));
            continue;
        }
        match c {
            '"' if beginning => {
                quoted = true;
                beginning = false;
                out.push(c);
            }
            ' ' | '\t' if beginning && (c == ' ' || delimiter == Delimiter::Spaces) => {}
            ' ' | '\t' if delimiter == Delimiter::Spaces => {
                while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
                if !matches!(chars.peek(), None | Some('\n' | '\r')) {
                    out.push('\t');
                }
                beginning = true;
            }
            c => {
                out.push(c);
                beginning = matches!(c, '\n' | '\r') || delimiter == Delimiter::Char(c);
            }
        }
    }
    out
}

fn push(out: &mut String, c: char) -> bool {
    out.push(c);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_behind_delimiters_and_between_cells_go_and_those_in_quotes_stay() {
        let comma = Delimiter::Char(',');
        assert_eq!(flattened("a, b,  \"c, d\" \n e, f\n", comma), "a,b,\"c, d\" \ne,f\n");
        assert_eq!(flattened("  1.0   2\t3 \n 4 5  \"x  y\"\n", Delimiter::Spaces), "1.0\t2\t3\n4\t5\t\"x  y\"\n");
        assert_eq!(flattened("a, \"x \"\" , y\", b", comma), "a,\"x \"\" , y\",b");
    }
}
