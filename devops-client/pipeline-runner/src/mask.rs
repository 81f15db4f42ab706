//! Secrets in logs.

use std::sync::{Arc, Mutex, PoisonError};

/// Texts that no log shows. Clones are the same mask.
#[derive(Clone, Default)]
pub(crate) struct Mask(Arc<Mutex<Vec<String>>>);

// Invariant: a secret is in no log of a run (test: secrets_are_hidden_and_reach_only_the_steps_that_map_them).
impl Mask {
    /// Hides a text, and each of its lines.
    pub fn add(&self, secret: &str) {
        let mut hidden = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for part in std::iter::once(secret).chain(secret.lines()).map(str::trim) {
            if !part.is_empty() && !hidden.iter().any(|known| known == part) {
                hidden.push(part.to_owned());
            }
        }
        // the longest first, so that one that holds another goes whole
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
    }

    /// A line without secrets.
    pub fn hide(&self, line: &str) -> String {
        let hidden = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.iter().fold(line.to_owned(), |line, secret| match line.contains(secret.as_str()) {
            true => line.replace(secret.as_str(), "***"),
            false => line,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Mask;

    #[test]
    fn secrets_and_each_of_their_lines_are_hidden() {
        let mask = Mask::default();
        mask.add("abc");
        mask.add("abcdef\nline two");
        assert_eq!(mask.hide("x abcdef abc"), "x *** ***");
        assert_eq!(mask.hide("line two!"), "***!");
        mask.add("");
        assert_eq!(mask.hide("plain"), "plain");
    }
}
