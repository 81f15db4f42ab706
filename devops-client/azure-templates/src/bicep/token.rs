//! Tokens of Bicep.

use crate::Place;

/// A token and where it starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) at: Place,
    /// Its bytes in the text.
    pub(super) span: std::ops::Range<usize>,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A name or keyword: Bicep's keywords are contextual, but for `true`, `false` and `null`.
    Name(String),
    /// A whole number without a sign; Bicep has no others.
    Int(u64),
    /// A string with its interpolated expressions.
    Str(Vec<StrPart>),
    /// An operator or bracket.
    Mark(&'static str),
    /// One or more line breaks: they separate declarations, properties and items.
    NewLine,
    /// End of the file.
    End,
}

/// A piece of a string literal.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StrPart {
    /// Text, escapes resolved.
    Text(String),
    /// Tokens of an interpolated expression.
    Code(Vec<Token>),
}

impl TokenKind {
    /// The token in a message.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Name(name) => format!("`{name}`"),
            Self::Int(number) => format!("`{number}`"),
            Self::Str(_) => "a string".to_owned(),
            Self::Mark(mark) => format!("`{mark}`"),
            Self::NewLine => "the end of the line".to_owned(),
            Self::End => "the end of the file".to_owned(),
        }
    }

    /// Whether this is a name, and none of the words that never are.
    pub(super) fn is_name(&self) -> bool {
        matches!(self, Self::Name(name) if !matches!(name.as_str(), "true" | "false" | "null"))
    }
}
