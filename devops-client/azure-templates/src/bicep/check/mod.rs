//! What the Bicep compiler refuses, with its codes: everything at once.

mod asked;
mod blocks;
mod bodies;
mod calls;
mod circles;
mod decorators;
mod infer;
mod later;
mod loads;
mod modules;
mod parameters;
mod reads;
mod short_circuit;
mod signatures;
mod types;
mod warnings;

#[cfg(test)]
mod bodies_tests;
#[cfg(test)]
mod short_circuit_tests;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::ast::*;
use super::compile::Target;
use super::sources::Sources;
use crate::{Place, Problem};
pub(super) use parameters::check_parameters;
use types::Type;
pub(super) use warnings::warnings;

/// What is wrong with the Bicep file at `path`; `broken` says whether a module has errors of its own.
pub(super) fn check(sources: &Sources, path: &str, file: &File, broken: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    let checker = match Checker::new(sources, path, file) {
        Ok(checker) => checker,
        Err(problems) => return problems,
    };
    checker.run(file, broken);
    checker.finish()
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
enum Symbol<'a> {
    Parameter(&'a Declaration),
    Variable(&'a Declaration, &'a Expr),
    Resource(&'a Block),
    Module(&'a Block),
}

/// Where an expression stands.
#[derive(Clone, Debug, Default)]
struct Scope {
    /// Names of loops and lambdas: what they are, and whether of a lambda.
    locals: HashMap<String, (Type, bool)>,
    /// In the default of a parameter.
    default: bool,
    /// Where the whole value is that of a secure parameter of a module.
    secret: bool,
    /// Within a loop of a property.
    in_property_loop: bool,
}

impl Scope {
    fn with_loop(&self, head: &Loop, item: Type) -> Self {
        let mut scope = self.clone();
        scope.locals.insert(head.item.clone(), (item, false));
        if let Some(index) = &head.index {
            scope.locals.insert(index.clone(), (Type::INT, false));
        }
        scope
    }
}

struct Checker<'a> {
    sources: &'a Sources,
    path: &'a str,
    target: Target,
    parameter_file: bool,
    symbols: HashMap<&'a str, Symbol<'a>>,
    /// Variables in a circle: they have no type.
    circular: HashSet<String>,
    variables: RefCell<HashMap<String, Type>>,
    problems: RefCell<BTreeSet<Problem>>,
}

impl<'a> Checker<'a> {
    fn new(sources: &'a Sources, path: &'a str, file: &'a File) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        if let [_, _, ..] = file.target_scopes.as_slice() {
            let twice = |(_, at): &(Expr, Place)| Problem::new(*at, "BCP112", "targetScope is given once");
            problems.extend(file.target_scopes.iter().map(twice));
        }
        let target = Target::of(file).unwrap_or_else(|problem| {
            problems.push(problem);
            Target::ResourceGroup
        });
        let checker = Self {
            sources,
            path,
            target,
            parameter_file: path.ends_with(".bicepparam"),
            symbols: HashMap::new(),
            circular: HashSet::new(),
            variables: RefCell::default(),
            problems: RefCell::new(problems.into_iter().collect()),
        };
        Ok(checker.with_symbols(file))
    }

    fn with_symbols(mut self, file: &'a File) -> Self {
        let mut places: HashMap<&str, Vec<Place>> = HashMap::new();
        let mut outputs: HashMap<&str, Vec<Place>> = HashMap::new();
        for declaration in &file.declarations {
            let symbol = match &declaration.kind {
                Kind::Parameter { .. } => Symbol::Parameter(declaration),
                Kind::Variable(value) => Symbol::Variable(declaration, value),
                Kind::Resource(block) => Symbol::Resource(block),
                Kind::Module(block) => Symbol::Module(block),
                Kind::Output { .. } => {
                    outputs.entry(&declaration.name).or_default().push(declaration.name_at);
                    continue;
                }
                Kind::Assignment(_) if self.parameter_file => {
                    places.entry(&declaration.name).or_default().push(declaration.name_at);
                    continue;
                }
                Kind::Assignment(_) => {
                    self.say(declaration.at, "BCP279", "a parameter of a Bicep file needs a type");
                    continue;
                }
                Kind::Metadata(_) => continue,
            };
            if matches!(declaration.name.as_str(), "sys" | "az") {
                self.say(declaration.name_at, "BCP084", format!("`{}` is the name of a namespace", declaration.name));
            }
            places.entry(&declaration.name).or_default().push(declaration.name_at);
            self.symbols.insert(&declaration.name, symbol);
        }
        for (found, code, what) in [(&places, "BCP028", "declared"), (&outputs, "BCP145", "an output")] {
            for (name, places) in found.iter().filter(|(_, places)| places.len() > 1) {
                places.iter().for_each(|at| self.say(*at, code, format!("`{name}` is {what} more than once")));
            }
            for (name, at) in cased(found) {
                self.say(at, "BCP353", format!("`{name}` differs from another name in its capitals alone"));
            }
        }
        self.circular = self.circles(file);
        self
    }

    fn say(&self, at: Place, code: &'static str, message: impl Into<String>) {
        self.problems.borrow_mut().insert(Problem::new(at, code, message));
    }

    fn finish(self) -> Vec<Problem> {
        self.problems.into_inner().into_iter().collect()
    }

    fn run(&self, file: &File, broken: &dyn Fn(&str) -> bool) {
        for (path, at) in &file.using {
            self.say(*at, "BCP007", format!("`using '{path}'` belongs into a parameter file"));
        }
        for declaration in &file.declarations {
            self.check_decorators(declaration);
            match &declaration.kind {
                Kind::Metadata(value) => drop(self.infer(value, &Scope::default())),
                Kind::Parameter { default, .. } => {
                    if let Some(default) = default {
                        self.check_default(declaration, default);
                    }
                }
                Kind::Variable(value) => {
                    let kind = self.variable_type(declaration, value);
                    if let Type::Resource { .. } | Type::Module { .. } = kind {
                        self.refuse_list(&kind, value);
                    }
                    self.check_variable_loop(&declaration.name, value);
                }
                Kind::Output { kind, value } => self.check_output(kind, value),
                Kind::Resource(block) => self.check_resource(declaration, block),
                Kind::Module(block) => self.check_module(declaration, block, broken),
                Kind::Assignment(_) => {}
            }
            self.check_loops_and_calls(declaration);
        }
        self.check_names(file);
    }

    fn check_default(&self, declaration: &Declaration, default: &Expr) {
        let scope = Scope { default: true, ..Scope::default() };
        let found = self.infer(default, &scope);
        default.walk(&mut |expr| {
            if let ExprKind::Name(name) = &expr.kind
                && matches!(
                    self.symbols.get(name.as_str()),
                    Some(Symbol::Variable(..) | Symbol::Resource(..) | Symbol::Module(..))
                )
            {
                let message = format!("`{name}` cannot be the default of a parameter: only other parameters can");
                self.say(expr.at, "BCP072", message);
            }
        });
        let wanted = self.parameter_type(declaration);
        self.check_value(declaration, &wanted, &found, default, "BCP033");
    }

    fn check_output(&self, kind: &str, value: &Expr) {
        let found = self.infer_or_loop(value, &Scope::default());
        if let Type::Resource { list: true, .. } | Type::Module { list: true, .. } = found {
            let message = "a whole list of resources as an output is not of the subset that this tool compiles";
            return self.say(value.at, "", message);
        }
        let wanted = Type::named(kind);
        if !found.fits(&wanted) {
            self.say(value.at, "BCP033", format!("the output is of type {wanted}, not {found}"));
        }
    }

    /// The type of a parameter: one of its allowed values, if it has these.
    fn parameter_type(&self, declaration: &Declaration) -> Type {
        let Kind::Parameter { kind, .. } = &declaration.kind else {
            return Type::Any;
        };
        declared_type(declaration, kind)
    }

    fn variable_type(&self, declaration: &Declaration, value: &Expr) -> Type {
        if self.circular.contains(&declaration.name) {
            return Type::Any;
        }
        if let Some(kind) = self.variables.borrow().get(&declaration.name) {
            return kind.clone();
        }
        let kind = self.infer_or_loop(value, &Scope::default());
        self.variables.borrow_mut().insert(declaration.name.clone(), kind.clone());
        kind
    }
}

/// The type of a declared parameter.
fn declared_type(declaration: &Declaration, kind: &str) -> Type {
    let allowed = declaration.decorators.iter().find(|decorator| decorator.name == "allowed");
    let items = allowed.and_then(|decorator| match &decorator.arguments.first()?.kind {
        ExprKind::Array(items) => Some(items),
        _ => None,
    });
    let literals = items.into_iter().flatten().filter_map(|item| match item {
        Item::Value(Expr { kind: ExprKind::Int(number), .. }) => Some(Type::Int(Some(*number))),
        Item::Value(value) => value.literal().map(|text| Type::Text(Some(text.to_owned()))),
        Item::Spread(_) => None,
    });
    match Type::union(literals) {
        Type::Any => Type::named(kind),
        known if matches!(kind, "string" | "int") && known.fits(&Type::named(kind)) => known,
        _ => Type::named(kind),
    }
}

/// Names that differ from another one in capitals alone.
fn cased<'n>(places: &HashMap<&'n str, Vec<Place>>) -> Vec<(&'n str, Place)> {
    let mut found = Vec::new();
    for (name, at) in places {
        let others = places.keys().filter(|other| *other != name && other.eq_ignore_ascii_case(name));
        if others.count() > 0 {
            found.push((*name, at[0]));
        }
    }
    found
}
