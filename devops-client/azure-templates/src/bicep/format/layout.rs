//! Reading tokens, and the layout of what stands in brackets.

use super::doc::{Doc, collapsed, separated, spread};
use super::tokens::{Class, Comment, Token};
use crate::{Place, Problem};

/// How deep expressions may nest: a bound on recursion, as of the parser.
const MAX_DEPTH: usize = 100;

/// Where the layout is in its tokens.
pub(super) struct Layout<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
    /// How many things were met that keep what is around them from being one line.
    pub(super) forced: usize,
    /// Comments in front of an operator: what follows it takes them.
    carried: Vec<Comment>,
}

/// What an expression is to the call that it is an argument of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// An object or a list.
    Literal,
    /// A lambda whose value is one.
    LambdaOfLiteral,
    /// Anything else.
    Other,
}

/// The layout of an expression.
pub(super) struct Laid {
    pub(super) doc: Doc,
    pub(super) shape: Shape,
}

/// What stands in brackets.
pub(super) struct Inside {
    pub(super) docs: Vec<Doc>,
    /// What was met before the opening bracket, as of [`Layout::forced`].
    pub(super) before: usize,
    /// What of the rest does not count: the last argument of a call.
    pub(super) apart: usize,
}

/// How brackets are printed.
pub(super) struct Style {
    pub(super) close: &'static str,
    pub(super) separator: &'static str,
    pub(super) padding: &'static str,
    /// Whether one thing alone is put on a line of its own.
    pub(super) indents_one: bool,
}

impl<'a> Layout<'a> {
    pub(super) fn new(tokens: Vec<Token<'a>>) -> Self {
        Self { tokens, next: 0, depth: 0, forced: 0, carried: Vec::new() }
    }

