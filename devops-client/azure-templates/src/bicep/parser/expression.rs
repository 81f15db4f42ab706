//! Expressions, by precedence climbing.

use super::super::ast::*;
use super::super::token::{StrPart, Token, TokenKind};
use super::super::{Place, Problem};
use super::{MAX_DEPTH, Parser};

/// Binary operators from the loosest to the tightest (Microsoft Learn, "Bicep operators").
const LEVELS: [&[&str]; 7] =
    [&["??"], &["||"], &["&&"], &["==", "!=", "=~", "!~"], &["<", "<=", ">", ">="], &["+", "-"], &["*", "/", "%"]];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Problem::unsupported(
                self.here(),
                format!("expressions are nested more than {MAX_DEPTH} deep"),
            ));
        }
        let result = self.ternary();
        self.depth -= 1;
        result
    }

    fn ternary(&mut self) -> Result<Expr, Problem> {
        let condition = self.binary(0)?;
        // `?` and `:` may stand at the start of the next line.
        let before = self.next;
        self.newlines();
        if !self.take("?") {
            self.next = before;
            return Ok(condition);
        }
        self.newlines();
        let yes = self.expression()?;
        self.newlines();
        self.need(":")?;
        self.newlines();
        let no = self.expression()?;
        let at = condition.at;
        let kind = ExprKind::Ternary { condition: Box::new(condition), yes: Box::new(yes), no: Box::new(no) };
        Ok(Expr { kind, at })
    }

    /// Operators of `level` and tighter: one call for all of them, so that nesting costs few frames of the stack.
    fn binary(&mut self, level: usize) -> Result<Expr, Problem> {
        let mut left = self.unary()?;
        loop {
            let found = LEVELS.iter().enumerate().skip(level).find_map(|(level, operators)| {
                operators.iter().copied().find(|operator| self.is(operator)).map(|operator| (level, operator))
            });
            let Some((level, operator)) = found else {
                return Ok(left);
            };
            self.next += 1;
            self.newlines();
            let right = self.binary(level + 1)?;
            let at = left.at;
            left = Expr { kind: ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) }, at };
        }
    }

    fn unary(&mut self) -> Result<Expr, Problem> {
        let at = self.here();
        for operator in ["!", "-"] {
            if self.take(operator) {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(Problem::unsupported(at, format!("expressions are nested more than {MAX_DEPTH} deep")));
                }
                let operand = self.unary()?;
                self.depth -= 1;
                let kind = match (operator, &operand.kind) {
                    ("-", ExprKind::Int(number)) => ExprKind::Int(-number),
                    _ => ExprKind::Unary { operator, operand: Box::new(operand) },
                };
                return Ok(Expr { kind, at });
            }
        }
        let primary = self.primary()?;
        self.accesses(primary)
    }

    /// `.name`, `[index]`, `.method()`, `!` after a value.
    fn accesses(&mut self, mut base: Expr) -> Result<Expr, Problem> {
        loop {
            let at = base.at;
            let kind = if self.is(".") || self.is(".?") || self.is("::") {
                if self.is("::") {
                    return self.fail("`.`: nested resources are not of the subset that this tool compiles");
                }
                let safe = self.is(".?");
                self.next += 1;
                let name = self.name("the name of a property")?;
                if self.take("(") {
                    ExprKind::Method { base: Box::new(base), name, arguments: self.arguments()? }
                } else {
                    ExprKind::Member { base: Box::new(base), name, safe }
                }
            } else if self.is("[") || self.is("[?") {
                let safe = self.is("[?");
                self.next += 1;
                self.newlines();
                let index = Box::new(self.expression()?);
                self.newlines();
                self.need("]")?;
                ExprKind::Index { base: Box::new(base), index, safe }
            } else if self.is("!") {
                // The assertion that a value is not null changes nothing in the template.
                self.next += 1;
                continue;
            } else {
                return Ok(base);
            };
            base = Expr { kind, at };
        }
    }

    fn primary(&mut self) -> Result<Expr, Problem> {
        let Token { kind, at } = self.token().clone();
        let expr = |kind| Ok(Expr { kind, at });
        match kind {
            TokenKind::Int(number) => {
                self.next += 1;
                expr(ExprKind::Int(number))
            }
            TokenKind::Str(parts) => {
                self.next += 1;
                expr(ExprKind::Str(self.text(parts)?))
            }
            TokenKind::Name(name) => {
                self.next += 1;
                match name.as_str() {
                    "true" => return expr(ExprKind::Bool(true)),
                    "false" => return expr(ExprKind::Bool(false)),
                    "null" => return expr(ExprKind::Null),
                    _ => {}
                }
                if self.take("=>") {
                    self.newlines();
                    return expr(ExprKind::Lambda { names: vec![name], body: Box::new(self.expression()?) });
                }
                if self.take("(") {
                    return expr(ExprKind::Call { name, arguments: self.arguments()? });
                }
                expr(ExprKind::Name(name))
            }
            TokenKind::Mark("(") => self.parenthesis(at),
            TokenKind::Mark("[") => self.array(at),
            TokenKind::Mark("{") => {
                self.next += 1;
                expr(ExprKind::Object(self.entries()?))
            }
            _ => self.fail("a value"),
        }
    }

    /// `(value)` or the parameters of a lambda, `(a, b) => …`.
    fn parenthesis(&mut self, at: Place) -> Result<Expr, Problem> {
        let mut next = self.next + 1;
        let mut names = Vec::new();
        while let Some(TokenKind::Name(name)) = self.tokens.get(next).map(|t| &t.kind) {
            names.push(name.clone());
            next += 1;
            match self.tokens.get(next).map(|t| &t.kind) {
                Some(TokenKind::Mark(",")) => next += 1,
                _ => break,
            }
        }
        let mark = |next: usize, mark: &str| matches!(self.tokens.get(next).map(|t| &t.kind), Some(TokenKind::Mark(m)) if *m == mark);
        if mark(next, ")") && mark(next + 1, "=>") {
            self.next = next + 2;
            self.newlines();
            return Ok(Expr { kind: ExprKind::Lambda { names, body: Box::new(self.expression()?) }, at });
        }
        self.next += 1;
        self.newlines();
        let inner = self.expression()?;
        self.newlines();
        self.need(")")?;
        Ok(inner)
    }

    /// `[a, b]`, with commas or line breaks, or `[for x in list: value]`.
    fn array(&mut self, at: Place) -> Result<Expr, Problem> {
        self.need("[")?;
        self.newlines();
        if self.is_name("for") {
            let head = self.loop_head()?;
            self.newlines();
            let body = Box::new(self.expression()?);
            self.newlines();
            self.need("]")?;
            return Ok(Expr { kind: ExprKind::For { head, body }, at });
        }
        let mut items = Vec::new();
        while !self.take("]") {
            items.push(if self.take("...") {
                Item::Spread(self.expression()?)
            } else {
                Item::Value(self.expression()?)
            });
            self.separator("]")?;
        }
        Ok(Expr { kind: ExprKind::Array(items), at })
    }

    /// The entries of an object, its `{` already read.
    fn entries(&mut self) -> Result<Vec<Entry>, Problem> {
        self.newlines();
        let mut entries = Vec::new();
        while !self.take("}") {
            if self.take("...") {
                entries.push(Entry::Spread(self.expression()?));
            } else {
                let Token { kind, at } = self.token().clone();
                let key = match kind {
                    TokenKind::Name(name) if name == "resource" && !self.followed_by_colon() => {
                        let message =
                            "nested resources are not of the subset that this tool compiles: use `parent`".to_owned();
                        return Err(Problem::unsupported(at, message));
                    }
                    TokenKind::Name(name) => Text { texts: vec![name], codes: Vec::new() },
                    TokenKind::Str(parts) => self.text(parts)?,
                    _ => return self.fail("the name of a property"),
                };
                self.next += 1;
                self.need(":")?;
                self.newlines();
                let value = self.expression()?;
                entries.push(Entry::Property { key, value });
            }
            self.separator("}")?;
        }
        Ok(entries)
    }

    fn followed_by_colon(&self) -> bool {
        matches!(self.tokens.get(self.next + 1).map(|t| &t.kind), Some(TokenKind::Mark(":")))
    }

    /// A comma, a line break, or the closing bracket (which stays).
    fn separator(&mut self, close: &str) -> Result<(), Problem> {
        if self.take(",") || matches!(self.token().kind, TokenKind::NewLine) {
            self.newlines();
            return Ok(());
        }
        if self.is(close) { Ok(()) } else { self.fail(&format!("a comma, a new line or `{close}`")) }
    }

    /// Arguments of a call, its `(` already read.
    pub(super) fn arguments(&mut self) -> Result<Vec<Expr>, Problem> {
        self.newlines();
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.expression()?);
            self.newlines();
            if !self.is(")") {
                self.need(",")?;
                self.newlines();
            }
        }
        Ok(arguments)
    }

    fn text(&self, parts: Vec<StrPart>) -> Result<Text, Problem> {
        let mut text = Text { texts: Vec::new(), codes: Vec::new() };
        for part in parts {
            match part {
                StrPart::Text(piece) => text.texts.push(piece),
                StrPart::Code(tokens) => {
                    let mut inner = Parser { tokens: &tokens, next: 0, depth: self.depth };
                    inner.newlines();
                    let expression = inner.expression()?;
                    inner.newlines();
                    if !matches!(inner.token().kind, TokenKind::End) {
                        return inner.fail("`}`");
                    }
                    text.codes.push(expression);
                }
            }
        }
        Ok(text)
    }
}
