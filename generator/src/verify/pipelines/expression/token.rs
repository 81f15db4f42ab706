//! The words of an expression.

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// `'it''s'`, without its quotes.
    String(String),
    /// `-1.5`, `0x1F`.
    Number(f64),
    /// `1.2.3`: more than one full stop.
    Version(String),
    /// `parameters`, `eq`, `true`.
    Word(String),
    /// One of `( ) [ ] . , *`.
    Mark(char),
}

/// Splits `text` into words.
///
/// # Errors
/// What cannot be a word, as a phrase.
pub fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => string(rest)?,
            '(' | ')' | '[' | ']' | ',' | '*' => (Token::Mark(first), 1),
            '.' if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) || ends_value(&found) => (Token::Mark('.'), 1),
            '0'..='9' | '-' | '+' | '.' => number(rest)?,
            c if c.is_ascii_alphabetic() || c == '_' => word(rest),
            c => return Err(format!("unexpected {c:?} in expression `{}`", text.trim())),
        };
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

/// Whether a full stop after these words looks into what they name.
fn ends_value(found: &[Token]) -> bool {
    matches!(found.last(), Some(Token::Word(_) | Token::Mark(')' | ']' | '*')))
}

fn string(text: &str) -> Result<(Token, usize), String> {
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
    Err(format!("the string {text} is not closed"))
}

fn number(text: &str) -> Result<(Token, usize), String> {
    let length = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_alphanumeric() || *c == '.' || (*at == 0 && "+-".contains(*c))))
        .map_or(text.len(), |(at, _)| at);
    let word = &text[..length];
    let hexadecimal = word.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok()).map(f64::from);
    let decimal = || word.parse::<f64>().ok().filter(|n| n.is_finite());
    if let Some(number) = hexadecimal.or_else(decimal) {
        return Ok((Token::Number(number), length));
    }
    let version = word.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if version { Ok((Token::Version(word.to_owned()), length)) } else { Err(format!("`{word}` is no number")) }
}

fn word(text: &str) -> (Token, usize) {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let length = text.find(|c| !good(c)).unwrap_or(text.len());
    (Token::Word(text[..length].to_owned()), length)
}
