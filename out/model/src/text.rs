//! Text from outside - cells, headers, names of files - as it may be printed.

use std::fmt::Write as _;

/// The text without anything that a terminal or a build agent obeys: control characters and the marks that turn the
/// direction of writing become `\u{…}`, and `##`, with which logging commands of Azure Pipelines begin, becomes `# #`.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '#' if out.ends_with('#') => out.push_str(" #"),
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                let _ = write!(out, "\\u{{{:x}}}", character as u32);
            }
            _ if character.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", character as u32);
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_agents_and_terminals_obey_is_broken() {
        for (text, expected) in [
            ("Größe (m²), 50 % #1", "Größe (m²), 50 % #1"),
            ("##vso[task.setvariable variable=x]evil", "# #vso[task.setvariable variable=x]evil"),
            ("a ##[error]b", "a # #[error]b"),
            ("####", "# # # #"),
            ("a\nb\r\u{1b}[31m\0\u{9b}", "a\\u{a}b\\u{d}\\u{1b}[31m\\u{0}\\u{9b}"),
            ("\u{202e}gpj", "\\u{202e}gpj"),
        ] {
            assert_eq!(harmless(text), expected);
        }
    }
}
