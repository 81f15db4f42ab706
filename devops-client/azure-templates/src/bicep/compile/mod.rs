//! From Bicep to ARM JSON, as the Bicep compiler (0.30 and later, language version 1) writes it.

mod body;
mod dependencies;
mod expression;
mod found;
mod parameters;
mod resource;
mod scope;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::ast::*;
use super::functions::did_you_mean;
use super::sources::{Sources, resolve as module_path};
use crate::arm::expression::Arm;
use crate::{Place, Problem};
pub(super) use parameters::parameter_file;

/// API version of nested deployments that the Bicep compiler writes.
const DEPLOYMENTS: &str = "2025-04-01";

/// Most levels of modules in modules.
const MAX_MODULES: usize = 12;

/// Values of files that are loaded, by where they are: each is a variable of the template.
type Loaded = RefCell<BTreeMap<Place, (usize, Value)>>;

/// Templates that are compiled already, by path: many files use the same modules.
pub(super) type Done = RefCell<HashMap<String, Value>>;

/// What an environment variable holds, if it is set.
pub(super) type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What a deployment is aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    ResourceGroup,
    Subscription,
    ManagementGroup,
    Tenant,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Target {
    /// Its name in `targetScope`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ResourceGroup => "resourceGroup",
            Self::Subscription => "subscription",
            Self::ManagementGroup => "managementGroup",
            Self::Tenant => "tenant",
        }
    }

    /// What `targetScope` of a file says.
    ///
    /// # Errors
    /// A value that is none of them, or no text.
    pub(super) fn of(file: &File) -> Result<Self, Problem> {
        let Some((scope, _)) = file.target_scopes.first() else {
            return Ok(Self::ResourceGroup);
        };
        match scope.literal() {
            Some("resourceGroup") => Ok(Self::ResourceGroup),
            Some("subscription") => Ok(Self::Subscription),
            Some("managementGroup") => Ok(Self::ManagementGroup),
            Some("tenant") => Ok(Self::Tenant),
            Some(other) => {
                let message =
                    format!("targetScope is resourceGroup, subscription, managementGroup or tenant, not `{other}`");
                Err(Problem::new(scope.at, "BCP033", message))
            }
            None => Err(Problem::new(scope.at, "BCP032", "targetScope is a text without interpolations")),
        }
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
enum Symbol<'a> {
    Parameter,
    Variable(&'a Expr),
    Resource(&'a Block),
    Module(&'a Block),
}

/// One Bicep file with its symbols.
struct Unit<'a> {
    path: &'a str,
    target: Target,
    symbols: HashMap<&'a str, Symbol<'a>>,
    /// Variables whose values are only known while a deployment runs: written out where they are used.
    inlined: HashSet<&'a str>,
    files: &'a Sources,
    loaded: Loaded,
    /// Environment variables, in a parameter file.
    environment: Option<&'a Environment<'a>>,
}

/// The ARM template of the Bicep file at `path`.
///
/// # Errors
/// The first problem, with the path of the file it is in.
pub(super) fn template(files: &Sources, path: &str, done: &Done) -> Result<Value, (String, Problem)> {
    nested(files, path, done, 0)
}

fn nested(files: &Sources, path: &str, done: &Done, depth: usize) -> Result<Value, (String, Problem)> {
    if let Some(value) = done.borrow().get(path) {
        return Ok(value.clone());
    }
    let here = |problem| (path.to_owned(), problem);
    let Some(file) = files.get(path) else {
        return Err(here(Problem::unsupported(Place::START, "there is no such Bicep file".to_owned())));
    };
    if depth > MAX_MODULES {
        let message = format!("modules use each other in a circle, or more than {MAX_MODULES} deep");
        return Err(here(Problem::unsupported(Place::START, message)));
    }
    let unit = Unit::new(files, path, file).map_err(here)?;
    // Modules first: their templates are parts of this one.
    let mut modules = HashMap::new();
    for declaration in &file.declarations {
        if let Kind::Module(block) = &declaration.kind {
            let module = module_path(path, &block.reference);
            let known = module.filter(|m| files.get(m).is_some()).ok_or_else(|| {
                let message = format!("module `{}` does not exist", block.reference);
                here(Problem::unsupported(declaration.at, message))
            })?;
            modules.insert(declaration.name.as_str(), nested(files, &known, done, depth + 1)?);
        }
    }
    let value = unit.template(file, &modules).map_err(here)?;
    done.borrow_mut().insert(path.to_owned(), value.clone());
    Ok(value)
}

fn problem<T>(at: Place, message: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::unsupported(at, message.into()))
}

impl<'a> Unit<'a> {
    fn new(files: &'a Sources, path: &'a str, file: &'a File) -> Result<Self, Problem> {
        let target = Target::of(file)?;
        let mut symbols = HashMap::new();
        for declaration in &file.declarations {
            let symbol = match &declaration.kind {
                Kind::Parameter { .. } => Symbol::Parameter,
                Kind::Variable(value) => Symbol::Variable(value),
                Kind::Resource(block) => Symbol::Resource(block),
                Kind::Module(block) => Symbol::Module(block),
                Kind::Output { .. } | Kind::Metadata(_) | Kind::Assignment(_) => continue,
            };
            if symbols.insert(declaration.name.as_str(), symbol).is_some() {
                return problem(declaration.at, format!("`{}` is declared twice", declaration.name));
            }
        }
        let mut unit = Self {
            path,
            target,
            symbols,
            inlined: HashSet::new(),
            files,
            loaded: Loaded::default(),
            environment: None,
        };
        unit.check_circles(file)?;
        // A variable that uses an inlined one is inlined too; without circles this ends after as many rounds as levels.
        loop {
            let variables = file.declarations.iter().filter_map(|d| match &d.kind {
                Kind::Variable(value) => Some((d.name.as_str(), value)),
                _ => None,
            });
            let more: Vec<&str> = variables
                .filter(|(name, v)| !unit.inlined.contains(name) && unit.is_runtime(v))
                .map(|(n, _)| n)
                .collect();
            if more.is_empty() {
                return Ok(unit);
            }
            unit.inlined.extend(more);
        }
    }

    fn is_inlined(&self, name: &str) -> bool {
        self.inlined.contains(name)
    }

    fn symbol(&self, name: &str, at: Place) -> Result<Symbol<'a>, Problem> {
        match self.symbols.get(name) {
            Some(symbol) => Ok(*symbol),
            None => {
                let near = did_you_mean(name, self.symbols.keys().copied());
                problem(at, format!("`{name}` is not declared{near}"))
            }
        }
    }

    fn template(&self, file: &File, modules: &HashMap<&str, Value>) -> Result<Value, Problem> {
        let schema = match self.target {
            Target::ResourceGroup => "2019-04-01/deploymentTemplate.json#",
            Target::Subscription => "2018-05-01/subscriptionDeploymentTemplate.json#",
            Target::ManagementGroup => "2019-08-01/managementGroupDeploymentTemplate.json#",
            Target::Tenant => "2019-08-01/tenantDeploymentTemplate.json#",
        };
        let mut metadata = Map::new();
        metadata.insert("_generator".into(), json!({ "name": "mlops-gen", "version": env!("CARGO_PKG_VERSION") }));
        let (mut parameters, mut loops, mut variables) = (Map::new(), Vec::new(), Map::new());
        let (mut resources, mut deployments, mut outputs) = (Vec::new(), Vec::new(), Map::new());
        for declaration in &file.declarations {
            let name = &declaration.name;
            match &declaration.kind {
                Kind::Metadata(value) => drop(metadata.insert(name.clone(), self.emit(value)?)),
                Kind::Parameter { kind, default } => {
                    drop(parameters.insert(name.clone(), self.parameter(declaration, kind, default.as_ref())?));
                }
                Kind::Variable(value) if self.is_inlined(name) => drop(self.emit(value)?),
                Kind::Variable(Expr { kind: ExprKind::For { head, body }, .. }) => {
                    loops.push(self.copy(Some(name), Some(name), head, body, &Locals::default())?);
                }
                Kind::Variable(value) => drop(variables.insert(name.clone(), self.emit(value)?)),
                Kind::Resource(block) if block.existing => self.check_existing(block, declaration.at)?,
                Kind::Resource(block) => resources.push(self.resource(declaration, block)?),
                Kind::Module(block) => deployments.push(self.module(declaration, block, &modules[name.as_str()])?),
                Kind::Output { kind, value } => {
                    if outputs.insert(name.clone(), self.output(declaration, kind, value)?).is_some() {
                        return problem(declaration.at, format!("output `{name}` is declared twice"));
                    }
                }
                Kind::Assignment(_) => {}
            }
        }
        let mut template = Map::new();
        template.insert("$schema".into(), format!("https://schema.management.azure.com/schemas/{schema}").into());
        template.insert("contentVersion".into(), "1.0.0.0".into());
        template.insert("metadata".into(), metadata.into());
        if !parameters.is_empty() {
            template.insert("parameters".into(), parameters.into());
        }
        let loaded: BTreeMap<usize, Value> = self.loaded.take().into_values().collect();
        if !loops.is_empty() || !variables.is_empty() || !loaded.is_empty() {
            let mut all = Map::new();
            if !loops.is_empty() {
                all.insert("copy".into(), loops.into());
            }
            all.extend(loaded.into_iter().map(|(number, value)| (format!("$fxv#{number}"), literal(value))));
            all.append(&mut variables);
            template.insert("variables".into(), all.into());
        }
        resources.append(&mut deployments);
        template.insert("resources".into(), resources.into());
        if !outputs.is_empty() {
            template.insert("outputs".into(), outputs.into());
        }
        Ok(template.into())
    }

    fn parameter(&self, declaration: &Declaration, kind: &str, default: Option<&Expr>) -> Result<Value, Problem> {
        let mut out = Map::new();
        out.insert("type".into(), self.type_name(declaration, kind)?.into());
        if let Some(default) = default {
            out.insert("defaultValue".into(), self.emit(default)?);
        }
        self.decorate(
            declaration,
            &mut out,
            &["allowed", "metadata", "minLength", "maxLength", "minValue", "maxValue"],
        )?;
        Ok(out.into())
    }

    fn output(&self, declaration: &Declaration, kind: &str, value: &Expr) -> Result<Value, Problem> {
        if declaration.decorators.iter().any(|d| d.name == "secure") {
            return problem(declaration.at, "secure outputs are not of the subset that this tool compiles");
        }
        let mut out = Map::new();
        out.insert("type".into(), kind.into());
        self.decorate(declaration, &mut out, &["metadata", "minLength", "maxLength", "minValue", "maxValue"])?;
        match &value.kind {
            ExprKind::For { head, body } => {
                out.insert("copy".into(), self.copy(None, None, head, body, &Locals::default())?);
            }
            _ => drop(out.insert("value".into(), self.emit(value)?)),
        }
        Ok(out.into())
    }

    fn type_name(&self, declaration: &Declaration, kind: &str) -> Result<&'static str, Problem> {
        let secure = declaration.decorators.iter().any(|d| d.name == "secure");
        Ok(match (kind, secure) {
            ("string", true) => "securestring",
            ("object", true) => "secureObject",
            (other, true) => {
                return problem(declaration.at, format!("a secure value is a string or an object, not {other}"));
            }
            ("string", false) => "string",
            ("int", false) => "int",
            ("bool", false) => "bool",
            ("object", false) => "object",
            _ => "array",
        })
    }

    /// Adds what decorators say; `description` comes last and joins the metadata.
    fn decorate(&self, declaration: &Declaration, out: &mut Map<String, Value>, known: &[&str]) -> Result<(), Problem> {
        for decorator in &declaration.decorators {
            let name = decorator.name.as_str();
            if !known.contains(&name) && !["description", "secure", "batchSize"].contains(&name) {
                let near = did_you_mean(name, known.iter().copied().chain(["description", "secure"]));
                return problem(decorator.at, format!("decorator `@{name}` does not fit here or is not known{near}"));
            }
            let wanted = usize::from(name != "secure");
            if decorator.arguments.len() != wanted {
                return problem(decorator.at, format!("`@{name}` takes {wanted} argument(s)"));
            }
        }
        for name in known {
            if let Some(decorator) = declaration.decorators.iter().find(|d| d.name == *name) {
                let key = if *name == "allowed" { "allowedValues" } else { name };
                out.insert(key.into(), self.emit(&decorator.arguments[0])?);
            }
        }
        if let Some(decorator) = declaration.decorators.iter().find(|d| d.name == "description") {
            let text = self.emit(&decorator.arguments[0])?;
            match out.get_mut("metadata") {
                Some(Value::Object(metadata)) => drop(metadata.insert("description".into(), text)),
                _ => drop(out.insert("metadata".into(), json!({ "description": text }))),
            }
        }
        Ok(())
    }
}

/// Names of loops and lambdas, and what they stand for.
#[derive(Clone, Debug, Default)]
struct Locals(HashMap<String, Arm>);

impl Locals {
    fn with(&self, name: &str, value: Arm) -> Self {
        let mut locals = self.0.clone();
        locals.insert(name.to_owned(), value);
        Self(locals)
    }
}

/// A value that was loaded, as a template holds it: texts that look like expressions are escaped.
fn literal(value: Value) -> Value {
    match value {
        Value::String(text) => Arm::text(text).into_json(),
        // The template language has no fractions.
        Value::Number(number) if !number.is_i64() => format!("[json('{number}')]").into(),
        Value::Array(items) => items.into_iter().map(literal).collect::<Vec<_>>().into(),
        Value::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| (Arm::text(key).into_key(), literal(value)));
            entries.collect::<Map<_, _>>().into()
        }
        other => other,
    }
}
