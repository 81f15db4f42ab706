//! Expressions, by precedence climbing.

use super::super::ast::*;
use super::super::token::{StrPart, Token, TokenKind};
use super::{MAX_DEPTH, MAX_HEIGHT, Parser};
use crate::{Place, Problem};

/// Binary operators from the loosest to the tightest (Microsoft Learn, "Bicep operators").
const LEVELS: [&[&str]; 7] =
    [&["??"], &["||"], &["&&"], &["==", "!=", "=~", "!~"], &["<", "<=", ">", ">="], &["+", "-"], &["*", "/", "%"]];

/// The least integer without its sign.
const LEAST: u64 = i64::MIN.unsigned_abs();

impl Parser<'_> {
    pub(super) fn deeper(&mut self) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        Err(Problem::unsupported(self.here(), format!("expressions are nested more than {MAX_DEPTH} deep")))
    }

    pub(super) fn expression(&mut self) -> Result<Expr, Problem> {
        self.deeper()?;
        let before = std::mem::take(&mut self.height);
        let result = self.ternary().and_then(|expr| self.higher().map(|()| expr));
        self.height = self.height.max(before);
        self.depth -= 1;
        result
    }

    /// One level more of what is read of the expression here.
    fn higher(&mut self) -> Result<(), Problem> {
        self.height += 1;
        if self.height <= MAX_HEIGHT {
            return Ok(());
        }
        let message = format!("an expression has more than {MAX_HEIGHT} operators and accesses within each other");
        Err(Problem::unsupported(self.here(), message))
    }

    /// With lists and objects allowed, wherever this stands.
    fn any_expression(&mut self) -> Result<Expr, Problem> {
        let before = std::mem::replace(&mut self.literals, true);
        let result = self.expression();
        self.literals = before;
        result
    }

    fn ternary(&mut self) -> Result<Expr, Problem> {
        let condition = self.binary(0)?;
        // `?` and `:` may stand at the start of the next line.
        if !self.on_next_line("?") {
            return Ok(condition);
        }
        self.next += 1;
        let yes = self.expression()?;
        self.on_next_line(":");
        self.need(":")?;
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
            self.higher()?;
            let right = self.binary(level + 1)?;
            let at = left.at;
            left = Expr { kind: ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) }, at };
        }
    }

    fn unary(&mut self) -> Result<Expr, Problem> {
        let at = self.here();
        for operator in ["!", "-", "+"] {
            if self.take(operator) {
                if operator == "-"
                    && let TokenKind::Int(LEAST) = self.token().kind
                {
                    self.next += 1;
                    return self.accesses(Expr { kind: ExprKind::Int(i64::MIN), at });
                }
                self.deeper()?;
                // The compiler's reader takes one sign in front of a value.
                let operand = self.member()?;
                self.depth -= 1;
                let kind = match (operator, operand.kind) {
                    ("-", ExprKind::Int(number)) => ExprKind::Int(-number),
                    ("+", _) => return Err(Problem::new(at, "BCP009", "expected a value, found `+`")),
                    (_, kind) => ExprKind::Unary { operator, operand: Box::new(Expr { kind, at: operand.at }) },
                };
                return Ok(Expr { kind, at });
            }
        }
        self.member()
    }

    fn member(&mut self) -> Result<Expr, Problem> {
        let primary = self.primary()?;
        self.accesses(primary)
    }

    /// `.name`, `[index]`, `.method()`, `::nested`, `!` after a value.
    fn accesses(&mut self, mut base: Expr) -> Result<Expr, Problem> {
        loop {
            let at = base.at;
            let kind = if self.take(".") {
                let safe = self.take("?");
                let name_at = self.here();
                let name = self.name("BCP020", "the name of a property or function")?;
                if self.is("(") {
                    if safe {
                        return self.fail("BCP322", "a property: `.?` cannot stand in front of a function");
                    }
                    self.next += 1;
                    ExprKind::Method { base: Box::new(base), name, name_at, arguments: self.arguments()? }
                } else {
                    ExprKind::Member { base: Box::new(base), name, name_at, safe }
                }
            } else if self.take("::") {
                let name_at = self.here();
                let name = self.name("BCP020", "the name of a nested resource")?;
                ExprKind::Nested { base: Box::new(base), name, name_at }
            } else if self.take("[") {
                let safe = self.take("?");
                let from_end = self.take("^");
                if self.is("]") {
                    return self.fail("BCP117", "an index");
                }
                let index = Box::new(self.expression()?);
                self.need("]")?;
                ExprKind::Index { base: Box::new(base), index, safe, from_end }
            } else if self.take("!") {
                ExprKind::NonNull(Box::new(base))
            } else {
                return Ok(base);
            };
            base = Expr { kind, at };
            self.higher()?;
        }
    }

    pub(super) fn primary(&mut self) -> Result<Expr, Problem> {
        let Token { kind, at, .. } = self.token().clone();
        let expr = |kind| Ok(Expr { kind, at });
        match kind {
            TokenKind::Int(number) => {
                let Ok(number) = i64::try_from(number) else {
                    return self.fail("BCP010", "a number that fits into 64 bits");
                };
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
                    return self.lambda(vec![name], at);
                }
                if self.take("(") {
                    return expr(ExprKind::Call { name, arguments: self.arguments()? });
                }
                expr(ExprKind::Name(name))
            }
            TokenKind::Mark("(") => self.parenthesis(at),
            TokenKind::Mark("[" | "{") if !self.literals => {
                self.fail("BCP087", "a value that is no list and no object: neither may stand within a string")
            }
            TokenKind::Mark("[") => self.array(at),
            TokenKind::Mark("{") => {
                self.next += 1;
                let (entries, _) = self.entries(false)?;
                expr(ExprKind::Object(entries))
            }
            _ => self.fail("BCP009", "a value"),
        }
    }

    fn lambda(&mut self, names: Vec<String>, at: Place) -> Result<Expr, Problem> {
        self.newlines();
        Ok(Expr { kind: ExprKind::Lambda { names, body: Box::new(self.any_expression()?) }, at })
    }

    /// `(value)` or the parameters of a lambda, `(a, b) => …`.
    fn parenthesis(&mut self, at: Place) -> Result<Expr, Problem> {
        self.need("(")?;
        if let Some((names, after)) = self.lambda_names() {
            self.next = after;
            return self.lambda(names, at);
        }
        if self.at_new_line() {
            return self.fail("BCP243", "a value on the same line as its parenthesis");
        }
        let inner = self.expression()?;
        if self.at_new_line() {
            // Reported where the value starts: the line break is one thing too many in the parentheses.
            return Err(Problem::new(inner.at, "BCP243", "a parenthesis closes on the line of its value"));
        }
        if self.is(",") {
            return Err(Problem::new(inner.at, "BCP243", "parentheses hold one value"));
        }
        self.need(")")?;
        Ok(Expr { kind: ExprKind::Paren(Box::new(inner)), at })
    }

    /// Names of a lambda and where its body starts, if that is what stands behind `(`.
    fn lambda_names(&self) -> Option<(Vec<String>, usize)> {
        let mut at = self.next;
        let kind = |at: usize| self.tokens.get(at).map(|token| &token.kind);
        let skip = |at: &mut usize| {
            while matches!(kind(*at), Some(TokenKind::NewLine)) {
                *at += 1;
            }
        };
        let mut names = Vec::new();
        skip(&mut at);
        while let Some(TokenKind::Name(name)) = kind(at) {
            names.push(name.clone());
            at += 1;
            skip(&mut at);
            match kind(at) {
                Some(TokenKind::Mark(",")) => at += 1,
                _ => break,
            }
            skip(&mut at);
        }
        let mark = |at: usize, mark: &str| matches!(kind(at), Some(TokenKind::Mark(found)) if *found == mark);
        (mark(at, ")") && mark(at + 1, "=>")).then_some((names, at + 2))
    }

    /// `[a, b]`, with commas or line breaks, or `[for x in list: value]`.
    fn array(&mut self, at: Place) -> Result<Expr, Problem> {
        self.need("[")?;
        let ahead = usize::from(self.at_new_line());
        let is_loop = matches!(&self.ahead(ahead).kind, TokenKind::Name(name) if name == "for")
            && (self.ahead(ahead + 1).kind.is_name() || matches!(self.ahead(ahead + 1).kind, TokenKind::Mark("(")));
        if is_loop {
            self.newlines();
            let head = self.loop_head()?;
            let body = Box::new(self.any_expression()?);
            self.newlines();
            self.need("]")?;
            return Ok(Expr { kind: ExprKind::For { head, body }, at });
        }
        self.newlines();
        let mut items = Vec::new();
        while !self.take("]") {
            if matches!(self.token().kind, TokenKind::End) {
                return self.fail("BCP018", "`]`");
            }
            items.push(if self.take("...") {
                Item::Spread(self.any_expression()?)
            } else {
                Item::Value(self.any_expression()?)
            });
            self.separator("]")?;
        }
        Ok(Expr { kind: ExprKind::Array(items), at })
    }

    /// Arguments of a call, its `(` already read: commas, and lines may break after them.
    pub(super) fn arguments(&mut self) -> Result<Vec<Expr>, Problem> {
        self.newlines();
        let mut arguments = Vec::new();
        while !self.take(")") {
            if matches!(self.token().kind, TokenKind::End) {
                return self.fail("BCP018", "`)`");
            }
            arguments.push(self.expression()?);
            let before = self.here();
            let broken = self.at_new_line();
            self.newlines();
            if self.is(")") {
                continue;
            }
            if broken {
                return Err(Problem::new(before, "BCP237", "expected a comma, found the end of the line"));
            }
            if !self.take(",") {
                return self.fail("BCP236", "a comma or `)`");
            }
            self.newlines();
            if self.is(")") {
                return self.fail("BCP009", "an argument after the comma");
            }
        }
        Ok(arguments)
    }

    pub(super) fn text(&mut self, parts: Vec<StrPart>) -> Result<Text, Problem> {
        let mut text = Text { texts: Vec::new(), codes: Vec::new() };
        for part in parts {
            match part {
                StrPart::Text(piece) => text.texts.push(piece),
                StrPart::Code(tokens) => {
                    let mut inner = Parser { tokens: &tokens, next: 0, depth: self.depth, height: 0, literals: false };
                    let expression = inner.expression()?;
                    if !matches!(inner.token().kind, TokenKind::End) {
                        return inner.fail("BCP064", "`}`");
                    }
                    self.height = self.height.max(inner.height);
                    text.codes.push(expression);
                }
            }
        }
        Ok(text)
    }
}
