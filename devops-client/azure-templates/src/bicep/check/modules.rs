//! Modules: where they are, what they take and give, and where they are deployed.

use super::super::ast::*;
use super::super::compile::Target;
use super::super::functions::did_you_mean;
use super::super::sources::resolve;
use super::types::Type;
use super::{Checker, Place, Scope, Symbol, declared_type};

/// What a module has for those who use it.
const PROPERTIES: [&str; 4] = ["name", "scope", "params", "dependsOn"];

impl<'a> Checker<'a> {
    /// The path that a file names, if it is one: what is wrong with it is reported.
    pub(super) fn check_path(&self, reference: &str, at: Place) -> Option<String> {
        let (code, message) = if reference.is_empty() {
            ("BCP050", "the path is empty".to_owned())
        } else if reference.contains('\\') {
            ("BCP098", "a path has slashes, no backslashes".to_owned())
        } else if reference.starts_with('/') {
            ("BCP051", "a path starts at the file that names it, not at the root".to_owned())
        } else if reference.starts_with("br") && reference.contains(':') || reference.starts_with("ts:") {
            (
                "",
                format!(
                    "`{reference}` is in a registry: modules of registries are not of the subset that this tool compiles"
                ),
            )
        } else if reference.contains(':') {
            ("BCP189", format!("`{reference}` is no path"))
        } else {
            match resolve(self.path, reference) {
                Some(path) => return Some(path),
                None => ("BCP093", format!("`{reference}` leads out of the folder")),
            }
        };
        self.say(at, code, message);
        None
    }

    pub(super) fn check_module(&self, declaration: &Declaration, block: &Block, broken: &dyn Fn(&str) -> bool) {
        self.twice(&block.body);
        self.check_head(block);
        self.check_known(block, false);
        let file = self.module_file(block, broken);
        for entry in &block.body {
            match entry {
                Entry::Property { key, at, .. } if !key.literal().is_some_and(|key| PROPERTIES.contains(&key)) => {
                    let shown = key.literal().unwrap_or("…");
                    let message = format!("a module has the properties {}, not `{shown}`", PROPERTIES.join(", "));
                    self.say(*at, "BCP037", message);
                }
                Entry::Property { .. } => {}
                Entry::Spread(value) => self.say(value.at, "BCP401", "`...` cannot stand in the body of a module"),
            }
        }
        let scope = self.block_scope(block);
        match block.property("name") {
            Some(name) => {
                let found = self.infer(name, &scope);
                if !found.fits(&Type::TEXT) {
                    self.say(name.at, "BCP036", format!("`name` is a string, not {found}"));
                }
            }
            None => {
                let message = "a module without `name` is not of the subset that this tool compiles";
                self.say(declaration.at, "", message);
            }
        }
        self.check_depends_on(block, &scope);
        let Some(file) = file else {
            if let Some(value) = block.property("params") {
                self.infer_property(value, &scope);
            }
            return;
        };
        self.check_module_scope(declaration, block, file, &scope);
        self.check_params(declaration, block, file, &scope);
    }

