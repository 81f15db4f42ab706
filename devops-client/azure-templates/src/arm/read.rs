//! Expressions of templates, read: `[function(argument).property[0]]`.

use super::expression::Arm;

/// How deep calls may nest: a bound on recursion, far above what a compiler writes.
const MAX_DEPTH: usize = 200;

/// What a string of a template is.
pub(crate) enum Read {
    /// The text that it stands for.
    Text(String),
    /// An expression.
    Expression(Arm),
}

/// The text or the expression in a string of a template.
///
/// # Errors
/// Why Azure Resource Manager could not read it.
pub(crate) fn read(text: &str) -> Result<Read, String> {
    let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return Ok(Read::Text(text.to_owned()));
    };
    if inner.starts_with('[') {
        return Ok(Read::Text(text[1..].to_owned()));
    }
    let mut reader = Reader { rest: inner, depth: 0 };
    let arm = reader.expression()?;
    reader.blanks();
    if reader.rest.is_empty() {
        return Ok(Read::Expression(arm));
    }
    Err(format!("unexpected `{}`", reader.rest.chars().take(12).collect::<String>()))
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, mark: char) -> bool {
        self.blanks();
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self) -> &'a str {
        self.blanks();
        let end =
            self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn expression(&mut self) -> Result<Arm, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("calls are nested more than {MAX_DEPTH} deep"));
        }
        self.blanks();
        let mut base = match self.rest.chars().next() {
            Some('\'') => self.string()?,
            Some(c) if c.is_ascii_digit() || c == '-' => self.number()?,
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.call()?,
            Some(c) => return Err(format!("unexpected {c:?}")),
            None => return Err("the expression ends too early".to_owned()),
        };
        loop {
            if self.take('.') {
                let name = self.word();
                if name.is_empty() {
                    return Err("a name must follow `.`".to_owned());
                }
                base = base.then(Arm::text(name));
            } else if self.take('[') {
                let index = self.expression()?;
                if !self.take(']') {
                    return Err("an index `[` is not closed".to_owned());
                }
                base = base.then(index);
            } else {
                self.depth -= 1;
                return Ok(base);
            }
        }
    }

    fn string(&mut self) -> Result<Arm, String> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c != '\'' {
                text.push(c);
                continue;
            }
            if matches!(chars.peek(), Some((_, '\''))) {
                chars.next();
                text.push('\'');
                continue;
            }
            self.rest = &self.rest[at + 1..];
            return Ok(Arm::Str(text));
        }
        Err("a string is not closed".to_owned())
    }

    fn number(&mut self) -> Result<Arm, String> {
        let end = self.rest[1..].find(|c: char| !c.is_ascii_digit()).map_or(self.rest.len(), |end| end + 1);
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits.parse().map(Arm::Int).map_err(|_| format!("`{digits}` is no whole number of 64 bits"))
    }

    fn call(&mut self) -> Result<Arm, String> {
        let name = self.word();
        if !self.take('(') {
            return Err(format!("`(` must follow `{name}`"));
        }
        let mut arguments = Vec::new();
        while !self.take(')') {
            if !arguments.is_empty() && !self.take(',') {
                return Err(format!("the arguments of {name}() are not closed"));
            }
            arguments.push(self.expression()?);
        }
        Ok(Arm::call(name, arguments))
    }
}
