//! Parameter files: values, with environment variables as they are given or at their defaults.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::ast::*;
use super::super::{Place, Problem};
use super::problem;

/// The JSON of a `.bicepparam` file, as `bicep build-params` writes it where no environment variable is set.
///
/// # Errors
/// The first expression whose value is not known without Azure.
pub(in crate::bicep) fn parameter_file(
    file: &File,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Value, Problem> {
    let mut variables: BTreeMap<&str, &Expr> = BTreeMap::new();
    for declaration in &file.declarations {
        if let Kind::Variable(value) = &declaration.kind {
            variables.insert(&declaration.name, value);
        }
    }
    let reader = Reader { variables, environment };
    let mut parameters = Map::new();
    for declaration in &file.declarations {
        match &declaration.kind {
            Kind::Assignment(value) => {
                let value = json!({ "value": reader.value(value, 0)? });
                if parameters.insert(declaration.name.clone(), value).is_some() {
                    return problem(declaration.at, format!("parameter `{}` is given twice", declaration.name));
                }
            }
            Kind::Variable(_) => {}
            _ => return problem(declaration.at, "a parameter file holds `using`, `param name = value` and `var`"),
        }
    }
    Ok(json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
    }))
}

struct Reader<'a> {
    variables: BTreeMap<&'a str, &'a Expr>,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    fn value(&self, expr: &Expr, depth: usize) -> Result<Value, Problem> {
        let at = expr.at;
        if depth > 50 {
            return problem(at, "variables use each other in a circle, or values are nested too deep");
        }
        Ok(match &expr.kind {
            ExprKind::Null => Value::Null,
            ExprKind::Bool(value) => (*value).into(),
            ExprKind::Int(value) => (*value).into(),
            ExprKind::Str(text) => self.text(text, at, depth)?.into(),
            ExprKind::Array(items) => {
                let mut out = Vec::new();
                for item in items {
                    match item {
                        Item::Value(e) => out.push(self.value(e, depth + 1)?),
                        Item::Spread(e) => match self.value(e, depth + 1)? {
                            Value::Array(mut more) => out.append(&mut more),
                            _ => return problem(at, "`...` takes an array here"),
                        },
                    }
                }
                out.into()
            }
            ExprKind::Object(entries) => {
                let mut out = Map::new();
                for entry in entries {
                    match entry {
                        Entry::Property { key, value, .. } => {
                            out.insert(self.text(key, at, depth)?, self.value(value, depth + 1)?);
                        }
                        Entry::Spread(e) => match self.value(e, depth + 1)? {
                            Value::Object(more) => out.extend(more),
                            _ => return problem(at, "`...` takes an object here"),
                        },
                    }
                }
                out.into()
            }
            ExprKind::Name(name) => match self.variables.get(name.as_str()) {
                Some(value) => self.value(value, depth + 1)?,
                None => return problem(at, format!("`{name}` is no variable of this parameter file")),
            },
            ExprKind::Call { name, arguments } => self.call(name, arguments, at, depth)?,
            _ => return problem(at, "a parameter file holds plain values and readEnvironmentVariable()"),
        })
    }

    fn text(&self, text: &Text, at: Place, depth: usize) -> Result<String, Problem> {
        let mut out = text.texts[0].clone();
        for (code, piece) in text.codes.iter().zip(&text.texts[1..]) {
            match self.value(code, depth + 1)? {
                Value::String(value) => out.push_str(&value),
                Value::Number(value) => out.push_str(&value.to_string()),
                _ => return problem(at, "only strings and numbers fit into a string"),
            }
            out.push_str(piece);
        }
        Ok(out)
    }

    fn call(&self, name: &str, arguments: &[Expr], at: Place, depth: usize) -> Result<Value, Problem> {
        let values = arguments.iter().map(|e| self.value(e, depth + 1)).collect::<Result<Vec<_>, _>>()?;
        match (name, values.as_slice()) {
            ("readEnvironmentVariable", [Value::String(variable), default]) => {
                Ok((self.environment)(variable).map_or_else(|| default.clone(), Value::String))
            }
            ("readEnvironmentVariable", [Value::String(variable)]) => {
                if let Some(value) = (self.environment)(variable) {
                    return Ok(Value::String(value));
                }
                let message =
                    format!("readEnvironmentVariable('{variable}') needs a default: the JSON is made without it");
                problem(at, message)
            }
            ("int", [Value::String(text)]) => match text.parse::<i64>() {
                Ok(number) => Ok(number.into()),
                Err(_) => problem(at, format!("int('{text}') is no number")),
            },
            ("bool", [Value::String(text)]) => Ok((text.eq_ignore_ascii_case("true")).into()),
            _ => problem(at, format!("`{name}(…)` is not of the subset that this tool reads in parameter files")),
        }
    }
}
