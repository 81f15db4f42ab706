//! Layout of types.

use super::doc::{Doc, spread};
use super::expressions::flat;
use super::layout::{Inside, Laid, Layout, Shape, Style};
use super::tokens::Class;
use crate::Problem;

const OBJECT: Style = Style { close: "}", separator: ", ", padding: " ", indents_one: true };
const TUPLE: Style = Style { close: "]", separator: ", ", padding: "", indents_one: true };
const OF_TYPES: Style = Style { close: ">", separator: " ", padding: "", indents_one: true };

impl Layout<'_> {
    /// A type, as it stands behind a name.
    pub(super) fn type_of(&mut self) -> Result<Doc, Problem> {
        self.deeper(Self::union)
    }

    /// `'a' | 'b'`; over several lines there is a `|` in front of each.
    fn union(&mut self) -> Result<Doc, Problem> {
        let before = self.forced;
        let mut docs = Vec::new();
        let leading = self.beyond_lines(0).1.is("|");
        if leading {
            docs.extend(self.lines());
            self.operator();
        }
        let first = self.signed()?;
        if !leading && !self.beyond_lines(0).1.is("|") {
            return Ok(first);
        }
        docs.push(Doc::Glue(vec![Doc::Broken("| "), first]));
        while self.beyond_lines(0).1.is("|") {
            docs.extend(self.lines());
            self.operator();
            docs.push(Doc::Glue(vec![Doc::text("| "), self.signed()?]));
        }
        Ok(self.indented(docs, before, true))
    }

    fn signed(&mut self) -> Result<Doc, Problem> {
        if self.is("-") || self.is("!") {
            let sign = self.word();
            return Ok(Doc::Glue(vec![sign, self.deeper(Self::signed)?]));
        }
        let mut docs = vec![self.primary_type()?];
        loop {
            if self.is("[") {
                docs.push(self.word());
                if self.is("*") {
                    docs.push(self.operator());
                } else if !self.is("]") {
                    docs.push(self.expression()?.doc);
                }
                docs.push(self.mark("]")?);
            } else if self.is(".") {
                docs.push(self.operator());
                docs.push(if self.is("*") { self.operator() } else { self.name()? });
                if self.is("<") {
                    docs.push(self.of_types()?);
                }
            } else if self.is("?") || self.is("!") {
                docs.push(self.word());
            } else if docs.len() == 1 {
                return Ok(docs.remove(0));
            } else {
                return Ok(Doc::Glue(docs));
            }
        }
    }

    fn primary_type(&mut self) -> Result<Doc, Problem> {
        match self.ahead(0).class {
            Class::Value => Ok(self.word()),
            Class::Name if self.is_word("resource") && !self.ahead(1).is("<") => {
                let keyword = self.word();
                let of = self.ahead(0).class == Class::Value;
                Ok(if of { spread(vec![keyword, self.string()?]) } else { keyword })
            }
            Class::Name => {
                let name = self.word();
                Ok(if self.is("<") { Doc::Glue(vec![name, self.of_types()?]) } else { name })
            }
            Class::Mark if self.is("(") => {
                let open = self.word();
                let inner = self.type_of()?;
                Ok(Doc::Glue(vec![open, inner, self.mark(")")?]))
            }
            Class::Mark if self.is("{") => self.object_type(),
            Class::Mark if self.is("[") => {
                let open = self.word();
                let before = self.forced;
                let docs = self.entries("]", |layout, docs| {
                    docs.extend(layout.decorators()?);
                    docs.push(layout.type_of()?);
                    Ok(false)
                })?;
                self.enclosed(open, Inside { docs, before, apart: 0 }, &TUPLE)
            }
            _ => self.fail("a type"),
        }
    }

    fn object_type(&mut self) -> Result<Doc, Problem> {
        let open = self.mark("{")?;
        let before = self.forced;
        let docs = self.entries("}", |layout, docs| {
            docs.extend(layout.decorators()?);
            let named = matches!(layout.ahead(0).class, Class::Name | Class::Value);
            let key = if named { layout.word() } else { layout.need_operator("*")? };
            let colon = layout.need_operator(":")?;
            let of = layout.type_of()?;
            docs.push(spread(vec![Doc::Glue(vec![key, colon]), of]));
            Ok(true)
        })?;
        self.enclosed(open, Inside { docs, before, apart: 0 }, &OBJECT)
    }

    /// `<'Microsoft.Storage/storageAccounts@2025-06-01'>`: in one line, however long it is.
    fn of_types(&mut self) -> Result<Doc, Problem> {
        let open = self.mark("<")?;
        let before = self.forced;
        let one = |layout: &mut Self| Ok(Laid { doc: layout.type_of()?, shape: Shape::Other });
        let (docs, _) = self.arguments(">", one)?;
        Ok(match self.enclosed(open, Inside { docs, before, apart: 0 }, &OF_TYPES)? {
            Doc::Group(docs) => flat(Doc::Glue(docs)),
            other => other,
        })
    }
}
