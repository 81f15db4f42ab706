//! Parameter files: values, with environment variables as they are given or at their defaults.

use serde_json::{Map, Value, json};

use super::super::ast::*;
use super::super::sources::Sources;
use super::{Environment, Locals, Unit, problem};
use crate::{Place, Problem, arm};

/// The JSON of a `.bicepparam` file, as `bicep build-params` writes it with these environment variables.
///
/// # Errors
/// The first expression whose value is not known without Azure.
pub(in crate::bicep) fn parameter_file(
    sources: &Sources,
    path: &str,
    file: &File,
    environment: &Environment<'_>,
) -> Result<Value, Problem> {
    let mut unit = Unit::new(sources, path, file)?;
    unit.environment = Some(environment);
    let (mut variables, mut loops, mut values) = (Map::new(), Vec::new(), Vec::new());
    for declaration in &file.declarations {
        let name = &declaration.name;
        match &declaration.kind {
            Kind::Variable(Expr { kind: ExprKind::For { head, body }, .. }) => {
                loops.push(unit.copy(Some(name), Some(name), head, body, &Locals::default())?);
            }
            Kind::Variable(value) => drop(variables.insert(name.clone(), unit.emit(value)?)),
            Kind::Assignment(value) => values.push((declaration, value)),
            _ => return problem(declaration.at, "a parameter file holds `using`, `param name = value` and `var`"),
        }
    }
    if !loops.is_empty() {
        variables.insert("copy".into(), loops.into());
    }
    let mut parameters = Map::new();
    for (declaration, value) in values {
        let entry = match secret(&unit, value)? {
            Some(reference) => reference,
            None => json!({ "value": worth(&unit, &variables, value)? }),
        };
        if parameters.insert(declaration.name.clone(), entry).is_some() {
            return problem(declaration.at, format!("parameter `{}` is given twice", declaration.name));
        }
    }
    Ok(json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
    }))
}

/// The value of an expression that needs nothing but the file.
fn worth(unit: &Unit<'_>, variables: &Map<String, Value>, value: &Expr) -> Result<Value, Problem> {
    let (loops, template) = match &value.bare().kind {
        ExprKind::For { head, body } => (true, unit.copy(None, None, head, body, &Locals::default())?),
        _ => (false, unit.emit(value)?),
    };
    // Files that are loaded are variables too.
    let mut known = variables.clone();
    let loaded = unit.loaded.borrow();
    known.extend(loaded.values().map(|(number, value)| (format!("$fxv#{number}"), super::literal(value.clone()))));
    let made = if loops { arm::worth_of_loop(&known, &template) } else { arm::worth(&known, &template) };
    made.map_err(|message| Problem::new(value.at, "BCP338", message))
}

/// `az.getSecret(subscription, group, vault, name)`, with a version or without.
fn secret(unit: &Unit<'_>, value: &Expr) -> Result<Option<Value>, Problem> {
    let (base, arguments) = match &value.bare().kind {
        ExprKind::Method { base, name, arguments, .. } if name == "getSecret" => (Some(base), arguments),
        ExprKind::Call { name, arguments } if name == "getSecret" => (None, arguments),
        _ => return Ok(None),
    };
    if base.is_some_and(|base| !matches!(&base.kind, ExprKind::Name(name) if name == "az")) {
        return problem(value.at, "a secret of a parameter file is `az.getSecret(…)`");
    }
    let text = |at: usize| -> Result<String, Problem> {
        let argument = &arguments[at];
        match worth(unit, &Map::new(), argument)? {
            Value::String(text) => Ok(text),
            _ => problem(argument.at, "getSecret() takes texts"),
        }
    };
    if !(4..=5).contains(&arguments.len()) {
        let message =
            "getSecret() takes a subscription, a resource group, a Key Vault, a secret, and its version or not";
        return Err(Problem::new(value.at, "BCP071", message));
    }
    let id = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.KeyVault/vaults/{}",
        text(0)?,
        text(1)?,
        text(2)?
    );
    let mut reference = Map::new();
    reference.insert("keyVault".into(), json!({ "id": id }));
    reference.insert("secretName".into(), text(3)?.into());
    if arguments.len() == 5 {
        reference.insert("secretVersion".into(), text(4)?.into());
    }
    Ok(Some(json!({ "reference": reference })))
}

/// The value of `readEnvironmentVariable('NAME', 'default')`.
pub(super) fn environment(environment: &Environment<'_>, arguments: &[Expr], at: Place) -> Result<String, Problem> {
    let Some(name) = arguments.first().and_then(Expr::literal) else {
        return Err(Problem::new(at, "BCP032", "readEnvironmentVariable() takes a name that is written out"));
    };
    match (environment(name), arguments.get(1)) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => match default.literal() {
            Some(default) => Ok(default.to_owned()),
            None => Err(Problem::new(default.at, "BCP032", "the default is a text that is written out")),
        },
        (None, None) => {
            let message = format!("readEnvironmentVariable('{name}') needs a default: the JSON is made without it");
            Err(Problem::new(at, "BCP427", message))
        }
    }
}
