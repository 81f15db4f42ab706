//! Values of modules that a preview cannot follow: only a running deployment knows them, and the module names or decides a
//! resource by them. What-if stops there, and shows nothing of what the module would change.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ast::*;
use super::super::sources::{Sources, resolve};
use super::{Checker, Symbol};

/// Parameters of files by which resources are named, scoped or decided, worked out once for each file.
#[derive(Default)]
pub(super) struct Deciding {
    known: BTreeMap<String, BTreeSet<String>>,
    open: BTreeSet<String>,
}

impl Checker<'_> {
    /// Says which values of modules keep what-if from looking into them.
    pub(super) fn check_short_circuits(&self, file: &File) {
        let mut deciding = Deciding::default();
        for declaration in &file.declarations {
            let Kind::Module(block) = &declaration.kind else {
                continue;
            };
            let given: Vec<(&str, &Expr)> = given(block).collect();
            let names = given.iter().map(|(name, _)| *name).collect();
            let needed = deciding.of_module(self.sources, self.path, block, &names);
            for (name, value) in given.iter().filter(|(name, _)| needed.contains(*name)) {
                if !self.later(value).is_empty() {
                    let module = &declaration.name;
                    let message = format!(
                        "`{name}` of module `{module}` is known only while the deployment runs, and the module names or \
                         decides a resource by it: what-if shows nothing of the module"
                    );
                    self.say(value.at, "what-if-short-circuiting", message);
                }
            }
        }
    }

    /// Numbers of a module that may be less or more than it takes.
    pub(super) fn check_limits(&self, file: &File) {
        for declaration in &file.declarations {
            let Kind::Module(block) = &declaration.kind else {
                continue;
            };
            let Some(module) = resolve(self.path, &block.reference).and_then(|path| self.sources.get(&path)) else {
                continue;
            };
            for (name, value) in given(block) {
                let Some(target) = parameter(module, name) else {
                    continue;
                };
                let source = |decorator| match &value.bare().kind {
                    ExprKind::Name(name) => match self.symbols.get(name.as_str()) {
                        Some(Symbol::Parameter(source)) => bound(source, decorator),
                        _ => None,
                    },
                    ExprKind::Call { name, .. } if name == "length" && decorator == "minValue" => Some(0),
                    _ => None,
                };
                if let (Some(least), Some(wanted)) = (source("minValue"), bound(target, "minValue"))
                    && least < wanted
                {
                    self.say(value.at, "BCP329", format!("this may be {least}, and `{name}` is at least {wanted}"));
                }
                if let (Some(most), Some(wanted)) = (source("maxValue"), bound(target, "maxValue"))
                    && most > wanted
                {
                    self.say(value.at, "BCP330", format!("this may be {most}, and `{name}` is at most {wanted}"));
                }
            }
        }
    }
}

impl Deciding {
    /// Which of the parameters that are `given` to a module decide there, by whatever way.
    fn of_module(&mut self, sources: &Sources, path: &str, block: &Block, given: &BTreeSet<&str>) -> BTreeSet<String> {
        let Some(path) = resolve(path, &block.reference) else {
            return BTreeSet::new();
        };
        let Some(file) = sources.get(&path) else {
            return BTreeSet::new();
        };
        let mut deciding = self.of(sources, &path, file);
        // The default of what is not given is made of what is.
        let mut open: Vec<String> = deciding.iter().filter(|name| !given.contains(name.as_str())).cloned().collect();
        while let Some(name) = open.pop() {
            let Some(Declaration { kind: Kind::Parameter { default: Some(default), .. }, .. }) = parameter(file, &name)
            else {
                continue;
            };
            for name in parameters_in(file, default) {
                if deciding.insert(name.clone()) && !given.contains(name.as_str()) {
                    open.push(name);
                }
            }
        }
        deciding.retain(|name| given.contains(name.as_str()));
        deciding
    }

    fn of(&mut self, sources: &Sources, path: &str, file: &File) -> BTreeSet<String> {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        if !self.open.insert(path.to_owned()) {
            return BTreeSet::new(); // modules in a circle are refused elsewhere
        }
        let mut deciding = BTreeSet::new();
        for declaration in &file.declarations {
            let (block, identifiers): (&Block, &[&str]) = match &declaration.kind {
                Kind::Resource(block) => (block, &["name", "scope"]),
                Kind::Module(block) => (block, &["scope"]),
                _ => continue,
            };
            let named = identifiers.iter().filter_map(|key| block.property(key));
            named.chain(&block.condition).for_each(|value| deciding.extend(parameters_in(file, value)));
            if let Kind::Module(block) = &declaration.kind {
                let given: Vec<(&str, &Expr)> = given(block).collect();
                let names = given.iter().map(|(name, _)| *name).collect();
                let needed = self.of_module(sources, path, block, &names);
                for (_, value) in given.iter().filter(|(name, _)| needed.contains(*name)) {
                    deciding.extend(parameters_in(file, value));
                }
            }
        }
        self.open.remove(path);
        self.known.insert(path.to_owned(), deciding.clone());
        deciding
    }
}

/// The values that a module is given, by the names of its parameters.
fn given(block: &Block) -> impl Iterator<Item = (&str, &Expr)> {
    let entries: &[Entry] = match block.property("params").map(|value| &value.bare().kind) {
        Some(ExprKind::Object(entries)) => entries,
        _ => &[],
    };
    entries.iter().filter_map(|entry| match entry {
        Entry::Property { key, value, .. } => Some((key.literal()?, value)),
        Entry::Spread(_) => None,
    })
}

fn parameter<'f>(file: &'f File, name: &str) -> Option<&'f Declaration> {
    let is = |declaration: &&Declaration| {
        matches!(declaration.kind, Kind::Parameter { .. }) && declaration.name.eq_ignore_ascii_case(name)
    };
    file.declarations.iter().find(is)
}

/// The number that a decorator of a parameter gives.
fn bound(parameter: &Declaration, decorator: &str) -> Option<i64> {
    let decorator = parameter.decorators.iter().find(|found| found.name == decorator)?;
    match decorator.arguments.first()?.bare().kind {
        ExprKind::Int(number) => Some(number),
        _ => None,
    }
}

/// The parameters of `file` that `value` names, also by variables.
fn parameters_in(file: &File, value: &Expr) -> BTreeSet<String> {
    let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        value.walk(&mut |expr| {
            let ExprKind::Name(name) = &expr.kind else {
                return;
            };
            for declaration in file.declarations.iter().filter(|declaration| declaration.name == *name) {
                match &declaration.kind {
                    Kind::Parameter { .. } => drop(found.insert(name.clone())),
                    Kind::Variable(value) if seen.insert(name.clone()) => open.push(value),
                    _ => {}
                }
            }
        });
    }
    found
}
