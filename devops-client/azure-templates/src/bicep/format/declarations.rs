//! Layout of files and declarations.

use super::doc::{Doc, collapsed, separated, spread};
use super::layout::{Inside, Layout, Style};
use super::tokens::Class;
use crate::Problem;

const NAMES: Style = Style { close: "}", separator: ", ", padding: " ", indents_one: true };

impl Layout<'_> {
    /// The whole file.
    pub(super) fn file(mut self) -> Result<Vec<Doc>, Problem> {
        let mut docs = Vec::new();
        loop {
            docs.extend(self.lines());
            if self.at_end() {
                docs.extend(self.last_comments());
                return Ok(separated(collapsed(docs), &Doc::Hard));
            }
            docs.extend(self.declaration()?);
            if !self.at_lines() && !self.at_end() {
                return self.fail("the end of the line");
            }
        }
    }

    /// Decorators in front of a declaration, each on lines of its own, with no empty line between them.
    pub(super) fn decorators(&mut self) -> Result<Vec<Doc>, Problem> {
        let mut docs = Vec::new();
        while self.is("@") {
            let at = self.word();
            docs.push(Doc::Glue(vec![at, self.member()?.doc]));
            // Two ends of lines would be an empty line.
            docs.push(Doc::Soft);
            docs.extend(self.lines().into_iter().filter(|doc| !doc.is_line()));
        }
        if docs.last().is_some_and(|last| *last != Doc::Soft) {
            docs.push(Doc::Soft);
        }
        Ok(docs)
    }

    /// A declaration and its decorators.
    pub(super) fn declaration(&mut self) -> Result<Vec<Doc>, Problem> {
        self.deeper(Self::declared)
    }

    fn declared(&mut self) -> Result<Vec<Doc>, Problem> {
        let mut docs = self.decorators()?;
        let Class::Name = self.ahead(0).class else {
            return self.fail("a declaration");
        };
        let keyword = self.ahead(0).text;
        let mut words = vec![self.word()];
        match keyword {
            "targetScope" => {
                words.push(self.need_operator("=")?);
                words.push(self.expression()?.doc);
            }
            "metadata" | "var" | "assert" | "param" | "output" => {
                words.push(self.name()?);
                if !self.is("=") && !self.at_lines() && !self.at_end() {
                    words.push(self.type_of()?);
                }
                if self.is("=") {
                    words.push(self.operator());
                    words.push(self.expression()?.doc);
                }
            }
            "type" => {
                words.push(self.name()?);
                words.push(self.need_operator("=")?);
                words.push(self.type_of()?);
            }
            "resource" | "module" | "test" => self.block(&mut words)?,
            "func" => words.push(self.function()?),
            "import" | "extension" | "provider" | "using" | "extends" => self.reference(&mut words)?,
            _ => return self.fail("a declaration, as `param` or `resource`"),
        }
        docs.push(spread(words));
        Ok(docs)
    }

    /// What follows the keyword of a resource or a module.
    fn block(&mut self, words: &mut Vec<Doc>) -> Result<(), Problem> {
        words.push(self.name()?);
        words.push(self.string()?);
        if self.is_word("existing") {
            words.push(self.word());
        }
        words.push(self.need_operator("=")?);
        let before = self.forced;
        let lines = self.lines();
        let commented = lines.iter().any(|doc| !doc.is_line());
        let value = if self.at_loop() { self.loop_of(Self::conditional)? } else { self.conditional()? };
        words.push(if commented {
            let docs = lines.into_iter().chain([value]).collect();
            self.indented(docs, before, true)
        } else {
            value
        });
        Ok(())
    }

    /// `{ … }` or `if (condition) { … }`
    fn conditional(&mut self) -> Result<Doc, Problem> {
        if !self.is_word("if") {
            return self.object();
        }
        let keyword = self.word();
        let open = self.mark("(")?;
        let inner = self.expression()?.doc;
        let condition = Doc::Glue(vec![open, inner, self.mark(")")?]);
        Ok(spread(vec![keyword, condition, self.object()?]))
    }

    /// `name(a string) string => value`
    fn function(&mut self) -> Result<Doc, Problem> {
        let name = self.name()?;
        let variables = self.names(|layout| {
            let name = layout.name()?;
            Ok(spread(vec![name, layout.type_of()?]))
        })?;
        let of = self.type_of()?;
        let before = self.forced;
        let arrow = self.need_operator("=>")?;
        let lines = self.lines();
        let commented = lines.iter().any(|doc| !doc.is_line());
        let literal = (self.is("{") || self.is("[")) && !self.at_loop();
        let body = self.expression()?;
        let lambda = if literal && body.shape == super::layout::Shape::Literal && !commented {
            vec![variables, of, arrow, body.doc]
        } else {
            let docs = std::iter::once(arrow).chain(lines).chain([body.doc]).collect();
            vec![variables, of, self.indented(docs, before, false)]
        };
        Ok(Doc::Glue(vec![name, spread(lambda)]))
    }

    /// What another file or an extension is called, with what is taken from it.
    fn reference(&mut self, words: &mut Vec<Doc>) -> Result<(), Problem> {
        if self.is("{") {
            let open = self.word();
            let before = self.forced;
            let docs = self.entries("}", |layout, docs| {
                let mut item = vec![layout.name()?];
                if layout.is_word("as") {
                    item.extend([layout.word(), layout.name()?]);
                }
                docs.push(spread(item));
                Ok(true)
            })?;
            words.push(self.enclosed(open, Inside { docs, before, apart: 0 }, &NAMES)?);
        } else if self.is("*") {
            words.push(self.operator());
        }
        while !self.at_lines() && !self.at_end() {
            words.push(match self.ahead(0).class {
                Class::Name | Class::Value => self.word(),
                _ => self.object()?,
            });
        }
        Ok(())
    }
}
