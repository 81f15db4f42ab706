//! Bodies of resources, held against their types: what is missing, unknown, read-only or of another type.
//!
//! The compiler only warns of it, because its types are sometimes wrong; the service then decides.

use regex::Regex;

use super::super::ast::*;
use super::super::functions::did_you_mean;
use super::types::Type;
use super::{Checker, Place, Problem, Scope};
use crate::resources::{self, Kinds, Known, Limits, Member, Object, Property, Side};

/// Properties that every resource may have, whatever its type says.
const OF_THE_LANGUAGE: [&str; 4] = ["name", "parent", "scope", "dependsOn"];

/// Properties that the compiler knows of resources in general: it doubts them where a type does not have them.
const OF_RESOURCES: [&str; 12] = [
    "location",
    "tags",
    "sku",
    "kind",
    "managedBy",
    "managedByExtended",
    "extendedLocation",
    "zones",
    "plan",
    "eTag",
    "scale",
    "identity",
];

impl Checker<'_> {
    /// Holds what is written and read of resources against their types, as far as these are known.
    pub(super) fn check_resource_types(&self, file: &File) {
        let by = |side| {
            let before = self.problems.take();
            for declaration in &file.declarations {
                if let Kind::Resource(block) = &declaration.kind {
                    self.check_body(declaration, block, side);
                }
            }
            self.check_reads(file, side);
            self.problems.replace(before)
        };
        let (older, newer) = (by(Side::Older), by(Side::Newer));
        let both = |problem: &Problem| newer.iter().any(|other| (other.at, other.code) == (problem.at, problem.code));
        self.problems.borrow_mut().extend(older.into_iter().filter(both));
    }

    fn check_body(&self, declaration: &Declaration, block: &Block, side: Side) {
        let Some(body) = resources::body(&block.reference, side).filter(|_| !block.existing) else {
            return;
        };
        let scope = Scope::default();
        let scope = match &block.repeat {
            Some(head) => scope.with_loop(head, self.quietly(|checker| checker.loop_item(head, &scope))),
            None => scope,
        };
        Body { checker: self, scope, resource: true }.object(&block.body, body, declaration.name_at);
    }

    /// What `ask` answers; what it has to say is not said again.
    pub(super) fn quietly<T>(&self, ask: impl FnOnce(&Self) -> T) -> T {
        let said = self.problems.borrow().clone();
        let answer = ask(self);
        *self.problems.borrow_mut() = said;
        answer
    }
}

/// Values within one body.
struct Body<'c, 'a> {
    checker: &'c Checker<'a>,
    scope: Scope,
    /// Whether this is the body itself, not an object in it.
    resource: bool,
}

impl Body<'_, '_> {
    fn say(&self, at: Place, code: &'static str, message: String) {
        self.checker.say(at, code, message);
    }

    /// Holds the object of `entries` at `at` against `known`.
    fn object(&self, entries: &[Entry], known: Known, at: Place) {
        match known.kind() {
            resources::Type::Object(object) => self.properties(entries, known, &of_object(object), at),
            resources::Type::Kinds(kinds) => self.one_of(entries, known, kinds, at),
            _ => {}
        }
    }

    /// Holds an object against the kind that one of its properties tells.
    fn one_of(&self, entries: &[Entry], known: Known, kinds: &Kinds, at: Place) {
        let names = || quoted(kinds.kinds.keys().map(String::as_str));
        let Some(told) = property(entries, &kinds.by) else {
            if entries.iter().all(is_plain) {
                let message = format!("`{}` is missing: it is one of {}", kinds.by, names());
                self.say(at, "BCP078", message);
            }
            return;
        };
        let Some(name) = told.literal() else {
            return;
        };
        let Some(kind) = kinds.kinds.get(name) else {
            let near = did_you_mean(name, kinds.kinds.keys().map(String::as_str));
            let code = if near.is_empty() { "BCP036" } else { "BCP088" };
            return self.say(told.at, code, format!("`{}` is one of {}, not '{name}'{near}", kinds.by, names()));
        };
        let resources::Type::Object(object) = known.at(*kind).kind() else {
            return;
        };
        let mut shape = of_object(object);
        shape.name = &kinds.name;
        shape.properties.extend(kinds.properties.iter().map(|(name, property)| (name.as_str(), *property)));
        self.properties(entries, known, &shape, at);
    }

