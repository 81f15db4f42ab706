//! Bodies of resources and modules.

use super::super::ast::*;
use super::super::token::TokenKind;
use super::Parser;
use crate::{Place, Problem};

impl Parser<'_> {
    /// What follows the name of a resource or a module.
    pub(super) fn block(&mut self, resource: bool) -> Result<Block, Problem> {
        let (reference, reference_at) = if resource {
            self.plain_string(("BCP068", "BCP047"), "a resource type with its version")?
        } else {
            self.plain_string(("BCP097", "BCP092"), "the path of a module")?
        };
        let existing = resource && self.take_name("existing");
        self.need("=")?;
        let mut block = Block {
            reference,
            reference_at,
            existing,
            repeat: None,
            condition: None,
            body: Vec::new(),
            body_at: self.here(),
            nested: Vec::new(),
        };
        if self.at_new_line() && matches!(&self.ahead(1).kind, TokenKind::Name(name) if name == "if") {
            self.newlines();
        }
        if self.take("[") {
            self.newlines();
            block.repeat = Some(self.loop_head()?);
            if !self.is("{") && !self.is_name("if") {
                return self.fail("BCP167", "`{` or `if`");
            }
            self.conditional_body(&mut block, resource)?;
            self.newlines();
            self.need("]")?;
            return Ok(block);
        }
        if !self.is("{") && !self.is_name("if") {
            return self.fail("BCP118", "`{`, `[` or `if`");
        }
        self.conditional_body(&mut block, resource)?;
        Ok(block)
    }

    /// `{ … }` or `if (condition) { … }`
    fn conditional_body(&mut self, block: &mut Block, resource: bool) -> Result<(), Problem> {
        if self.take_name("if") {
            if !self.is("(") {
                return self.fail("BCP018", "`(`");
            }
            let condition = self.primary()?;
            if matches!(condition.kind, ExprKind::Lambda { .. }) {
                return Err(Problem::new(condition.at, "BCP242", "a condition is no function"));
            }
            block.condition = Some(condition);
        }
        block.body_at = self.here();
        self.need("{")?;
        let (body, nested) = self.entries(resource)?;
        block.body = body;
        block.nested = nested;
        Ok(())
    }

    /// `for item in list:` or `for (item, index) in list:`
    pub(super) fn loop_head(&mut self) -> Result<Loop, Problem> {
        let at = self.here();
        if !self.take_name("for") {
            return self.fail("BCP012", "`for`");
        }
        let (item, index) = if self.take("(") {
            let item = self.name("BCP136", "the name of the item")?;
            self.need(",")?;
            let index = self.name("BCP163", "the name of the index")?;
            self.need(")")?;
            (item, Some(index))
        } else {
            (self.name("BCP162", "the name of the item, or `(item, index)`")?, None)
        };
        if !self.take_name("in") {
            return self.fail("BCP012", "`in`");
        }
        let list = Box::new(self.expression()?);
        self.need(":")?;
        Ok(Loop { item, index, list, at })
    }

    /// The entries of an object, its `{` already read, and resources that are nested in it where these may be.
    pub(super) fn entries(&mut self, resources: bool) -> Result<(Vec<Entry>, Vec<Declaration>), Problem> {
        let (mut entries, mut nested) = (Vec::new(), Vec::new());
        self.newlines();
        while !self.take("}") {
            if matches!(self.token().kind, TokenKind::End) {
                return self.fail("BCP018", "`}`");
            }
            let resource = self.is("@") || self.is_name("resource") && self.ahead(1).kind.is_name();
            if resources && resource {
                let declaration = self.declaration()?;
                if !matches!(declaration.kind, Kind::Resource(_)) {
                    return Err(Problem::new(declaration.at, "BCP007", "only resources are nested in resources"));
                }
                nested.push(declaration);
            } else {
                entries.push(self.entry()?);
            }
            self.separator("}")?;
        }
        Ok((entries, nested))
    }

    fn entry(&mut self) -> Result<Entry, Problem> {
        if self.take("...") {
            return Ok(Entry::Spread(self.expression()?));
        }
        let at = self.here();
        let key = self.key(at)?;
        self.need(":")?;
        let value = self.expression()?;
        Ok(Entry::Property { key, at, value })
    }

    fn key(&mut self, at: Place) -> Result<Text, Problem> {
        match self.token().kind.clone() {
            TokenKind::Name(name) if self.token().kind.is_name() => {
                self.next += 1;
                Ok(Text { texts: vec![name], codes: Vec::new() })
            }
            TokenKind::Str(parts) => {
                self.next += 1;
                self.text(parts)
            }
            other => {
                let message = format!("expected the name of a property, found {}: put it into quotes", other.shown());
                Err(Problem::new(at, "BCP022", message))
            }
        }
    }

    /// A comma, a line break, or the closing bracket (which stays).
    pub(super) fn separator(&mut self, close: &str) -> Result<(), Problem> {
        if self.at_new_line() {
            self.newlines();
            return Ok(());
        }
        if self.take(",") {
            if self.at_new_line() {
                return self.fail("BCP238", "an item after the comma, on the same line");
            }
            return Ok(());
        }
        if self.is(close) {
            return Ok(());
        }
        let code = if matches!(self.token().kind, TokenKind::End) { "BCP018" } else { "BCP236" };
        self.fail(code, &format!("a comma, a new line or `{close}`"))
    }
}
