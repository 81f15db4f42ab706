//! Expressions of ARM templates, read back: `[function(argument).property[0]]`.

use serde_json::Value;

/// How deep calls may nest: a bound on recursion, far above what a compiler writes.
const MAX_DEPTH: usize = 200;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::verify) enum Expression {
    /// A string or a number.
    Literal(Value),
    /// `name(arguments)`
    Call(String, Vec<Expression>),
    /// `base.name` or `base[index]`
    Access(Box<Expression>, Box<Expression>),
}

impl Expression {
    /// Calls `visit` on every function call, outermost first.
    pub(in crate::verify) fn calls<'a>(&'a self, visit: &mut impl FnMut(&'a str, &'a [Self])) {
        match self {
            Self::Literal(_) => {}
            Self::Call(name, arguments) => {
                visit(name, arguments);
                arguments.iter().for_each(|argument| argument.calls(visit));
            }
            Self::Access(base, index) => {
                base.calls(visit);
                index.calls(visit);
            }
        }
    }

    /// The text of a string literal.
    pub(in crate::verify) fn text(&self) -> Option<&str> {
        match self {
            Self::Literal(Value::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// The expression in a string of a template; `None` if the string is a literal.
///
/// # Errors
/// Why Azure Resource Manager could not read it.
pub(in crate::verify) fn parse(text: &str) -> Option<Result<Expression, String>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    if inner.starts_with('[') {
        return None;
    }
    let mut reader = Reader { rest: inner, depth: 0 };
    Some(reader.expression().and_then(|expression| {
        reader.blanks();
        if reader.rest.is_empty() {
            Ok(expression)
        } else {
            Err(format!("unexpected `{}`", reader.rest.chars().take(12).collect::<String>()))
        }
    }))
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
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> &'a str {
        self.blanks();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn expression(&mut self) -> Result<Expression, String> {
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
                base = Expression::Access(Box::new(base), Box::new(Expression::Literal(name.into())));
            } else if self.take('[') {
                let index = self.expression()?;
                if !self.take(']') {
                    return Err("an index `[` is not closed".to_owned());
                }
                base = Expression::Access(Box::new(base), Box::new(index));
            } else {
                self.depth -= 1;
                return Ok(base);
            }
        }
    }

    fn string(&mut self) -> Result<Expression, String> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c != '\'' {
                text.push(c);
            } else if chars.peek().is_some_and(|(_, next)| *next == '\'') {
                chars.next();
                text.push('\'');
            } else {
                self.rest = &self.rest[at + 1..];
                return Ok(Expression::Literal(text.into()));
            }
        }
        Err("a string is not closed".to_owned())
    }

    fn number(&mut self) -> Result<Expression, String> {
        let digits = self.rest.strip_prefix('-').unwrap_or(self.rest);
        let length =
            digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()) + (self.rest.len() - digits.len());
        let (number, rest) = self.rest.split_at(length);
        self.rest = rest;
        number
            .parse::<i64>()
            .map(|n| Expression::Literal(n.into()))
            .map_err(|_| format!("`{number}` is no whole number"))
    }

    fn call(&mut self) -> Result<Expression, String> {
        let name = self.word().to_owned();
        if !self.take('(') {
            return Err(format!("`{name}` is not called as a function"));
        }
        let mut arguments = Vec::new();
        if self.take(')') {
            return Ok(Expression::Call(name, arguments));
        }
        loop {
            arguments.push(self.expression()?);
            if self.take(')') {
                return Ok(Expression::Call(name, arguments));
            }
            if !self.take(',') {
                return Err(format!("expected `,` or `)` in the arguments of {name}()"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_accesses_and_quotes_are_read() {
        let parsed = parse("[format('it''s {0}', parameters('tags')['a'].b[0])]").unwrap().unwrap();
        let mut names = Vec::new();
        parsed.calls(&mut |name, _| names.push(name.to_owned()));
        assert_eq!(names, ["format", "parameters"]);
        let Expression::Call(_, arguments) = parsed else { panic!("a call") };
        assert_eq!(arguments[0].text(), Some("it's {0}"));
    }

    #[test]
    fn literals_are_no_expressions() {
        assert_eq!(parse("plain"), None);
        assert_eq!(parse("[[escaped]"), None);
        assert_eq!(parse("[open"), None);
    }

    #[test]
    fn what_azure_could_not_read_is_refused() {
        for (text, why) in [
            ("[concat('a'", ""),
            ("[concat('a']", "expected"),
            ("[name]", "not called"),
            ("[concat('a',)]", "unexpected"),
            ("[a().]", "a name must follow"),
            ("['open]", "not closed"),
            ("[a() b()]", "unexpected"),
        ] {
            match parse(text) {
                None => assert_eq!(why, "", "{text}"),
                Some(result) => assert!(result.clone().unwrap_err().contains(why), "{text}: {result:?}"),
            }
        }
    }
}