    fn properties(&self, entries: &[Entry], known: Known, shape: &Shape<'_>, at: Place) {
        for entry in entries {
            let Entry::Property { key, at, value } = entry else {
                continue;
            };
            let Some(name) = key.literal() else {
                continue;
            };
            match (shape.properties.get(name), shape.others) {
                (Some(property), _) if property.is_read_only() => {
                    self.say(*at, "BCP073", format!("`{name}` is read from a resource and never written"));
                }
                (Some(property), _) => self.value(Some(name), value, known.at(property.kind), *at),
                (None, _) if self.resource && OF_THE_LANGUAGE.contains(&name) => {}
                (None, Some(others)) => self.value(Some(name), value, known.at(others), *at),
                (None, None) if self.resource && OF_RESOURCES.contains(&name) => {
                    let message = format!("`{name}` is not in the type of this resource; it might still be valid");
                    self.say(*at, "BCP187", message);
                }
                (None, None) => self.unknown(name, shape, *at),
            }
        }
        let missing =
            shape.properties.iter().filter(|(name, of)| of.is_required() && property(entries, name).is_none());
        let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
        if !missing.is_empty() && entries.iter().all(is_plain) {
            let these = if missing.len() == 1 { "this property" } else { "these properties" };
            let message = format!("{} needs {these} too: {}", shape.name, quoted(missing.into_iter()));
            self.say(at, "BCP035", message);
        }
    }

    fn unknown(&self, name: &str, shape: &Shape<'_>, at: Place) {
        let written = shape.properties.iter().filter(|(_, property)| !property.is_read_only());
        let near = did_you_mean(name, written.map(|(name, _)| *name));
        let code = if near.is_empty() { "BCP037" } else { "BCP089" };
        self.say(at, code, format!("{} has no property `{name}`{near}", shape.name));
    }

    /// Holds the value of the property `name`, or of an item of a list, against `known`; `at` is its place.
    fn value(&self, name: Option<&str>, value: &Expr, known: Known, at: Place) {
        let inner = |scope| Body { checker: self.checker, scope, resource: false };
        match (&value.bare().kind, known.kind()) {
            (_, resources::Type::Any) => {}
            (ExprKind::Ternary { yes, no, .. }, _) => {
                self.value(name, yes, known, at);
                self.value(name, no, known, at);
            }
            (ExprKind::Object(entries), resources::Type::Object(_) | resources::Type::Kinds(_)) => {
                inner(self.scope.clone()).object(entries, known, at);
            }
            (ExprKind::Array(items), resources::Type::List(item)) => {
                let inner = inner(self.scope.clone());
                for value in
                    items.iter().filter_map(|item| if let Item::Value(value) = item { Some(value) } else { None })
                {
                    inner.value(None, value, known.at(*item), value.at);
                }
            }
            (ExprKind::For { head, body }, resources::Type::List(item)) => {
                let each = self.checker.quietly(|checker| checker.loop_item(head, &self.scope));
                inner(self.scope.with_loop(head, each)).value(None, body, known.at(*item), body.at);
            }
            (ExprKind::For { .. }, _) => self.another(name, "array", known, value.at),
            _ => {
                let found = self.checker.quietly(|checker| checker.infer_property(value, &self.scope));
                self.fits(name, &found, known, value.at);
            }
        }
    }

    /// Holds a value of which only the type is known against `known`.
    fn fits(&self, name: Option<&str>, found: &Type, known: Known, at: Place) {
        if let Type::Union(members) = found {
            // Null leaves a property out.
            return members
                .iter()
                .filter(|member| **member != Type::Null)
                .for_each(|one| self.fits(name, one, known, at));
        }
        match (found, known.kind()) {
            (Type::Text(Some(text)), resources::Type::Text(limits)) => self.text(name, text, limits, at),
            (Type::Int(Some(number)), resources::Type::Int(limits)) => self.number(name, *number, limits, at),
            _ if may_be(found, known) => {}
            (Type::Text(Some(text)), resources::Type::Union(members)) => {
                let near = did_you_mean(text, members.iter().filter_map(literal));
                let code = if near.is_empty() { "BCP036" } else { "BCP088" };
                let message = format!("{} is {}, not '{text}'{near}", subject(name), shown(known));
                self.say(at, code, message);
            }
            _ => self.another(name, &found.to_string(), known, at),
        }
    }

    fn another(&self, name: Option<&str>, found: &str, known: Known, at: Place) {
        if may_be_any_list(known) && found == "array" {
            return;
        }
        let code = if name.is_some() { "BCP036" } else { "BCP034" };
        self.say(at, code, format!("{} is {}, not {found}", subject(name), shown(known)));
    }

