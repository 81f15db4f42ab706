//! What was read of a file: all of it, or its beginning and stretches from its middle and its end.

/// A stretch of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins, in bytes.
    pub at: u64,
    /// What stands there.
    pub bytes: Vec<u8>,
}

/// What was read of a text file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Size of the file, in bytes.
    pub size: u64,
    /// The beginning first; the other stretches begin and end anywhere.
    pub pieces: Vec<Piece>,
}

impl Sample {
    /// A file that was read whole.
    pub fn whole(bytes: Vec<u8>) -> Self {
        Self { size: bytes.len() as u64, pieces: vec![Piece { at: 0, bytes }] }
    }

    /// Whether the file was read whole.
    pub fn is_whole(&self) -> bool {
        self.pieces.iter().map(|piece| piece.bytes.len() as u64).sum::<u64>() >= self.size
    }
}

/// How many rows the data have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// So many.
    Exactly(u64),
    /// So many, by the length of those that were read.
    About(u64),
}

impl Rows {
    /// The number.
    pub fn count(self) -> u64 {
        match self {
            Self::Exactly(count) | Self::About(count) => count,
        }
    }

    /// Of two files.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = self.count() + other.count();
        match (self, other) {
            (Self::Exactly(_), Self::Exactly(_)) => Self::Exactly(sum),
            _ => Self::About(sum),
        }
    }

    /// In words: `600 rows`, `about 1,200,000 rows`.
    pub fn words(self) -> String {
        let rows = if self.count() == 1 { "row" } else { "rows" };
        match self {
            Self::Exactly(count) => format!("{} {rows}", grouped(count)),
            Self::About(count) => format!("about {} {rows}", grouped(rounded(count))),
        }
    }
}

/// Three figures are enough for what is an estimate.
fn rounded(count: u64) -> u64 {
    let unit = 10_u64.pow(count.checked_ilog10().unwrap_or(0).saturating_sub(2));
    (count + unit / 2) / unit * unit
}

/// A number with commas between groups of three digits.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
