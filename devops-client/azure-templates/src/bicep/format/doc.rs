//! What is printed: texts, and line breaks that are taken where a group does not fit into its line.

/// Columns of a line.
const WIDTH: usize = 120;

/// A piece of what is printed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Doc {
    /// Text as it stands.
    Text(String),
    /// A comment at the end of a line: it takes no room.
    Suffix(String),
    /// A line break, or this text where the group around it fits into its line.
    Line(&'static str),
    /// A line break in any case. Between two others it is an empty line.
    Hard,
    /// The end of a line of the source: it prints nothing, but two of them are an empty line.
    Soft,
    /// Text that is only there in a group that is broken.
    Broken(&'static str),
    /// One after the other.
    Glue(Vec<Doc>),
    /// One line deeper, from the next line break on.
    Indent(Vec<Doc>),
    /// In one line if that fits.
    Group(Vec<Doc>),
    /// The last argument of a call, over several lines: the call is in one line if this starts in it.
    Tail(Vec<Doc>),
}

impl Doc {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Whether a comment that takes the rest of its line ends this.
    pub(super) fn has_suffix(&self) -> bool {
        match self {
            Self::Suffix(_) => true,
            Self::Glue(docs) | Self::Indent(docs) | Self::Group(docs) | Self::Tail(docs) => {
                docs.last().is_some_and(Self::has_suffix)
            }
            _ => false,
        }
    }

    pub(super) fn is_line(&self) -> bool {
        matches!(self, Self::Line(_) | Self::Hard | Self::Soft)
    }

    /// This, followed by `mark`: in front of a comment that ends the line.
    pub(super) fn followed_by(self, mark: &str) -> Self {
        let within = |mut docs: Vec<Self>| {
            let last = docs.pop().map(|last| last.followed_by(mark));
            docs.extend(last);
            docs
        };
        match self {
            Self::Suffix(_) => Self::Glue(vec![Self::text(mark), self]),
            Self::Glue(docs) if docs.last().is_some_and(Self::has_suffix) => Self::Glue(within(docs)),
            Self::Indent(docs) if docs.last().is_some_and(Self::has_suffix) => Self::Indent(within(docs)),
            Self::Group(docs) if docs.last().is_some_and(Self::has_suffix) => Self::Group(within(docs)),
            other => Self::Glue(vec![other, Self::text(mark)]),
        }
    }
}

/// `docs` with `separator` between them, but not after an empty line.
pub(super) fn separated(docs: Vec<Doc>, separator: &Doc) -> Vec<Doc> {
    let mut out: Vec<Doc> = Vec::with_capacity(docs.len() * 2);
    for doc in docs {
        if out.last().is_some_and(|last| *last != Doc::Hard) {
            out.push(separator.clone());
        }
        out.push(doc);
    }
    out
}

/// `docs` with a space between them.
pub(super) fn spread(docs: Vec<Doc>) -> Doc {
    Doc::Glue(separated(docs, &Doc::text(" ")))
}

/// `docs` without line breaks at both ends, and with one empty line for any number of them.
pub(super) fn collapsed(docs: Vec<Doc>) -> Vec<Doc> {
    let mut out: Vec<Doc> = Vec::with_capacity(docs.len());
    let mut soft = false;
    for doc in docs {
        let ends = doc == Doc::Soft;
        if doc == Doc::Hard || ends && soft {
            if out.last().is_some_and(|last| *last != Doc::Hard) {
                out.push(Doc::Hard);
            }
        } else if !ends {
            out.push(doc);
        }
        soft = ends;
    }
    if out.last() == Some(&Doc::Hard) {
        out.pop();
    }
    out
}

/// The text of `docs`, with a line break at its end.
pub(super) fn print(docs: &[Doc]) -> String {
    let mut printer = Printer::default();
    printer.all(0, docs);
    printer.out.push('\n');
    printer.out
}

#[derive(Default)]
struct Printer {
    out: String,
    /// Blanks that are written when something follows them in the line.
    blanks: usize,
    column: usize,
}

/// What a group is in one line.
enum Flat<'a> {
    Text(&'a str),
    Suffix(&'a str),
    Tail(&'a [Doc]),
}

impl Printer {
    fn all(&mut self, level: usize, docs: &[Doc]) {
        docs.iter().for_each(|doc| self.one(level, doc));
    }

    fn one(&mut self, level: usize, doc: &Doc) {
        match doc {
            Doc::Text(text) => self.text(text),
            Doc::Suffix(text) => self.write(text),
            Doc::Broken(text) => self.text(text),
            Doc::Soft => {}
            Doc::Line(_) | Doc::Hard => {
                self.out.push('\n');
                self.blanks = 2 * level;
                self.column = 2 * level;
            }
            Doc::Glue(docs) | Doc::Tail(docs) => self.all(level, docs),
            Doc::Indent(docs) => self.all(level + 1, docs),
            Doc::Group(docs) => {
                let mut flat = Vec::new();
                let mut room = WIDTH.checked_sub(self.column);
                if flatten(docs, &mut flat, &mut room) {
                    for piece in flat {
                        match piece {
                            Flat::Text(text) => self.text(text),
                            Flat::Suffix(text) => self.write(text),
                            Flat::Tail(docs) => self.all(level, docs),
                        }
                    }
                } else {
                    self.all(level, docs);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        if text.bytes().all(|byte| byte == b' ') {
            self.blanks += text.len();
        } else {
            self.write(text);
        }
        self.column += width(text);
    }

    fn write(&mut self, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', self.blanks));
        self.blanks = 0;
        self.out.push_str(text);
    }
}

/// As the compiler counts: UTF-16 units.
fn width(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The pieces of `docs` in one line; `false` where they need more than `room`, which is nothing once it does not count.
fn flatten<'a>(docs: &'a [Doc], out: &mut Vec<Flat<'a>>, room: &mut Option<usize>) -> bool {
    for doc in docs {
        let (piece, needs) = match doc {
            Doc::Text(text) => (Flat::Text(text), width(text)),
            Doc::Line(text) => (Flat::Text(text), width(text)),
            Doc::Suffix(text) => (Flat::Suffix(text), 0),
            Doc::Tail(docs) => (Flat::Tail(docs), 1),
            Doc::Broken(_) | Doc::Soft => continue,
            Doc::Hard => return false,
            Doc::Glue(docs) | Doc::Indent(docs) | Doc::Group(docs) => {
                if !flatten(docs, out, room) {
                    return false;
                }
                continue;
            }
        };
        let Some(left) = room.and_then(|room| room.checked_sub(needs)) else {
            return false;
        };
        // What follows a tail starts on the line that the tail ends on.
        *room = Some(if matches!(piece, Flat::Tail(_)) { usize::MAX } else { left });
        out.push(piece);
    }
    true
}
