//! Free text, made safe for every output language by refusing what cannot be escaped.
//!
//! Azure Pipelines evaluates `${{ }}`, `$( )`, `$[ ]` and logging commands inside quoted scalars too, so quoting
//! does not neutralise them (Microsoft Learn, "Expressions" and "Logging commands").

use std::fmt;

/// Free text of a person: no control characters, no Azure Pipelines expression, no logging command.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

impl Text {
    /// Accepts `text` unless Azure Pipelines would execute a part of it.
    ///
    /// # Errors
    /// What is in it that cannot be kept, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        match hazard(text) {
            Some(why) => Err(why),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Invariant: what Azure Pipelines would evaluate is refused in every field
// (test: what_azure_pipelines_would_evaluate_is_refused_in_every_field).
/// Why `text` cannot be carried through Azure Pipelines and YAML unharmed, or `None` if it can.
pub fn hazard(text: &str) -> Option<String> {
    const EXPRESSIONS: [(&str, &str); 5] = [
        ("${{", "a compile-time expression of Azure Pipelines"),
        ("$(", "a macro expression of Azure Pipelines"),
        ("$[", "a runtime expression of Azure Pipelines"),
        ("##vso[", "a logging command of Azure Pipelines"),
        ("##[", "a formatting command of Azure Pipelines"),
    ];
    let folded = text.to_ascii_lowercase();
    for (sign, what) in EXPRESSIONS {
        if folded.contains(sign) {
            return Some(format!("`{sign}` starts {what}, which is evaluated even inside quotes"));
        }
    }
    let bad = text.chars().find(|c| unprintable(*c))?;
    Some(match bad {
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
            "this is one line of text, and a line break is in it (in YAML, `>-` joins lines and `|` keeps them)"
                .to_owned()
        }
        '\t' => "a tab cannot be kept: write spaces".to_owned(),
        c if c.is_control() => format!("the control character U+{:04X} cannot be kept", u32::from(c)),
        c => format!(
            "the invisible character U+{:04X} cannot be kept: it changes how the text around it is read",
            u32::from(c)
        ),
    })
}

/// Whether `c` is a character that YAML cannot hold as it stands (YAML 1.2.2, chapter 5.1), or that makes text look like
/// another text: controls, line separators, byte order marks, direction marks (Unicode Technical Report 36).
pub fn unprintable(c: char) -> bool {
    let directions =
        matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    c.is_control() || directions || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}
