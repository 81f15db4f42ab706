//! From text to tokens.

use super::token::{StrPart, Token, TokenKind};
use super::{Place, Problem};

/// Longest first, so that `==` is not read as two `=`.
const MARKS: [&str; 40] = [
    "...", "==", "!=", "=~", "!~", "<=", ">=", "&&", "||", "??", "=>", "::", ".?", "[?", "{", "}", "[", "]", "(", ")",
    "=", ":", ",", ".", "?", "@", "!", "<", ">", "+", "-", "*", "/", "%", "|", "^", ";", "&", "~", "#",
];

/// How deep expressions may nest inside strings: a bound on recursion, far above what a person writes.
const MAX_DEPTH: usize = 40;

/// The tokens of `text`, the last one [`TokenKind::End`].
///
/// # Errors
/// The first character, number or string that Bicep does not know.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut lexer = Lexer { rest: text.strip_prefix('\u{feff}').unwrap_or(text), here: Place::START };
    let tokens = lexer.run(false, 0)?;
    Ok(tokens)
}

struct Lexer<'a> {
    rest: &'a str,
    here: Place,
}

impl Lexer<'_> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, Problem> {
        Err(Problem::unsupported(self.here, message))
    }

    fn skip(&mut self, bytes: usize) {
        let (gone, rest) = self.rest.split_at(bytes);
        match gone.rsplit_once('\n') {
            Some((before, last)) => {
                self.here.line += 1 + before.bytes().filter(|byte| *byte == b'\n').count();
                self.here.column = 1 + last.chars().count();
            }
            None => self.here.column += gone.chars().count(),
        }
        self.rest = rest;
    }

    /// Reads to the end of the file or, within a string, to the `}` that closes the interpolation.
    fn run(&mut self, in_string: bool, depth: usize) -> Result<Vec<Token>, Problem> {
        if depth > MAX_DEPTH {
            return self.fail(format!("strings are nested more than {MAX_DEPTH} deep"));
        }
        let mut tokens: Vec<Token> = Vec::new();
        let mut braces = 0_usize;
        loop {
            self.blanks()?;
            let at = self.here;
            let Some(first) = self.rest.chars().next() else {
                if in_string {
                    return self.fail("an interpolation `${` is not closed");
                }
                tokens.push(Token { kind: TokenKind::NewLine, at });
                tokens.push(Token { kind: TokenKind::End, at });
                return Ok(tokens);
            };
            let kind = match first {
                '\n' | '\r' => {
                    self.skip(1);
                    if matches!(tokens.last(), Some(Token { kind: TokenKind::NewLine, .. })) {
                        continue;
                    }
                    TokenKind::NewLine
                }
                '\'' => self.string(depth)?,
                '$' if self.rest.starts_with("$'''") => self.interpolated_lines(depth)?,
                c if c.is_ascii_digit() => self.number()?,
                c if c.is_ascii_alphabetic() || c == '_' => {
                    let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                    let name = self.rest[..end.unwrap_or(self.rest.len())].to_owned();
                    self.skip(name.len());
                    TokenKind::Name(name)
                }
                _ => {
                    let Some(mark) =
                        MARKS.iter().copied().find(|mark| self.rest.as_bytes().starts_with(mark.as_bytes()))
                    else {
                        return self.fail(format!("{first:?} starts no token of Bicep"));
                    };
                    // `a[?b]` is a safe access, `c ? [..]` never puts the two next to each other
                    self.skip(mark.len());
                    match mark {
                        "{" => braces += 1,
                        "}" if braces == 0 && in_string => {
                            tokens.push(Token { kind: TokenKind::End, at });
                            return Ok(tokens);
                        }
                        "}" => braces = braces.saturating_sub(1),
                        _ => {}
                    }
                    TokenKind::Mark(mark)
                }
            };
            tokens.push(Token { kind, at });
        }
    }

    /// Skips spaces, comments and directives, but not line breaks.
    fn blanks(&mut self) -> Result<(), Problem> {
        loop {
            let spaces = self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len();
            self.skip(spaces);
            if self.rest.starts_with("//") || self.rest.starts_with("#disable") || self.rest.starts_with("#restore") {
                let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
                self.skip(end);
            } else if self.rest.starts_with("/*") {
                match self.rest.find("*/") {
                    Some(end) => self.skip(end + 2),
                    None => return self.fail("a comment `/*` is not closed"),
                }
            } else {
                return Ok(());
            }
        }
    }

    fn number(&mut self) -> Result<TokenKind, Problem> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let digits = &self.rest[..end];
        match digits.parse() {
            Ok(number) => {
                self.skip(end);
                Ok(TokenKind::Int(number))
            }
            Err(_) => self.fail(format!("`{digits}` does not fit into 64 bits")),
        }
    }

    /// `'text ${code}'` or `'''lines'''`.
    fn string(&mut self, depth: usize) -> Result<TokenKind, Problem> {
        if self.rest.starts_with("'''") {
            return self.lines();
        }
        self.skip(1);
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let Some(c) = self.rest.chars().next() else {
                return self.fail("a string is not closed");
            };
            match c {
                '\'' => {
                    self.skip(1);
                    break;
                }
                '\n' | '\r' => return self.fail("a string is not closed before the end of its line"),
                '\\' => text.push(self.escape()?),
                '$' if self.rest.starts_with("${") => {
                    self.skip(2);
                    parts.push(StrPart::Text(std::mem::take(&mut text)));
                    parts.push(StrPart::Code(self.run(true, depth + 1)?));
                }
                '$' => self.text(&mut text, 1),
                _ => {
                    let end = self.rest.find(['\'', '\n', '\r', '\\', '$']).unwrap_or(self.rest.len());
                    self.text(&mut text, end);
                }
            }
        }
        parts.push(StrPart::Text(text));
        Ok(TokenKind::Str(parts))
    }

    /// Takes `bytes` as they stand.
    fn text(&mut self, text: &mut String, bytes: usize) {
        text.push_str(&self.rest[..bytes]);
        self.skip(bytes);
    }

    fn escape(&mut self) -> Result<char, Problem> {
        let mut chars = self.rest.chars();
        chars.next();
        let (c, length) = match chars.next() {
            Some('n') => ('\n', 2),
            Some('r') => ('\r', 2),
            Some('t') => ('\t', 2),
            Some(c @ ('\\' | '\'' | '$')) => (c, 2),
            Some('u') => {
                let code = self.rest.strip_prefix("\\u{").and_then(|r| r.split_once('}')).map(|(code, _)| code);
                let parsed = code.and_then(|c| u32::from_str_radix(c, 16).ok()).and_then(char::from_u32);
                match (code, parsed) {
                    (Some(code), Some(c)) => (c, code.len() + 4),
                    _ => return self.fail("a Unicode escape has the form \\u{1f600}"),
                }
            }
            _ => return self.fail("Bicep knows the escapes \\n \\r \\t \\\\ \\' \\$ and \\u{…}"),
        };
        self.skip(length);
        Ok(c)
    }

    /// `'''…'''`: no escapes, no interpolation; a line break right after the quotes does not count.
    fn lines(&mut self) -> Result<TokenKind, Problem> {
        self.skip(3);
        let Some(mut end) = self.rest.find("'''") else {
            return self.fail("a string ''' is not closed");
        };
        // Further quotes before the closing ones belong to the text.
        while self.rest[end + 3..].starts_with('\'') {
            end += 1;
        }
        let text = self.rest[..end].to_owned();
        self.skip(end + 3);
        let text = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(&text);
        Ok(TokenKind::Str(vec![StrPart::Text(text.to_owned())]))
    }

    /// `$'''… ${code} …'''`.
    fn interpolated_lines(&mut self, depth: usize) -> Result<TokenKind, Problem> {
        self.skip(4);
        let after_break = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix('\n'));
        if let Some(after_break) = after_break {
            self.skip(self.rest.len() - after_break.len());
        }
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let Some(c) = self.rest.chars().next() else {
                return self.fail("a string ''' is not closed");
            };
            if self.rest.starts_with("'''") && !self.rest[3..].starts_with('\'') {
                self.skip(3);
                break;
            }
            if self.rest.starts_with("${") {
                self.skip(2);
                parts.push(StrPart::Text(std::mem::take(&mut text)));
                parts.push(StrPart::Code(self.run(true, depth + 1)?));
            } else {
                text.push(c);
                self.skip(c.len_utf8());
            }
        }
        parts.push(StrPart::Text(text));
        Ok(TokenKind::Str(parts))
    }
}
