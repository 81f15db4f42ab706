//! Decorators: where each may stand, and what it takes.

use super::super::ast::*;
use super::super::functions::did_you_mean;
use super::types::Type;
use super::{Checker, Place};

/// Every decorator of the subset, and where it may stand (p parameter, v variable, r resource, m module, o output).
const KNOWN: [(&str, &str, usize); 14] = [
    ("allowed", "p", 1),
    ("batchSize", "rm", 1),
    ("description", "pvrmo", 1),
    ("discriminator", "po", 1),
    ("export", "v", 0),
    ("maxLength", "po", 1),
    ("maxValue", "po", 1),
    ("metadata", "po", 1),
    ("minLength", "po", 1),
    ("minValue", "po", 1),
    ("nullIfNotFound", "r", 0),
    ("onlyIfNotExists", "r", 0),
    ("sealed", "po", 0),
    ("secure", "po", 0),
];

/// Decorators that make a template which this tool does not write.
const BEYOND: [&str; 5] = ["discriminator", "export", "nullIfNotFound", "onlyIfNotExists", "sealed"];

impl Checker<'_> {
    pub(super) fn check_decorators(&self, declaration: &Declaration) {
        let (place, code, what, kind) = match &declaration.kind {
            Kind::Parameter { kind, .. } => ("p", "BCP125", "parameter", Some(kind.as_str())),
            Kind::Variable(_) => ("v", "BCP126", "variable", None),
            Kind::Resource(_) => ("r", "BCP127", "resource", None),
            Kind::Module(_) => ("m", "BCP128", "module", None),
            Kind::Output { kind, .. } => ("o", "BCP129", "output", Some(kind.as_str())),
            Kind::Metadata(_) | Kind::Assignment(_) => {
                for decorator in &declaration.decorators {
                    self.say(decorator.at, "BCP130", "a decorator cannot stand here");
                }
                return;
            }
        };
        for decorator in &declaration.decorators {
            let name = decorator.name.as_str();
            let Some((_, places, count)) = KNOWN.iter().find(|(known, ..)| *known == name) else {
                let near = did_you_mean(name, KNOWN.iter().map(|(known, ..)| *known));
                let code = if near.is_empty() { "BCP057" } else { "BCP082" };
                self.say(decorator.at, code, format!("there is no decorator `@{name}`{near}"));
                continue;
            };
            if !places.contains(place) {
                self.say(decorator.at, code, format!("`@{name}` does not belong to a {what}"));
                continue;
            }
            if declaration.decorators.iter().filter(|other| other.name == name).count() > 1 {
                self.say(decorator.at, "BCP166", format!("`@{name}` is given twice"));
            }
            if decorator.arguments.len() != *count {
                self.say(decorator.at, "BCP071", format!("`@{name}()` takes {count} argument(s)"));
                continue;
            }
            if BEYOND.contains(&name) || name == "secure" && place == "o" {
                let message = format!("`@{name}` of a {what} is not of the subset that this tool compiles");
                self.say(decorator.at, "", message);
                continue;
            }
            self.check_arguments(declaration, decorator, kind);
        }
        self.check_bounds(declaration);
    }

    fn check_arguments(&self, declaration: &Declaration, decorator: &Decorator, kind: Option<&str>) {
        let name = decorator.name.as_str();
        for argument in &decorator.arguments {
            if let Some(at) = not_constant(argument) {
                self.say(at, "BCP032", format!("`@{name}()` takes a value that is written out"));
                return;
            }
        }
        let found = decorator.arguments.first().map(|argument| self.infer(argument, &super::Scope::default()));
        let takes = |wanted: Type| {
            if let (Some(found), Some(argument)) = (&found, decorator.arguments.first())
                && !found.fits(&wanted)
            {
                self.say(argument.at, "BCP070", format!("`@{name}()` takes {wanted}, not {found}"));
            }
        };
        let on = |kinds: &[&str]| {
            if let Some(kind) = kind
                && !kinds.contains(&kind)
            {
                self.say(decorator.at, "BCP124", format!("`@{name}` is for {}, not for {kind}", kinds.join(" and ")));
            }
        };
        match name {
            "description" => takes(Type::TEXT),
            "metadata" => takes(Type::object()),
            "secure" => on(&["string", "object"]),
            "minValue" | "maxValue" => {
                takes(Type::INT);
                on(&["int"]);
            }
            "minLength" | "maxLength" => {
                takes(Type::INT);
                on(&["string", "array"]);
                if let Some(Type::Int(Some(number))) = found
                    && number < 0
                {
                    self.say(decorator.at, "BCP168", "a length is not negative");
                }
            }
            "allowed" => self.check_allowed(decorator, kind.unwrap_or_default()),
            "batchSize" => {
                takes(Type::INT);
                self.check_batch(declaration, decorator, found);
            }
            _ => {}
        }
    }

    fn check_allowed(&self, decorator: &Decorator, kind: &str) {
        let Some(Expr { kind: ExprKind::Array(items), at }) = decorator.arguments.first() else {
            return self.say(decorator.at, "BCP070", "`@allowed()` takes an array");
        };
        if items.is_empty() {
            return self.say(*at, "BCP099", "`@allowed()` names at least one value");
        }
        let wanted = Type::named(kind);
        for item in items {
            let (Item::Value(value) | Item::Spread(value)) = item;
            let found = self.infer(value, &super::Scope::default());
            // An array may name what its items are.
            if !found.fits(&wanted) && !wanted.is_list() {
                self.say(value.at, "BCP034", format!("an allowed value is of type {kind}, not {found}"));
            }
        }
    }

    fn check_batch(&self, declaration: &Declaration, decorator: &Decorator, found: Option<Type>) {
        let looped = matches!(&declaration.kind, Kind::Resource(block) | Kind::Module(block) if block.repeat.is_some());
        if !looped {
            self.say(decorator.at, "BCP155", "`@batchSize` is for loops of resources and modules");
        } else if let Some(Type::Int(Some(number))) = found
            && number < 1
        {
            self.say(decorator.at, "BCP154", format!("a batch has at least one, not {number}"));
        }
    }

    fn check_bounds(&self, declaration: &Declaration) {
        for (least, most) in [("minLength", "maxLength"), ("minValue", "maxValue")] {
            if let (Some((at, least)), Some((_, most))) = (bound(declaration, least), bound(declaration, most))
                && least > most
            {
                self.say(at, "BCP331", format!("the minimum {least} is over the maximum {most}"));
            }
        }
    }

    /// That a value fits a parameter: its type, its allowed values, its bounds.
    pub(super) fn check_value(
        &self,
        declaration: &Declaration,
        wanted: &Type,
        found: &Type,
        value: &Expr,
        code: &'static str,
    ) {
        let name = &declaration.name;
        if !found.fits(wanted) {
            let code = match (wanted, found) {
                // Whole numbers that are allowed are a range to the compiler.
                (Type::Union(_) | Type::Int(_), Type::Int(Some(_))) if self.parameter_file => "BCP327",
                _ => code,
            };
            self.say(value.at, code, format!("parameter `{name}` takes {wanted}, not {found}"));
            return;
        }
        let (size, least, most, codes, what) = match found {
            Type::Int(Some(number)) => (*number, "minValue", "maxValue", ("BCP328", "BCP327"), "is"),
            Type::Text(Some(text)) => {
                (text.encode_utf16().count() as i64, "minLength", "maxLength", ("BCP333", "BCP332"), "has a length of")
            }
            Type::Tuple(items) => {
                (items.len() as i64, "minLength", "maxLength", ("BCP333", "BCP332"), "has a length of")
            }
            _ => return,
        };
        if let Some((_, least)) = bound(declaration, least).filter(|(_, least)| size < *least) {
            self.say(value.at, codes.0, format!("parameter `{name}` {what} at least {least}, not {size}"));
        }
        if let Some((_, most)) = bound(declaration, most).filter(|(_, most)| size > *most) {
            self.say(value.at, codes.1, format!("parameter `{name}` {what} at most {most}, not {size}"));
        }
    }
}

/// The number of a decorator such as `@minLength(3)`.
fn bound(declaration: &Declaration, name: &str) -> Option<(Place, i64)> {
    let decorator = declaration.decorators.iter().find(|decorator| decorator.name == name)?;
    match decorator.arguments.first()?.kind {
        ExprKind::Int(number) => Some((decorator.at, number)),
        _ => None,
    }
}

/// The first place in a value that is not written out.
pub(super) fn not_constant(value: &Expr) -> Option<Place> {
    match &value.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Int(_) => None,
        ExprKind::Str(text) => (!text.codes.is_empty()).then_some(value.at),
        ExprKind::Array(_) | ExprKind::Object(_) | ExprKind::Paren(_) => {
            value.children().into_iter().find_map(not_constant)
        }
        ExprKind::Unary { operator: "-", operand } if matches!(operand.kind, ExprKind::Int(_)) => None,
        _ => Some(value.at),
    }
}
