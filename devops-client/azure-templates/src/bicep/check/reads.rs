//! What is read of resources, held against their types.

use std::collections::HashSet;

use super::super::Place;
use super::super::ast::*;
use super::super::functions::did_you_mean;
use super::{Checker, Symbol};
use crate::resources::{self, Known, Object, Property, Side, Type};

impl Checker<'_> {
    /// Says which properties are read that their resource does not have.
    pub(super) fn check_reads(&self, file: &File, side: Side) {
        let reads = Reads { checker: self, locals: locals(file), side };
        file.walk(&mut |expr| {
            if let ExprKind::Member { base, name, name_at, safe: false } = &expr.kind
                && let Some(of) = reads.of(base)
                && let Type::Object(object) = of.kind()
            {
                self.check_read(object, name, *name_at);
            }
        });
    }

    fn check_read(&self, object: &Object, name: &str, at: Place) {
        match object.properties.get(name) {
            Some(property) if property.is_write_only() => {
                self.say(at, "BCP077", format!("`{name}` is written and never read"));
            }
            None if object.others.is_none() => {
                let read = |(_, property): &(&String, &Property)| !property.is_write_only();
                let near = did_you_mean(name, object.properties.iter().filter(read).map(|(name, _)| name.as_str()));
                let code = if near.is_empty() { "BCP053" } else { "BCP083" };
                self.say(at, code, format!("{} has no property `{name}`{near}", object.name));
            }
            _ => {}
        }
    }
}

/// Names of loops and lambdas: they hide resources of the same name.
fn locals(file: &File) -> HashSet<&str> {
    let mut found: HashSet<&str> = HashSet::new();
    for declaration in &file.declarations {
        if let Kind::Resource(block) | Kind::Module(block) = &declaration.kind {
            found.extend(block.repeat.iter().flat_map(Loop::names));
        }
    }
    file.walk(&mut |expr| match &expr.kind {
        ExprKind::For { head, .. } => found.extend(head.names()),
        ExprKind::Lambda { names, .. } => found.extend(names.iter().map(String::as_str)),
        _ => {}
    });
    found
}

struct Reads<'c, 'a> {
    checker: &'c Checker<'a>,
    locals: HashSet<&'c str>,
    side: Side,
}

impl Reads<'_, '_> {
    /// The type of what `expr` reads of a resource; nothing where it reads something else, or of a type that is not known.
    fn of(&self, expr: &Expr) -> Option<Known> {
        match &expr.bare().kind {
            ExprKind::Name(name) => self.body(name, false),
            ExprKind::Index { base, .. } => match &base.bare().kind {
                ExprKind::Name(name) if self.body(name, true).is_some() => self.body(name, true),
                _ => {
                    let list = self.of(base)?;
                    match list.kind() {
                        Type::List(item) => Some(list.at(*item)),
                        _ => None,
                    }
                }
            },
            ExprKind::Member { base, name, .. } => {
                let of = self.of(base)?;
                match of.kind() {
                    Type::Object(object) => Some(of.at(object.properties.get(name)?.kind)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The body of the resource `name`, or of each of the list `name`.
    fn body(&self, name: &str, list: bool) -> Option<Known> {
        match self.checker.symbols.get(name) {
            Some(Symbol::Resource(block)) if block.repeat.is_some() == list && !self.locals.contains(name) => {
                resources::body(&block.reference, self.side)
            }
            _ => None,
        }
    }
}
