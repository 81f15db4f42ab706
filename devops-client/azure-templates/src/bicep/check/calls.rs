//! Calls of functions.

use super::super::ast::*;
use super::super::compile::Target;
use super::super::functions::{did_you_mean, is_runtime};
use super::asked;
use super::signatures::{Argument, Signature, names, namespace_of, replaced, signatures};
use super::types::Type;
use super::{Checker, Scope, Symbol};
use crate::Place;

impl Checker<'_> {
    pub(super) fn call(&self, name: &str, arguments: &[Expr], at: Place, scope: &Scope) -> Type {
        if let Some(kind) = self.scope_call(name, arguments, at, scope) {
            return kind;
        }
        let ways = signatures(name, self.parameter_file);
        if ways.is_empty() {
            arguments.iter().for_each(|argument| drop(self.infer_argument(argument, scope)));
            self.no_function(name, at);
            return Type::Any;
        }
        if matches!(name, "newGuid" | "utcNow") && !scope.default {
            let message =
                format!("{name}() is only there for the default of a parameter: it changes with each deployment");
            self.say(at, "BCP065", message);
        }
        if name.starts_with("load") {
            self.check_load(name, arguments, at);
        }
        if name == "nameof" {
            // Its argument is not evaluated.
            return Type::TEXT;
        }
        let gives = self.resolve(name, &ways, arguments, at, scope);
        asked::function(name).unwrap_or(gives)
    }

    fn no_function(&self, name: &str, at: Place) {
        if let Some((code, instead)) = replaced(name) {
            return self.say(at, code, format!("`{name}` is no function of Bicep: write {instead}"));
        }
        if self.symbols.contains_key(name) {
            return self.say(at, "BCP059", format!("`{name}` is no function"));
        }
        let near = if self.parameter_file { String::new() } else { did_you_mean(name, names()) };
        let code = if near.is_empty() { "BCP057" } else { "BCP082" };
        self.say(at, code, format!("there is no function `{name}` here{near}"));
    }

    /// An argument: a lambda may stand here.
    fn infer_argument(&self, argument: &Expr, scope: &Scope) -> Type {
        match &argument.kind {
            ExprKind::Lambda { names, body } => {
                self.lambda(names, body, Type::Any, scope);
                Type::Lambda(names.len())
            }
            _ => self.infer(argument, scope),
        }
    }

    fn resolve(&self, name: &str, ways: &[Signature], arguments: &[Expr], at: Place, scope: &Scope) -> Type {
        let mut found: Vec<Type> = Vec::new();
        for argument in arguments {
            let kind = match &argument.kind {
                ExprKind::Lambda { names, body } => {
                    let first = found.first().map_or(Type::Any, Type::item);
                    let gives = self.lambda(names, body, first, scope);
                    if let [Some(Argument::Lambda(.., wanted))] =
                        ways.iter().map(|way| way.argument(found.len())).collect::<Vec<_>>().as_slice()
                        && !gives.fits(wanted)
                    {
                        self.say(argument.at, "BCP070", format!("the lambda of {name}() gives {wanted}, not {gives}"));
                    }
                    Type::Lambda(names.len())
                }
                _ => self.infer(argument, scope),
            };
            found.push(kind);
        }
        let counted: Vec<&Signature> = ways.iter().filter(|way| way.takes(arguments.len())).collect();
        if counted.is_empty() {
            let message = format!("{name}() takes {}, not {}", counts(ways), arguments.len());
            self.say(at, "BCP071", message);
            return ways[0].gives.clone();
        }
        for way in &counted {
            if found.iter().enumerate().all(|(index, kind)| self.fits(kind, way.argument(index))) {
                return way.gives.clone();
            }
        }
        if let [way] = counted.as_slice() {
            for (index, kind) in found.iter().enumerate() {
                if !self.fits(kind, way.argument(index)) {
                    let wanted = way.argument(index).map(shown).unwrap_or_default();
                    self.say(arguments[index].at, "BCP070", format!("{name}() takes {wanted} here, not {kind}"));
                }
            }
            return way.gives.clone();
        }
        let kinds: Vec<String> = found.iter().map(ToString::to_string).collect();
        self.say(at, "BCP048", format!("{name}() does not take {}", kinds.join(", ")));
        Type::Any
    }

    fn fits(&self, kind: &Type, argument: Option<&Argument>) -> bool {
        match (argument, kind) {
            (Some(Argument::Lambda(least, most, _)), Type::Lambda(count)) => (*least..=*most).contains(count),
            (Some(Argument::Lambda(..)), Type::Any) => true,
            (Some(Argument::Lambda(..)), _) | (Some(Argument::Value(_)), Type::Lambda(_)) => false,
            (Some(Argument::Value(wanted)), kind) => kind.fits(wanted),
            (None, _) => true,
        }
    }

    /// `resourceGroup()` and the like: what they take depends on what the file is deployed to.
    fn scope_call(&self, name: &str, arguments: &[Expr], at: Place, scope: &Scope) -> Option<Type> {
        if self.parameter_file {
            return None;
        }
        let (kind, counts): (Type, &[usize]) = match (name, self.target) {
            ("resourceGroup", Target::ResourceGroup) => (Type::Scope("resourceGroup"), &[0, 1, 2]),
            ("resourceGroup", Target::Subscription) => (Type::Scope("resourceGroup"), &[1, 2]),
            ("resourceGroup", _) => (Type::Scope("resourceGroup"), &[2]),
            ("subscription", Target::ResourceGroup | Target::Subscription) => (Type::Scope("subscription"), &[0, 1]),
            ("subscription", _) => (Type::Scope("subscription"), &[1]),
            ("managementGroup", Target::ManagementGroup) => (Type::Scope("managementGroup"), &[0, 1]),
            ("managementGroup", _) => (Type::Scope("managementGroup"), &[1]),
            ("tenant", _) => (Type::Scope("tenant"), &[0]),
            _ => return None,
        };
        for argument in arguments {
            let found = self.infer(argument, scope);
            if !found.fits(&Type::TEXT) {
                self.say(argument.at, "BCP070", format!("{name}() takes string here, not {found}"));
            }
        }
        if !counts.contains(&arguments.len()) {
            let wanted: Vec<String> = counts.iter().map(ToString::to_string).collect();
            let message = format!(
                "{name}() takes {} argument(s) in a file of this scope, not {}",
                wanted.join(" or "),
                arguments.len()
            );
            self.say(at, "BCP071", message);
        }
        Some(kind)
    }

    pub(super) fn method(
        &self,
        base: &Expr,
        name: &str,
        name_at: Place,
        arguments: &[Expr],
        at: Place,
        scope: &Scope,
    ) -> Type {
        if let ExprKind::Name(namespace) = &base.kind
            && matches!(namespace.as_str(), "sys" | "az")
            && !self.symbols.contains_key(namespace.as_str())
            && !scope.locals.contains_key(namespace)
        {
            if self.parameter_file && name == "getSecret" {
                return Type::TEXT;
            }
            let own = namespace_of(name);
            if *namespace != own && !(signatures(name, self.parameter_file).is_empty() && own == "sys") {
                let message = format!("`{namespace}` has no function `{name}`: it is one of `{own}`");
                self.say(name_at, "BCP107", message);
            }
            return self.call(name, arguments, name_at, scope);
        }
        let kind = self.infer(base, scope);
        let Type::Resource { name: resource, list: false } = &kind else {
            for argument in arguments {
                self.infer_argument(argument, scope);
            }
            match kind {
                Type::Any => {}
                Type::Object { .. } | Type::Module { list: false, .. } | Type::Scope(_) => {
                    self.say(name_at, "BCP109", format!("{kind} has no function `{name}`"));
                }
                _ => self.say(name_at, "BCP067", format!("{kind} has no functions, so no `{name}`")),
            }
            return Type::Any;
        };
        let vault = matches!(self.symbols.get(resource.as_str()), Some(Symbol::Resource(block))
            if block.reference.to_ascii_lowercase().starts_with("microsoft.keyvault/vaults@"));
        let way = match name {
            "getSecret" if vault => "s,s?>s",
            _ if is_runtime(name) && name != "reference" && name != "references" => "s?,o?>*",
            _ => {
                self.say(name_at, "BCP109", format!("a resource has the functions list…(), not `{name}`"));
                return Type::Any;
            }
        };
        if name == "getSecret" && !scope.secret {
            self.say(at, "BCP180", "getSecret() can only be the whole value of a secure parameter of a module");
        }
        let inner = Scope { secret: false, ..scope.clone() };
        self.resolve(name, &[super::signatures::parse(way)], arguments, at, &inner)
    }
}

fn shown(argument: &Argument) -> String {
    match argument {
        Argument::Value(kind) => kind.to_string(),
        Argument::Lambda(least, most, _) if least == most => format!("a lambda with {least} parameter(s)"),
        Argument::Lambda(least, most, _) => format!("a lambda with {least} to {most} parameters"),
    }
}

fn counts(ways: &[Signature]) -> String {
    let least = ways.iter().map(|way| way.least).min().unwrap_or(0);
    let most = ways.iter().map(|way| way.arguments.len()).max().unwrap_or(0);
    if ways.iter().any(|way| way.repeats) {
        format!("at least {least} argument(s)")
    } else if least == most {
        format!("{least} argument(s)")
    } else {
        format!("{least} to {most} arguments")
    }
}
