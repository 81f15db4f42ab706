//! Keys shared with the callers.

use std::fmt;

use subtle::{Choice, ConstantTimeEq};

/// The shortest accepted key, in bytes.
pub const SHORTEST: usize = 16;

/// Accepted keys. They have no text form: neither `Debug` nor an error shows them.
#[derive(Default, Clone)]
pub struct Keys(Vec<[u8; 32]>);

/// Why a list of keys is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A key is so short that it can be guessed.
    #[error("the key in line {line} has {length} bytes, expected at least {SHORTEST}; make a longer one")]
    Short {
        /// Line of the file, from 1.
        line: usize,
        /// Length of the key.
        length: usize,
    },
    /// There is no key.
    #[error("there is no key; write one per line")]
    Empty,
}

impl Keys {
    /// Reads keys, one per line; white space around them and empty lines are ignored.
    ///
    /// # Errors
    /// No key, or one that is too short.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for (at, key) in text.lines().map(str::trim).enumerate().filter(|(_, key)| !key.is_empty()) {
            if key.len() < SHORTEST {
                return Err(KeyError::Short { line: at + 1, length: key.len() });
            }
            keys.push(digest(key.as_bytes()));
        }
        if keys.is_empty() { Err(KeyError::Empty) } else { Ok(Self(keys)) }
    }

    /// These keys and the others.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Whether `candidate` is one of the keys. The time taken tells nothing about them: digests of equal length are compared, all of them.
    pub fn accept(&self, candidate: &[u8]) -> bool {
        let candidate = digest(candidate);
        let found = self.0.iter().fold(Choice::from(0), |found, key| found | key.ct_eq(&candidate));
        bool::from(found)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Keys({} hidden)", self.0.len())
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_missing_keys_are_refused() {
        assert_eq!(Keys::parse("\n \n").unwrap_err(), KeyError::Empty);
        assert_eq!(Keys::parse("\nshort\n").unwrap_err(), KeyError::Short { line: 2, length: 5 });
    }

    #[test]
    fn keys_are_not_shown() {
        let keys = Keys::parse("a-long-enough-key-1").unwrap();
        assert_eq!(format!("{keys:?}"), "Keys(1 hidden)");
    }
}