    pub(super) fn ahead(&self, by: usize) -> &Token<'a> {
        // The last token is the end, and nothing steps past it.
        &self.tokens[(self.next + by).min(self.tokens.len() - 1)]
    }

    /// The first token from `by` ahead that is no line break, and how far ahead it is.
    pub(super) fn beyond_lines(&self, mut by: usize) -> (usize, &Token<'a>) {
        while matches!(self.ahead(by).class, Class::Lines(_)) {
            by += 1;
        }
        (by, self.ahead(by))
    }

    pub(super) fn is(&self, mark: &str) -> bool {
        self.ahead(0).is(mark)
    }

    pub(super) fn is_word(&self, name: &str) -> bool {
        self.ahead(0).is_word(name)
    }

    pub(super) fn at_lines(&self) -> bool {
        matches!(self.ahead(0).class, Class::Lines(_))
    }

    pub(super) fn at_end(&self) -> bool {
        self.ahead(0).class == Class::End
    }

    pub(super) fn fail<T>(&self, expected: &str) -> Result<T, Problem> {
        let token = self.ahead(0);
        let found = match token.class {
            Class::Lines(_) => "the end of the line".to_owned(),
            Class::End => "the end of the file".to_owned(),
            _ => format!("`{}`", token.text),
        };
        Err(Problem::new(token.at, "", format!("expected {expected}, found {found}")))
    }

    /// Runs `inner` one level deeper.
    pub(super) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Problem::new(self.here(), "", format!("expressions are nested more than {MAX_DEPTH} deep")));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    pub(super) fn here(&self) -> Place {
        self.ahead(0).at
    }

    fn take(&mut self) -> Token<'a> {
        let mut token = self.ahead(0).clone();
        if token.class != Class::End {
            self.next += 1;
        }
        token.before.splice(0..0, std::mem::take(&mut self.carried));
        token
    }

    fn comments(&mut self, comments: Vec<Comment>) -> Vec<Doc> {
        self.forced += comments.iter().filter(|comment| comment.line).count();
        comments.into_iter().map(|comment| Doc::Text(comment.text)).collect()
    }

    /// `docs`, a text among them, and the comments that follow it on its line.
    fn followed(&mut self, mut docs: Vec<Doc>, after: Vec<Comment>) -> Doc {
        let mut suffix = None;
        for comment in after {
            if comment.line {
                self.forced += 1;
                suffix = Some(Doc::Suffix(format!(" {}", comment.text)));
            } else {
                docs.push(Doc::Text(comment.text));
            }
        }
        let text = match docs.pop() {
            Some(only) if docs.is_empty() => only,
            last => spread(docs.into_iter().chain(last).collect()),
        };
        match suffix {
            Some(suffix) => Doc::Glue(vec![text, suffix]),
            None => text,
        }
    }

    /// The token here, with its comments.
    pub(super) fn word(&mut self) -> Doc {
        let token = self.take();
        let mut docs = self.comments(token.before);
        docs.push(Doc::text(token.text));
        self.followed(docs, token.after)
    }

    pub(super) fn name(&mut self) -> Result<Doc, Problem> {
        if self.ahead(0).class == Class::Name { Ok(self.word()) } else { self.fail("a name") }
    }

    pub(super) fn string(&mut self) -> Result<Doc, Problem> {
        let token = self.ahead(0);
        let string = token.class == Class::Value && token.text.ends_with('\'');
        if string { Ok(self.word()) } else { self.fail("a text in quotes") }
    }

    pub(super) fn keyword(&mut self, name: &str) -> Result<Doc, Problem> {
        if self.is_word(name) { Ok(self.word()) } else { self.fail(&format!("`{name}`")) }
    }

    /// A bracket that opens, or a sign: comments in front of it stay there.
    pub(super) fn mark(&mut self, mark: &str) -> Result<Doc, Problem> {
        if self.is(mark) { Ok(self.word()) } else { self.fail(&format!("`{mark}`")) }
    }

    /// An operator: comments in front of it go to what follows.
    pub(super) fn operator(&mut self) -> Doc {
        let token = self.take();
        self.carried = token.before;
        Doc::text(token.text)
    }

    pub(super) fn need_operator(&mut self, mark: &str) -> Result<Doc, Problem> {
        if self.is(mark) { Ok(self.operator()) } else { self.fail(&format!("`{mark}`")) }
    }

    /// Line breaks, and the comments that have lines of their own between them.
    pub(super) fn lines(&mut self) -> Vec<Doc> {
        let mut docs = Vec::new();
        while let Class::Lines(count) = self.ahead(0).class {
            let token = self.take();
            if !token.before.is_empty() {
                self.forced += 1;
                let comments = self.comments(token.before);
                docs.push(spread(comments));
            }
            docs.push(if count > 1 { Doc::Hard } else { Doc::Soft });
        }
        docs
    }

    /// Comments in front of the end of the file.
    pub(super) fn last_comments(&mut self) -> Option<Doc> {
        let comments = self.take().before;
        (!comments.is_empty()).then(|| spread(self.comments(comments)))
    }

    /// `?` of a choice, with the comments that stand in front of it on lines of their own.
    pub(super) fn question(&mut self) -> (Vec<Doc>, Doc) {
        let token = self.take();
        let before = self.comments(token.before);
        (before, self.followed(vec![Doc::text(token.text)], token.after))
    }

    /// A bracket, what it holds, and the bracket that closes it, which is read here.
    pub(super) fn enclosed(&mut self, open: Doc, inside: Inside, style: &Style) -> Result<Doc, Problem> {
        if !self.is(style.close) {
            return self.fail(&format!("`{}`", style.close));
        }
        let closing = self.take();
        let mut items = collapsed(inside.docs);
        let empty_lines = items.contains(&Doc::Hard);
        let dangling = self.comments(closing.before);
        let breaks = self.forced - inside.apart > inside.before || empty_lines || !dangling.is_empty();
        self.forced += usize::from(empty_lines || !dangling.is_empty());
        items.extend(dangling);
        let close = self.followed(vec![Doc::text(closing.text)], closing.after);
        if items.is_empty() {
            return Ok(Doc::Glue(vec![open, close]));
        }
        if !style.indents_one && items.len() == 1 && !items[0].has_suffix() {
            let mut docs = vec![open];
            docs.append(&mut items);
            docs.push(close);
            return Ok(Doc::Glue(docs));
        }
        let mut inner = vec![Doc::Line(style.padding)];
        inner.extend(separated(items, &Doc::Line(style.separator)));
        let docs = vec![open, Doc::Indent(inner), Doc::Line(style.padding), close];
        Ok(if breaks { Doc::Glue(docs) } else { Doc::Group(docs) })
    }

    /// `docs` on lines of their own, deeper, unless all fit into one; `before` is [`Layout::forced`] before them.
    pub(super) fn indented(&self, docs: Vec<Doc>, before: usize, starts: bool) -> Doc {
        let docs: Vec<Doc> = docs.into_iter().filter(|doc| !doc.is_line()).collect();
        let mut inner: Vec<Doc> = if starts { vec![Doc::Line("")] } else { Vec::new() };
        inner.extend(separated(docs, &Doc::Line(" ")));
        // A comment at the very end takes no line from what is in front of it.
        let apart = usize::from(inner.last().is_some_and(Doc::has_suffix));
        let indent = vec![Doc::Indent(inner)];
        if self.forced - apart > before { Doc::Glue(indent) } else { Doc::Group(indent) }
    }
}

impl Token<'_> {
    pub(super) fn is(&self, mark: &str) -> bool {
        self.class == Class::Mark && self.text == mark
    }

    pub(super) fn is_word(&self, name: &str) -> bool {
        self.class == Class::Name && self.text == name
    }
}
