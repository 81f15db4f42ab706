//! The words of an expression.

use super::ExpressionError;
use crate::number::Number;
use crate::version::Version;

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `'it''s'`, without its quotes.
    String(String),
    /// `-1.5`.
    Number(Number),
    /// `1.2.3`.
    Version(Version),
    /// `parameters`, `eq`, `true`.
    Word(String),
    /// One of `( ) [ ] . , *`.
    Mark(char),
}

/// Splits `text` into words.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => string(rest)?,
            '(' | ')' | '[' | ']' | ',' | '*' => (Token::Mark(first), 1),
            '.' if looks_into(&found) || !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => (Token::Mark('.'), 1),
            '0'..='9' | '-' | '.' => number(rest, text)?,
            c if c.is_ascii_alphabetic() || c == '_' => word(rest),
            c => return Err(ExpressionError::new(format!("unexpected {c:?} in expression `{}`", text.trim()))),
        };
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

/// Whether a full stop after these words looks into what they name.
fn looks_into(found: &[Token]) -> bool {
    matches!(found.last(), Some(Token::Word(_) | Token::Mark(')' | ']' | '*')))
}

fn string(text: &str) -> Result<(Token, usize), ExpressionError> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            value.push(c);
        } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
            value.push('\'');
        } else {
            return Ok((Token::String(value), at + 1));
        }
    }
    Err(ExpressionError::new(format!("the string {text} is not closed")))
}

fn number(text: &str, whole: &str) -> Result<(Token, usize), ExpressionError> {
    let belongs = |at: usize, c: char| c.is_ascii_alphanumeric() || "._".contains(c) || (at == 0 && c == '-');
    let length = text.char_indices().find(|(at, c)| !belongs(*at, *c)).map_or(text.len(), |(at, _)| at);
    let word = &text[..length];
    if let Some(number) = Number::parse(word) {
        return Ok((Token::Number(number), length));
    }
    // A literal has two or three full stops; a text that is compared with one may have a single one.
    match Version::parse(word).filter(|version| version.len() > 2) {
        Some(version) => Ok((Token::Version(version), length)),
        None => Err(ExpressionError::new(format!(
            "`{word}` is neither a number nor a version, in expression `{}`",
            whole.trim()
        ))),
    }
}

fn word(text: &str) -> (Token, usize) {
    // The page allows no hyphen, but names of parameters have them, and the service reads them.
    let length = text.find(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c))).unwrap_or(text.len());
    (Token::Word(text[..length].to_owned()), length)
}
