//! Versions: two to four numbers, of which a literal has three or four.

use std::fmt;

/// A version such as `1.2.3`; `1.2.3` is less than `1.2.3.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(Vec<u32>);

impl Version {
    /// A text as a version: two to four numbers, each at most 2147483647.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Option<Vec<u32>> = text.trim().split('.').map(number).collect();
        parts.filter(|parts| (2..=4).contains(&parts.len())).map(Self)
    }

    /// How many numbers it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: a version has at least two numbers.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|number| *number <= i32::MAX as u32)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&parts.join("."))
    }
}
