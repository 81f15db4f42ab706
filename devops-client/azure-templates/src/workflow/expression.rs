//! Expressions of workflows: `@name(arguments)?['key']`, and texts with `@{…}` in them.

use serde_json::Value;

use crate::arm::value::Val;

/// How deep expressions and values may nest: a bound on recursion.
const MAX_DEPTH: usize = 100;

/// A piece of a definition, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// As it stands.
    Plain(Val),
    /// The value of an expression.
    Expr(Expr),
    /// A text with values in it.
    Text(Vec<Piece>),
    List(Vec<Piece>),
    Object(Vec<(String, Piece)>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Value(Val),
    /// A function by its name in small letters.
    Call(String, Vec<Expr>),
    /// `base[by]`; with a question mark, what is not there is null.
    At {
        base: Box<Expr>,
        by: Box<Expr>,
        safe: bool,
    },
}

impl Piece {
    /// Reads a piece, with everything in it.
    ///
    /// # Errors
    /// What is no expression, and the text that it stands in.
    pub fn read(value: &Value) -> Result<Self, String> {
        deep(value, 0)
    }

    /// Every call in it: the function's name in small letters, and its arguments.
    pub fn calls<'a>(&'a self, see: &mut dyn FnMut(&'a str, &'a [Expr])) {
        match self {
            Self::Plain(_) => {}
            Self::Expr(expr) => expr.calls(see),
            Self::Text(parts) | Self::List(parts) => parts.iter().for_each(|part| part.calls(see)),
            Self::Object(entries) => entries.iter().for_each(|(_, part)| part.calls(see)),
        }
    }
}

impl Expr {
    fn calls<'a>(&'a self, see: &mut dyn FnMut(&'a str, &'a [Expr])) {
        match self {
            Self::Value(_) => {}
            Self::Call(name, arguments) => {
                see(name, arguments);
                arguments.iter().for_each(|argument| argument.calls(see));
            }
            Self::At { base, by, .. } => {
                base.calls(see);
                by.calls(see);
            }
        }
    }
}

fn deep(value: &Value, depth: usize) -> Result<Piece, String> {
    if depth > MAX_DEPTH {
        return Err(format!("values are nested more than {MAX_DEPTH} deep"));
    }
    match value {
        Value::String(text) => string(text).map_err(|why| format!("`{text}`: {why}")),
        Value::Array(items) => {
            items.iter().map(|item| deep(item, depth + 1)).collect::<Result<_, _>>().map(Piece::List)
        }
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| Ok((key.clone(), deep(value, depth + 1)?)));
            entries.collect::<Result<_, String>>().map(Piece::Object)
        }
        other => Ok(Piece::Plain(Val::from_json(other.clone()))),
    }
}

/// A string: an expression as a whole after `@`, a text with `@{…}` in it, or plain; `@@` is an at sign.
fn string(text: &str) -> Result<Piece, String> {
    if let Some(rest) = text.strip_prefix("@@") {
        return Ok(Piece::Plain(Val::text(format!("@{rest}"))));
    }
    if let Some(rest) = text.strip_prefix('@').filter(|rest| !rest.starts_with('{')) {
        let mut reader = Reader { rest, depth: 0 };
        let expr = reader.expression()?;
        reader.blanks();
        if reader.rest.is_empty() {
            return Ok(Piece::Expr(expr));
        }
        return Err(format!("unexpected `{}`", reader.rest.chars().take(12).collect::<String>()));
    }
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once("@{") {
        if let Some(before) = before.strip_suffix('@') {
            parts.push(Piece::Plain(Val::text(format!("{before}@{{"))));
            rest = after;
            continue;
        }
        if !before.is_empty() {
            parts.push(Piece::Plain(Val::text(before)));
        }
        let mut reader = Reader { rest: after, depth: 0 };
        parts.push(Piece::Expr(reader.expression()?));
        if !reader.take("}") {
            return Err("an expression `@{` is not closed".to_owned());
        }
        rest = reader.rest;
    }
    if parts.is_empty() {
        return Ok(Piece::Plain(Val::text(text)));
    }
    if !rest.is_empty() {
        parts.push(Piece::Plain(Val::text(rest)));
    }
    Ok(Piece::Text(parts))
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, mark: &str) -> bool {
        self.blanks();
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self) -> &'a str {
        self.blanks();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn expression(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("calls are nested more than {MAX_DEPTH} deep"));
        }
        self.blanks();
        let mut base = match self.rest.chars().next() {
            Some('\'') => Expr::Value(Val::text(self.quoted()?)),
            Some(c) if c.is_ascii_digit() || c == '-' => self.number()?,
            Some(c) if c.is_ascii_alphabetic() => self.call()?,
            Some(c) => return Err(format!("unexpected {c:?}")),
            None => return Err("the expression ends too early".to_owned()),
        };
        loop {
            let safe = self.take("?");
            if self.take(".") {
                let name = self.word();
                if name.is_empty() {
                    return Err("a name must follow `.`".to_owned());
                }
                base = Expr::At { base: Box::new(base), by: Box::new(Expr::Value(Val::text(name))), safe };
            } else if self.take("[") {
                let by = self.expression()?;
                if !self.take("]") {
                    return Err("an index `[` is not closed".to_owned());
                }
                base = Expr::At { base: Box::new(base), by: Box::new(by), safe };
            } else if safe {
                return Err("`.` or `[` must follow `?`".to_owned());
            } else {
                self.depth -= 1;
                return Ok(base);
            }
        }
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.rest = &self.rest[1..];
        loop {
            let (part, rest) = self.rest.split_once('\'').ok_or("a string is not closed")?;
            text.push_str(part);
            self.rest = rest;
            match rest.strip_prefix('\'') {
                Some(rest) => {
                    text.push('\'');
                    self.rest = rest;
                }
                None => return Ok(text),
            }
        }
    }

    fn number(&mut self) -> Result<Expr, String> {
        let end = self.rest[1..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(self.rest.len(), |end| end + 1);
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        let number: serde_json::Number = digits.parse().map_err(|_| format!("`{digits}` is no number"))?;
        Ok(Expr::Value(Val::Number(number)))
    }

    fn call(&mut self) -> Result<Expr, String> {
        let name = self.word();
        if !self.take("(") {
            return match name {
                "true" => Ok(Expr::Value(Val::Bool(true))),
                "false" => Ok(Expr::Value(Val::Bool(false))),
                "null" => Ok(Expr::Value(Val::Null)),
                _ => Err(format!("`(` must follow `{name}`")),
            };
        }
        let mut arguments = Vec::new();
        while !self.take(")") {
            if !arguments.is_empty() && !self.take(",") {
                return Err(format!("the arguments of {name}() are not closed"));
            }
            arguments.push(self.expression()?);
        }
        Ok(Expr::Call(name.to_lowercase(), arguments))
    }
}
