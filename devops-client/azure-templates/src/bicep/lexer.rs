//! From text to tokens.

use super::token::{StrPart, Token, TokenKind};
use crate::{Place, Problem};

/// Longest first, so that `==` is not read as two `=`.
const MARKS: [&str; 35] = [
    "...", "==", "!=", "=~", "!~", "<=", ">=", "&&", "||", "??", "=>", "::", "{", "}", "[", "]", "(", ")", "=", ":",
    ",", ".", "?", "@", "!", "<", ">", "+", "-", "*", "/", "%", "|", "^", "&",
];

/// Directives: comments that the compiler reads.
pub(super) const DIRECTIVES: [&str; 3] = ["#disable-next-line", "#disable-diagnostics", "#restore-diagnostics"];

/// How deep expressions may nest inside strings: a bound on recursion, far above what a person writes.
const MAX_DEPTH: usize = 40;

/// The tokens of `text`, the last one [`TokenKind::End`].
///
/// # Errors
/// The first character, number or string that Bicep does not know.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut lexer = Lexer {
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        bytes: text.len(),
        here: Place::START,
        line_is_empty: true,
    };
    lexer.run(false, 0)
}

struct Lexer<'a> {
    rest: &'a str,
    /// Of the whole text.
    bytes: usize,
    here: Place,
    /// Nothing but blanks so far on this line.
    line_is_empty: bool,
}

impl Lexer<'_> {
    fn fail<T>(&self, code: &'static str, message: impl Into<String>) -> Result<T, Problem> {
        Err(Problem::new(self.here, code, message))
    }

    /// Where the lexer is, in bytes of the whole text.
    fn offset(&self) -> usize {
        self.bytes - self.rest.len()
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
            return self.fail("", format!("strings are nested more than {MAX_DEPTH} deep"));
        }
        let mut tokens: Vec<Token> = Vec::new();
        let mut braces = 0_usize;
        loop {
            self.blanks()?;
            let (at, start) = (self.here, self.offset());
            let Some(first) = self.rest.chars().next() else {
                if in_string {
                    return self.fail("BCP003", "an interpolation `${` is not closed");
                }
                tokens.push(Token { kind: TokenKind::End, at, span: start..start });
                return Ok(tokens);
            };
            let kind = match first {
                '\n' | '\r' => {
                    if in_string {
                        return self.fail("BCP004", "an interpolation `${` is not closed before the end of its line");
                    }
                    self.line_is_empty = true;
                    self.skip(1);
                    if matches!(tokens.last(), Some(Token { kind: TokenKind::NewLine, .. })) {
                        continue;
                    }
                    TokenKind::NewLine
                }
                '\'' => self.string(depth)?,
                '$' if self.rest.trim_start_matches('$').starts_with("'''") => {
                    let dollars = self.rest.len() - self.rest.trim_start_matches('$').len();
                    self.skip(dollars);
                    self.lines(dollars, depth)?
                }
                '"' => return self.fail("BCP103", "a string stands in single quotes, not in double ones"),
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
                        let code = if first == ';' { "BCP019" } else { "BCP001" };
                        return self.fail(code, format!("{first:?} starts no token of Bicep"));
                    };
                    self.skip(mark.len());
                    match mark {
                        "{" => braces += 1,
                        "}" if braces == 0 && in_string => {
                            tokens.push(Token { kind: TokenKind::End, at, span: start..start });
                            return Ok(tokens);
                        }
                        "}" => braces = braces.saturating_sub(1),
                        _ => {}
                    }
                    TokenKind::Mark(mark)
                }
            };
            self.line_is_empty &= kind == TokenKind::NewLine;
            tokens.push(Token { kind, at, span: start..self.offset() });
        }
    }

    /// Skips spaces, comments and directives, but not line breaks.
    fn blanks(&mut self) -> Result<(), Problem> {
        loop {
            let spaces = self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len();
            self.skip(spaces);
            if self.rest.starts_with("//") || self.line_is_empty && self.rest.starts_with('#') {
                let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
                let line = &self.rest[..end];
                if line.starts_with('#') {
                    let codes = DIRECTIVES.iter().find_map(|directive| line.strip_prefix(directive));
                    match codes.and_then(|codes| codes.split("//").next()) {
                        Some(codes) if codes.trim().is_empty() => {
                            return self.fail("BCP226", "a directive names the codes that it is for");
                        }
                        Some(codes) if codes.starts_with([' ', '\t']) => {}
                        _ => return Ok(()),
                    }
                }
                self.skip(end);
            } else if self.rest.starts_with("/*") {
                match self.rest[2..].find("*/") {
                    Some(end) => self.skip(end + 4),
                    None => return self.fail("BCP002", "a comment `/*` is not closed"),
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
            Err(_) => self.fail("BCP010", format!("`{digits}` does not fit into 64 bits")),
        }
    }

    /// `'text ${code}'` or `'''lines'''`.
    fn string(&mut self, depth: usize) -> Result<TokenKind, Problem> {
        if self.rest.starts_with("'''") {
            return self.lines(0, depth);
        }
        self.skip(1);
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let Some(c) = self.rest.chars().next() else {
                return self.fail("BCP003", "a string is not closed");
            };
            match c {
                '\'' => {
                    self.skip(1);
                    break;
                }
                '\n' | '\r' => return self.fail("BCP004", "a string is not closed before the end of its line"),
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
                let number = code.and_then(|c| u32::from_str_radix(c, 16).ok()).filter(|n| *n <= 0x10_FFFF);
                match (code, number.map(char::from_u32)) {
                    (Some(code), Some(Some(c))) => (c, code.len() + 4),
                    // The compiler takes half of a pair, which no JSON file in UTF-8 can hold.
                    (Some(_), Some(None)) => {
                        return self.fail("", "a Unicode escape of half a character (d800 to dfff)");
                    }
                    _ => return self.fail("BCP133", "a Unicode escape has the form \\u{1f600}"),
                }
            }
            _ => return self.fail("BCP006", "Bicep knows the escapes \\n \\r \\t \\\\ \\' \\$ and \\u{…}"),
        };
        self.skip(length);
        Ok(c)
    }

    /// `'''…'''`: no escapes; a line break right after the quotes does not count. With `dollars` in front, as many in
    /// front of `{` start an interpolation.
    fn lines(&mut self, dollars: usize, depth: usize) -> Result<TokenKind, Problem> {
        let start = self.here;
        self.skip(3);
        let after_break = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix(['\n', '\r']));
        if let Some(after_break) = after_break {
            self.skip(self.rest.len() - after_break.len());
        }
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let Some(c) = self.rest.chars().next() else {
                return Err(Problem::new(start, "BCP140", "a string ''' is not closed"));
            };
            // Further quotes before the closing ones belong to the text.
            if self.rest.starts_with("'''") && !self.rest[3..].starts_with('\'') {
                self.skip(3);
                break;
            }
            let run = self.rest.len() - self.rest.trim_start_matches('$').len();
            if dollars > 0 && run >= dollars && self.rest[run..].starts_with('{') {
                self.text(&mut text, run - dollars);
                self.skip(dollars + 1);
                parts.push(StrPart::Text(std::mem::take(&mut text)));
                parts.push(StrPart::Code(self.run(true, depth + 1)?));
            } else {
                self.text(&mut text, run.max(c.len_utf8()));
            }
        }
        parts.push(StrPart::Text(text));
        Ok(TokenKind::Str(parts))
    }
}