    fn module_file(&self, block: &Block, broken: &dyn Fn(&str) -> bool) -> Option<&'a File> {
        let at = block.reference_at;
        let path = self.check_path(&block.reference, at)?;
        if path == self.path {
            self.say(at, "BCP094", "the module is this file itself");
            return None;
        }
        if self.uses(&path, self.path) {
            self.say(at, "BCP095", format!("`{}` uses this file in turn", block.reference));
            return None;
        }
        if path.ends_with(".json") || path.ends_with(".jsonc") {
            self.say(at, "", "a template in JSON as a module is not of the subset that this tool compiles");
            return None;
        }
        let file = self.sources.get(&path);
        if file.is_none() && !self.sources.unread().iter().any(|unread| unread.path == path) {
            self.say(at, "BCP091", format!("module `{}` does not exist", block.reference));
        } else if file.is_none() || broken(&path) {
            self.say(at, "BCP104", format!("module `{}` has errors", block.reference));
        }
        file
    }

    /// Whether the file at `from` uses the one at `to`, by whatever way.
    fn uses(&self, from: &str, to: &str) -> bool {
        let mut open = vec![from.to_owned()];
        let mut seen = Vec::new();
        while let Some(path) = open.pop() {
            let Some(file) = self.sources.get(&path) else {
                continue;
            };
            for reference in file.modules() {
                match resolve(&path, reference) {
                    Some(next) if next == to => return true,
                    Some(next) if !seen.contains(&next) => {
                        seen.push(next.clone());
                        open.push(next);
                    }
                    _ => {}
                }
            }
        }
        false
    }

    fn check_params(&self, declaration: &Declaration, block: &Block, file: &'a File, scope: &Scope) {
        let declared: Vec<&Declaration> =
            file.declarations.iter().filter(|d| matches!(d.kind, Kind::Parameter { .. })).collect();
        let key_at = block.body.iter().find_map(|entry| match entry {
            Entry::Property { key, at, .. } if key.literal() == Some("params") => Some(*at),
            _ => None,
        });
        let entries: &[Entry] = match block.property("params").map(|value| (&value.bare().kind, value.at)) {
            Some((ExprKind::Object(entries), _)) => entries,
            Some((_, at)) => return self.say(at, "BCP183", "`params` is an object that is written out"),
            None => &[],
        };
        self.twice(entries);
        let mut given = Vec::new();
        for entry in entries {
            let (key, at, value) = match entry {
                Entry::Property { key, at, value } => (key, *at, value),
                Entry::Spread(value) => {
                    self.say(value.at, "BCP401", "`...` cannot stand in `params`");
                    continue;
                }
            };
            let Some(name) = key.literal() else {
                self.say(at, "BCP040", "the name of a parameter holds no `${…}`");
                continue;
            };
            given.push(name);
            let Some(parameter) = declared.iter().find(|parameter| parameter.name == name) else {
                let near = did_you_mean(name, declared.iter().map(|parameter| parameter.name.as_str()));
                let code = if near.is_empty() { "BCP037" } else { "BCP089" };
                self.say(at, code, format!("module `{}` has no parameter `{name}`{near}", block.reference));
                self.infer_property(value, scope);
                continue;
            };
            let secret = parameter.decorators.iter().any(|decorator| decorator.name == "secure");
            let found = self.infer_secret(value, &Scope { secret, ..scope.clone() });
            self.refuse_list(&found, value);
            let wanted = self.foreign_type(parameter);
            self.check_value(parameter, &wanted, &found, value, "BCP036");
        }
        let missing: Vec<&str> = declared
            .iter()
            .filter(|p| matches!(p.kind, Kind::Parameter { default: None, .. }) && !given.contains(&p.name.as_str()))
            .map(|p| p.name.as_str())
            .collect();
        if !missing.is_empty() {
            let message = format!("module `{}` needs the parameter(s) {}", block.reference, missing.join(", "));
            self.say(key_at.unwrap_or(declaration.name_at), "BCP035", message);
        }
    }

    /// A value that may be a secret as a whole, or in the arms of a choice.
    fn infer_secret(&self, value: &Expr, scope: &Scope) -> Type {
        match &value.kind {
            ExprKind::Method { .. } => self.infer(value, scope),
            ExprKind::Ternary { condition, yes, no } => {
                let plain = Scope { secret: false, ..scope.clone() };
                let found = self.infer(condition, &plain);
                if !found.fits(&Type::Bool) {
                    self.say(condition.at, "BCP046", format!("a condition is a bool, not {found}"));
                }
                Type::union([self.infer_secret(yes, scope), self.infer_secret(no, scope)])
            }
            _ => self.infer_property(value, &Scope { secret: false, ..scope.clone() }),
        }
    }

    fn foreign_type(&self, parameter: &Declaration) -> Type {
        match &parameter.kind {
            Kind::Parameter { kind, .. } => declared_type(parameter, kind),
            _ => Type::Any,
        }
    }

    /// What `module.name` is.
    pub(super) fn module_member(&self, module: &str, name: &str, at: Place) -> Type {
        match name {
            "name" => return Type::TEXT,
            "outputs" => {}
            _ => {
                self.say(at, "BCP053", format!("a module has `name` and `outputs`, not `{name}`"));
                return Type::Any;
            }
        }
        let Some(Symbol::Module(block)) = self.symbols.get(module) else {
            return Type::Any;
        };
        let file = resolve(self.path, &block.reference).and_then(|path| self.sources.get(&path));
        let Some(file) = file else {
            return Type::Any;
        };
        let outputs = file.declarations.iter().filter_map(|declaration| match &declaration.kind {
            Kind::Output { kind, .. } => Some((declaration.name.clone(), Type::named(kind))),
            _ => None,
        });
        Type::Object { known: outputs.collect(), open: false }
    }

    /// That the module is deployed to what its file is for.
    fn check_module_scope(&self, declaration: &Declaration, block: &Block, file: &File, scope: &Scope) {
        let Ok(wanted) = Target::of(file) else {
            return; // reported where it stands
        };
        let Some(value) = block.property("scope") else {
            if wanted != self.target {
                let message =
                    format!("module `{}` is deployed to a {wanted}, this file to a {}", block.reference, self.target);
                self.say(declaration.name_at, "BCP134", message);
                self.say(declaration.name_at, "BCP035", "the module needs `scope`");
            }
            return;
        };
        let found = match self.infer(value, scope) {
            Type::Scope(name) => name,
            Type::Resource { name, list: false } => match self.symbols.get(name.as_str()) {
                Some(Symbol::Resource(group))
                    if group.reference.to_ascii_lowercase().starts_with("microsoft.resources/resourcegroups@") =>
                {
                    "resourceGroup"
                }
                _ => "resource",
            },
            Type::Any => return,
            other => {
                return self.say(
                    value.at,
                    "BCP036",
                    format!("`scope` is a resource group, a subscription or the like, not {other}"),
                );
            }
        };
        if found != wanted.name() {
            let message = format!("module `{}` is deployed to a {wanted}, not to a {found}", block.reference);
            self.say(value.at, "BCP134", message);
        }
    }
}
