//! Tokens with the comments around them, and the line breaks between them.

use super::super::lexer::{self, DIRECTIVES};
use super::super::token::TokenKind;
use crate::{Place, Problem};

/// What a token is to the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A name or keyword.
    Name,
    /// A number, a string with all that is in it, `true`, `false`, `null`.
    Value,
    /// An operator or bracket.
    Mark,
    /// As many line breaks, with nothing between them.
    Lines(usize),
    /// The end of the file.
    End,
}

/// A comment or a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    pub(super) text: String,
    /// It takes the rest of its line.
    pub(super) line: bool,
}

/// A token, and the comments that belong to it.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) class: Class,
    pub(super) text: &'a str,
    pub(super) at: Place,
    pub(super) before: Vec<Comment>,
    /// On the same line.
    pub(super) after: Vec<Comment>,
}

/// Tokens behind which comments of the same line belong to them; behind others they belong to what follows.
fn keeps_comments(kind: &TokenKind) -> bool {
    match kind {
        TokenKind::Name(_) | TokenKind::Int(_) | TokenKind::Str(_) => true,
        TokenKind::Mark(mark) => matches!(*mark, ")" | "]" | "}" | "?" | "!"),
        TokenKind::NewLine | TokenKind::End => false,
    }
}

/// The tokens of `text`.
///
/// # Errors
/// As [`lexer::tokens`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Problem> {
    let mut out: Vec<Token<'_>> = Vec::new();
    let mut from = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut keeps = false;
    for token in lexer::tokens(text)? {
        if token.kind == TokenKind::NewLine {
            continue;
        }
        let before = gap(&text[from..token.span.start], keeps, token.at, &mut out);
        let class = match &token.kind {
            TokenKind::Name(name) if !matches!(name.as_str(), "true" | "false" | "null") => Class::Name,
            TokenKind::Mark(_) => Class::Mark,
            TokenKind::End => Class::End,
            _ => Class::Value,
        };
        keeps = keeps_comments(&token.kind);
        from = token.span.end;
        out.push(Token { class, text: &text[token.span], at: token.at, before, after: Vec::new() });
    }
    Ok(out)
}

/// Hands out what stands between two tokens: to the token before, to line breaks (which are tokens too), and the rest,
/// which belongs to the token that follows.
fn gap<'a>(mut rest: &'a str, mut keeps: bool, at: Place, out: &mut Vec<Token<'a>>) -> Vec<Comment> {
    let mut open = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let lines = rest.len() - rest.trim_start_matches(['\n', '\r']).len();
        if rest.is_empty() {
            return open;
        }
        if lines > 0 {
            let (breaks, after) = rest.split_at(lines);
            let count = breaks.replace("\r\n", "\n").len();
            let before = std::mem::take(&mut open);
            out.push(Token { class: Class::Lines(count), text: "", at, before, after: Vec::new() });
            (rest, keeps) = (after, false);
            continue;
        }
        let block = rest.starts_with("/*");
        let end = if block { rest[2..].find("*/").map(|end| end + 4) } else { rest.find(['\n', '\r']) };
        let (comment, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        let text = if DIRECTIVES.iter().any(|directive| comment.starts_with(directive)) {
            directive(comment)
        } else {
            comment.replace("\r\n", "\n")
        };
        let comment = Comment { text, line: !block };
        match out.last_mut() {
            Some(last) if keeps => last.after.push(comment),
            _ => open.push(comment),
        }
    }
}

/// A directive has one space between its words. A comment may follow on its line.
fn directive(text: &str) -> String {
    let (words, comment) = match text.find("//").into_iter().chain(text.find("/*")).min() {
        Some(start) => text.split_at(start),
        None => (text, ""),
    };
    let words: Vec<&str> = words.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    let comment = (!comment.is_empty()).then_some(comment);
    words.into_iter().chain(comment).collect::<Vec<_>>().join(" ")
}
