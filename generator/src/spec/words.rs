//! Numbers in sentences.

/// So many of a thing whose plural ends in `s`: `1 file`, `3 files`.
pub fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// The form of a verb that goes with so many: `verb_of(1, "is", "are")` is `is`.
pub fn verb_of<'w>(count: usize, one: &'w str, more: &'w str) -> &'w str {
    if count == 1 { one } else { more }
}

/// So many of a thing that are something: `1 file is`, `3 files are`.
pub fn are(count: usize, one: &str) -> String {
    format!("{} {}", counted(count, one), verb_of(count, "is", "are"))
}

#[cfg(test)]
mod tests {
    use super::{are, counted, verb_of};

    #[test]
    fn one_thing_is_and_other_numbers_of_things_are() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "file")), ["0 files", "1 file", "2 files"]);
        assert_eq!([0, 1, 2].map(|count| are(count, "file")), ["0 files are", "1 file is", "2 files are"]);
        assert_eq!([0, 1, 2].map(|count| verb_of(count, "is", "are")), ["are", "is", "are"]);
    }
}
