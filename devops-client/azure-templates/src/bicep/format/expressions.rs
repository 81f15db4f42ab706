//! Layout of expressions.

use super::doc::{Doc, spread};
use super::layout::{Inside, Laid, Layout, Shape, Style};
use super::tokens::Class;
use crate::Problem;

const OPERATORS: [&str; 17] =
    ["??", "||", "&&", "==", "!=", "=~", "!~", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "<<"];

/// Items of a list, each with a comma or on a line.
const LIST: Style = Style { close: "]", separator: ", ", padding: "", indents_one: true };
const OBJECT: Style = Style { close: "}", separator: ", ", padding: " ", indents_one: true };
const LOOP: Style = Style { close: "]", separator: "", padding: "", indents_one: true };
const CALL: Style = Style { close: ")", separator: " ", padding: "", indents_one: false };
const NAMES: Style = Style { close: ")", separator: " ", padding: "", indents_one: true };

impl Layout<'_> {
    pub(super) fn expression(&mut self) -> Result<Laid, Problem> {
        self.deeper(Self::choice)
    }

    /// A value, and `? … : …` behind it.
    fn choice(&mut self) -> Result<Laid, Problem> {
        let before = self.forced;
        let condition = self.binary()?;
        if !self.beyond_lines(0).1.is("?") {
            return Ok(condition);
        }
        let mut docs = vec![condition.doc];
        docs.extend(self.lines());
        let (comments, question) = self.question();
        docs.extend(comments);
        let yes = self.expression()?.doc;
        docs.push(spread(vec![question, Doc::Indent(vec![yes])]));
        docs.extend(self.lines());
        let colon = self.need_operator(":")?;
        let no = self.expression()?.doc;
        docs.push(spread(vec![colon, Doc::Indent(vec![no])]));
        Ok(other(self.indented(docs, before, false)))
    }

    /// Operators say the same whatever binds tighter: they stand between their values.
    fn binary(&mut self) -> Result<Laid, Problem> {
        let first = self.unary()?;
        if !self.at_operator() {
            return Ok(first);
        }
        let mut docs = vec![first.doc];
        while self.at_operator() {
            docs.push(self.operator());
            docs.push(self.unary()?.doc);
        }
        Ok(other(spread(docs)))
    }

    fn at_operator(&self) -> bool {
        let token = self.ahead(0);
        token.class == Class::Mark && OPERATORS.contains(&token.text)
    }

    fn unary(&mut self) -> Result<Laid, Problem> {
        if self.is("!") || self.is("-") {
            let sign = self.word();
            let operand = self.deeper(Self::unary)?.doc;
            return Ok(other(Doc::Glue(vec![sign, operand])));
        }
        self.member()
    }

    /// A value and what is read from it.
    pub(super) fn member(&mut self) -> Result<Laid, Problem> {
        let primary = self.primary()?;
        let mut docs = Vec::new();
        loop {
            if self.is(".") {
                docs.push(self.operator());
                if self.is("?") {
                    docs.push(self.word());
                }
                docs.push(self.name()?);
                if self.is("(") {
                    docs.push(self.call()?);
                }
            } else if self.is("::") {
                docs.push(self.operator());
                docs.push(self.name()?);
            } else if self.is("[") {
                docs.push(self.word());
                while self.is("?") || self.is("^") {
                    docs.push(if self.is("?") { self.word() } else { self.operator() });
                }
                docs.push(self.expression()?.doc);
                docs.push(self.mark("]")?);
            } else if self.is("!") {
                docs.push(self.word());
            } else if docs.is_empty() {
                return Ok(primary);
            } else {
                docs.insert(0, primary.doc);
                return Ok(other(Doc::Glue(docs)));
            }
        }
    }

    fn primary(&mut self) -> Result<Laid, Problem> {
        if let Some(after) = self.lambda_head() {
            return self.lambda(after);
        }
        match self.ahead(0).class {
            Class::Value => Ok(other(self.word())),
            Class::Name => {
                let name = self.word();
                Ok(other(if self.is("(") { Doc::Glue(vec![name, self.call()?]) } else { name }))
            }
            Class::Mark if self.is("(") => {
                let open = self.word();
                let inner = self.expression()?.doc;
                Ok(other(Doc::Glue(vec![open, inner, self.mark(")")?])))
            }
            Class::Mark if self.at_loop() => Ok(other(self.loop_of(|layout| Ok(layout.expression()?.doc))?)),
            Class::Mark if self.is("[") => self.list(),
            Class::Mark if self.is("{") => Ok(Laid { doc: self.object()?, shape: Shape::Literal }),
            _ => self.fail("a value"),
        }
    }

    /// Whether a lambda starts here: how many tokens its variables are.
    fn lambda_head(&self) -> Option<usize> {
        if self.ahead(0).class == Class::Name {
            return self.ahead(1).is("=>").then_some(1);
        }
        if !self.is("(") {
            return None;
        }
        let (mut at, mut token) = self.beyond_lines(1);
        while token.class == Class::Name || token.is(",") {
            (at, token) = self.beyond_lines(at + 1);
        }
        (token.is(")") && self.ahead(at + 1).is("=>")).then_some(at + 1)
    }

    fn lambda(&mut self, variables: usize) -> Result<Laid, Problem> {
        let names = if variables == 1 { self.word() } else { self.names(|layout| layout.name())? };
        let arrow = self.need_operator("=>")?;
        let before = self.forced;
        let lines = self.lines();
        let commented = lines.iter().any(|doc| !doc.is_line());
        let body = self.expression()?;
        if body.shape == Shape::Literal && !commented {
            return Ok(Laid { doc: spread(vec![names, arrow, body.doc]), shape: Shape::LambdaOfLiteral });
        }
        let docs = lines.into_iter().chain([body.doc]).collect();
        let tail = self.indented(docs, before, true);
        let shape = if body.shape == Shape::Literal { Shape::LambdaOfLiteral } else { Shape::Other };
        Ok(Laid { doc: spread(vec![names, arrow, tail]), shape })
    }

    /// `(a, b)`
    pub(super) fn names(&mut self, one: impl Fn(&mut Self) -> Result<Doc, Problem>) -> Result<Doc, Problem> {
        let open = self.mark("(")?;
        let before = self.forced;
        let (docs, _) = self.arguments(")", |layout| Ok(other(one(layout)?)))?;
        self.enclosed(open, Inside { docs, before, apart: 0 }, &NAMES)
    }

    /// The arguments of a call.
    fn call(&mut self) -> Result<Doc, Problem> {
        let open = self.mark("(")?;
        let before = self.forced;
        let (docs, apart) = self.arguments(")", Self::expression)?;
        self.enclosed(open, Inside { docs, before, apart }, &CALL)
    }

    /// Arguments up to `close`, and how much of [`Layout::forced`] is the last one's where it may have several lines in
    /// a call of one.
    pub(super) fn arguments(
        &mut self,
        close: &str,
        one: impl Fn(&mut Self) -> Result<Laid, Problem>,
    ) -> Result<(Vec<Doc>, usize), Problem> {
        let mut docs = self.lines();
        let (mut count, mut apart) = (0, 0);
        while !self.is(close) {
            let before = self.forced;
            let argument = one(self)?;
            count += 1;
            let forced = self.forced - before;
            let lines = self.lines();
            if self.is(",") {
                self.operator();
                docs.push(argument.doc.followed_by(","));
                docs.extend(lines);
                docs.extend(self.lines());
                if self.is(close) {
                    return self.fail("a value after the comma");
                }
                continue;
            }
            if !self.is(close) {
                return self.fail(&format!("`,` or `{close}`"));
            }
            let tail = count > 1 && argument.shape != Shape::Other && !argument.doc.has_suffix();
            apart = if tail { forced } else { 0 };
            docs.push(if tail { as_tail(argument) } else { argument.doc });
            docs.extend(lines);
        }
        Ok((docs, apart))
    }

    /// Things up to `close`, each with a comma or line breaks behind it, and whether a line break is the first thing and
    /// one of them forces lines.
    pub(super) fn entries(
        &mut self,
        close: &str,
        mut one: impl FnMut(&mut Self, &mut Vec<Doc>) -> Result<bool, Problem>,
    ) -> Result<Vec<Doc>, Problem> {
        let starts = self.at_lines();
        let mut docs = self.lines();
        let mut forces = false;
        while !self.is(close) {
            forces |= one(self, &mut docs)?;
            if self.is(",") {
                self.operator();
                if self.at_lines() {
                    return self.fail("an item after the comma, on the same line");
                }
            } else if self.at_lines() {
                docs.extend(self.lines());
            } else if !self.is(close) {
                return self.fail(&format!("a comma, a new line or `{close}`"));
            }
        }
        self.forced += usize::from(starts && forces);
        Ok(docs)
    }

    fn list(&mut self) -> Result<Laid, Problem> {
        let open = self.word();
        let before = self.forced;
        let docs = self.entries("]", |layout, docs| {
            let spreads = layout.is("...");
            docs.push(if spreads { layout.spread_value()? } else { layout.expression()?.doc });
            Ok(!spreads)
        })?;
        Ok(Laid { doc: self.enclosed(open, Inside { docs, before, apart: 0 }, &LIST)?, shape: Shape::Literal })
    }

    pub(super) fn object(&mut self) -> Result<Doc, Problem> {
        let open = self.mark("{")?;
        let before = self.forced;
        let docs = self.entries("}", |layout, docs| {
            if layout.is("...") {
                docs.push(layout.spread_value()?);
                return Ok(false);
            }
            if layout.is("@") || layout.is_word("resource") && layout.ahead(1).class == Class::Name {
                docs.extend(layout.declaration()?);
                return Ok(false);
            }
            if !matches!(layout.ahead(0).class, Class::Name | Class::Value) {
                return layout.fail("the name of a property");
            }
            let key = layout.word();
            let colon = layout.need_operator(":")?;
            let value = layout.expression()?.doc;
            docs.push(spread(vec![Doc::Glue(vec![key, colon]), value]));
            Ok(true)
        })?;
        self.enclosed(open, Inside { docs, before, apart: 0 }, &OBJECT)
    }

    fn spread_value(&mut self) -> Result<Doc, Problem> {
        let dots = self.need_operator("...")?;
        Ok(Doc::Glue(vec![dots, self.expression()?.doc]))
    }

    /// Whether `[for …` stands here.
    pub(super) fn at_loop(&self) -> bool {
        let (at, token) = self.beyond_lines(1);
        let next = self.ahead(at + 1);
        self.is("[") && token.is_word("for") && (next.class == Class::Name || next.is("("))
    }

    /// `[for item in list: …]`
    pub(super) fn loop_of(&mut self, body: impl FnOnce(&mut Self) -> Result<Doc, Problem>) -> Result<Doc, Problem> {
        let open = self.mark("[")?;
        let before = self.forced;
        let mut docs = self.lines();
        let keyword = self.keyword("for")?;
        let variables = if self.is("(") {
            match self.names(Self::name)? {
                // They stand in one line, however long that is.
                Doc::Group(docs) => Doc::Glue(docs.into_iter().map(flat).collect()),
                other => other,
            }
        } else {
            self.name()?
        };
        let of = self.keyword("in")?;
        let list = self.expression()?.doc;
        let colon = self.need_operator(":")?;
        let body = body(self)?;
        docs.push(spread(vec![keyword, variables, of, Doc::Glue(vec![list, colon]), body]));
        docs.extend(self.lines());
        self.enclosed(open, Inside { docs, before, apart: 0 }, &LOOP)
    }
}

fn other(doc: Doc) -> Laid {
    Laid { doc, shape: Shape::Other }
}

/// The last argument of a call, so that its lines do not give the other arguments lines of their own.
fn as_tail(argument: Laid) -> Doc {
    match (argument.doc, argument.shape) {
        (Doc::Glue(docs), Shape::Literal) => Doc::Tail(docs),
        (Doc::Glue(mut docs), Shape::LambdaOfLiteral) => {
            if let Some(Doc::Glue(body)) = docs.last_mut() {
                let body = std::mem::take(body);
                docs.pop();
                docs.push(Doc::Tail(body));
            }
            Doc::Glue(docs)
        }
        (doc, _) => doc,
    }
}

/// `doc` in one line.
pub(super) fn flat(doc: Doc) -> Doc {
    match doc {
        Doc::Line(text) => Doc::text(text),
        Doc::Broken(_) => Doc::text(""),
        Doc::Glue(docs) | Doc::Indent(docs) | Doc::Group(docs) => Doc::Glue(docs.into_iter().map(flat).collect()),
        other => other,
    }
}
