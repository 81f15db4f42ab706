//! Words of a shell, for advice that people copy into one.

use std::borrow::Cow;
use std::fmt::Display;

/// `text` as one word of a POSIX shell: as it is where it needs no quotes, and in single ones where it does.
pub fn word(text: &impl Display) -> Cow<'static, str> {
    let text = text.to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./@:=+,%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', "'\\''")).into()
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn only_what_a_shell_would_take_apart_is_quoted() {
        assert_eq!(word(&"variable-group/settings"), "variable-group/settings");
        assert_eq!(word(&"environment/Maße & Gewichte"), "'environment/Maße & Gewichte'");
        assert_eq!(word(&"pipeline/the team's"), r"'pipeline/the team'\''s'");
        assert_eq!(word(&""), "''");
    }
}