    fn text(&self, name: Option<&str>, text: &str, limits: &Limits, at: Place) {
        let length = i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX);
        let subject = subject(name);
        if let Some(max) = limits.max.filter(|max| length > *max) {
            self.say(at, "BCP332", format!("{subject} has at most {max} characters, not {length}"));
        } else if let Some(min) = limits.min.filter(|min| length < *min) {
            self.say(at, "BCP333", format!("{subject} has at least {min} characters, not {length}"));
        } else if let Some(pattern) = &limits.pattern
            && let Ok(regex) = Regex::new(pattern)
            && !regex.is_match(text)
        {
            self.say(at, "BCP416", format!("{subject} is like /{pattern}/, and '{text}' is not"));
        }
    }

    fn number(&self, name: Option<&str>, number: i64, limits: &Limits, at: Place) {
        let subject = subject(name);
        if let Some(max) = limits.max.filter(|max| number > *max) {
            self.say(at, "BCP327", format!("{subject} is at most {max}, not {number}"));
        } else if let Some(min) = limits.min.filter(|min| number < *min) {
            self.say(at, "BCP328", format!("{subject} is at least {min}, not {number}"));
        }
    }
}

/// What an object may hold.
struct Shape<'t> {
    name: &'t str,
    properties: std::collections::BTreeMap<&'t str, Property>,
    others: Option<usize>,
}

fn of_object(object: &Object) -> Shape<'_> {
    let properties = object.properties.iter().map(|(name, property)| (name.as_str(), *property)).collect();
    Shape { name: &object.name, properties, others: object.others }
}

fn property<'e>(entries: &'e [Entry], name: &str) -> Option<&'e Expr> {
    entries.iter().find_map(|entry| match entry {
        Entry::Property { key, value, .. } if key.literal() == Some(name) => Some(value),
        _ => None,
    })
}

/// Whether the name of an entry's property stands in the file.
fn is_plain(entry: &Entry) -> bool {
    matches!(entry, Entry::Property { key, .. } if key.literal().is_some())
}

fn literal(member: &Member) -> Option<&str> {
    match member {
        Member::Literal(text) => Some(text),
        Member::Type(_) => None,
    }
}

/// Whether a value of this type may stand where `known` is, as far as that can be told.
fn may_be(found: &Type, known: Known) -> bool {
    match (found, known.kind()) {
        (Type::Any | Type::Lambda(_), _) | (_, resources::Type::Any) => true,
        (Type::Null, _) => true,
        (_, resources::Type::Union(members)) => members.iter().any(|member| match member {
            Member::Literal(text) => is_text(found, text),
            Member::Type(index) => may_be(found, known.at(*index)),
        }),
        (_, resources::Type::Literal(text)) => is_text(found, text),
        (Type::Bool, resources::Type::Bool) => true,
        (Type::Int(_), resources::Type::Int(_)) => true,
        (Type::Text(_), resources::Type::Text(_)) => true,
        (Type::Array(_) | Type::Tuple(_), resources::Type::List(_)) => true,
        (Type::Resource { list, .. } | Type::Module { list, .. }, resources::Type::List(_)) => *list,
        (
            Type::Object { .. }
            | Type::Scope(_)
            | Type::Resource { list: false, .. }
            | Type::Module { list: false, .. },
            resources::Type::Object(_) | resources::Type::Kinds(_),
        ) => true,
        _ => false,
    }
}

/// A text that is not known may be the one that is wanted.
fn is_text(found: &Type, wanted: &str) -> bool {
    match found {
        Type::Text(text) => text.as_deref().is_none_or(|text| text == wanted),
        _ => false,
    }
}

fn may_be_any_list(known: Known) -> bool {
    may_be(&Type::array(), known)
}

fn subject(name: Option<&str>) -> String {
    name.map_or_else(|| "an item of this list".to_owned(), |name| format!("`{name}`"))
}

fn quoted<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

/// A type in words of the language.
fn shown(known: Known) -> String {
    match known.kind() {
        resources::Type::Any => "anything".to_owned(),
        resources::Type::Bool => "a bool".to_owned(),
        resources::Type::Int(_) => "an int".to_owned(),
        resources::Type::Text(_) => "a string".to_owned(),
        resources::Type::Literal(text) => format!("'{text}'"),
        resources::Type::Union(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|member| match member {
                    Member::Literal(text) => format!("'{text}'"),
                    Member::Type(index) => shown(known.at(*index)),
                })
                .collect();
            members.join(" | ")
        }
        resources::Type::List(_) => "an array".to_owned(),
        resources::Type::Object(_) | resources::Type::Kinds(_) => "an object".to_owned(),
    }
}
