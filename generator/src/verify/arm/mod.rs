//! ARM JSON, read back: expressions parse, what they name is declared, what resources depend on is there, nested
//! deployments get the parameters they need, and names fit the rules of their services.

mod excerpt;
pub(super) mod expression;
mod names;
mod resources;
mod values;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::project::Project;
use crate::tree::RenderedTree;
use crate::tree::path::RelPath;
use crate::verify::Finding;

use excerpt::short;
use expression::parse;
use values::Values;

/// Functions of the template language that Bicep does not write as functions of its own.
const TEMPLATE_FUNCTIONS: [&str; 26] = [
    "parameters",
    "variables",
    "copyIndex",
    "if",
    "and",
    "or",
    "not",
    "equals",
    "less",
    "lessOrEquals",
    "greater",
    "greaterOrEquals",
    "add",
    "sub",
    "mul",
    "div",
    "mod",
    "true",
    "false",
    "null",
    "lambda",
    "lambdaVariables",
    "indexFromEnd",
    "tryIndexFromEnd",
    "float",
    "createObject",
];

/// What is wrong with the ARM templates and parameter files of `tree`.
pub fn verify(tree: &RenderedTree, _project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, file) in tree.iter().filter(|(path, _)| path.as_str().ends_with(".json")) {
        let Some(text) = file
            .text()
            .filter(|text| text.contains("deploymentTemplate.json") || text.contains("DeploymentTemplate.json"))
        else {
            continue;
        };
        match serde_json::from_str::<Value>(text) {
            Ok(template) => {
                let given = given(tree, path, &template, &mut findings);
                check_template(path, &template, given, &mut findings);
            }
            Err(error) => findings.push(Finding::new(path, format!("not JSON: {error}")).at(error.line())),
        }
    }
    findings
}

/// The values of the parameter file beside a template (`main.parameters.json` beside `main.json`), held against it.
fn given(tree: &RenderedTree, path: &RelPath, template: &Value, findings: &mut Vec<Finding>) -> HashMap<String, Value> {
    let name = path.as_str().trim_end_matches(".json");
    let Some((beside, file)) = tree.iter().find(|(p, _)| p.as_str() == format!("{name}.parameters.json")) else {
        return HashMap::new();
    };
    let parsed = file.text().map(serde_json::from_str::<Value>);
    let Some(Ok(document)) = parsed else {
        findings.push(Finding::new(beside, "not JSON"));
        return HashMap::new();
    };
    let empty = Map::new();
    let declared = template.get("parameters").and_then(Value::as_object).unwrap_or(&empty);
    let entries = document.get("parameters").and_then(Value::as_object).unwrap_or(&empty);
    let mut values = HashMap::new();
    for (name, entry) in entries {
        match (declared.get(name), entry.get("value")) {
            (None, _) => findings.push(Finding::new(beside, format!("{path} declares no parameter `{name}`"))),
            (Some(declaration), Some(value)) => {
                if let Some(why) = misfit(declaration, value) {
                    findings.push(Finding::new(beside, format!("parameter `{name}` {why}")));
                }
                values.insert(name.to_lowercase(), value.clone());
            }
            (Some(_), None) => findings.push(Finding::new(beside, format!("parameter `{name}` has no value"))),
        }
    }
    for name in required(declared).filter(|name| !entries.contains_key(*name)) {
        findings.push(Finding::new(beside, format!("{path} needs parameter `{name}`, which has no default")));
    }
    values
}

/// Parameters without a default.
fn required(declared: &Map<String, Value>) -> impl Iterator<Item = &str> {
    declared.iter().filter(|(_, d)| d.get("defaultValue").is_none()).map(|(name, _)| name.as_str())
}

/// Why `value` does not fit a declared parameter, as the end of a sentence.
fn misfit(declaration: &Value, value: &Value) -> Option<String> {
    let kind = declaration["type"].as_str().unwrap_or_default().to_ascii_lowercase();
    let fits = match kind.as_str() {
        "string" | "securestring" => value.is_string(),
        "int" => value.is_i64(),
        "bool" => value.is_boolean(),
        "object" | "secureobject" => value.is_object(),
        "array" => value.is_array(),
        _ => true,
    };
    if !fits {
        return Some(format!("is of type {kind}, not {value}"));
    }
    let allowed = declaration.get("allowedValues").and_then(Value::as_array)?;
    if allowed.contains(value) {
        return None;
    }
    let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    Some(format!("must be one of {}, not {value}", allowed.join(", ")))
}

/// One template: the file's own, or that of a nested deployment.
fn check_template(path: &RelPath, template: &Value, given: HashMap<String, Value>, findings: &mut Vec<Finding>) {
    let values = Values::new(template, given);
    let mut say = |message: String| findings.push(Finding::new(path, message));
    check_expressions(template, &mut say);
    resources::check(template, &values, &mut say);
    for resource in resources::of(template) {
        let Some(inner) = resource.pointer("/properties/template") else {
            continue;
        };
        let empty = Map::new();
        let declared = inner.get("parameters").and_then(Value::as_object).unwrap_or(&empty);
        let passed = resource.pointer("/properties/parameters").and_then(Value::as_object).unwrap_or(&empty);
        let name = resource["name"].as_str().unwrap_or_default();
        for parameter in passed.keys().filter(|p| !declared.contains_key(*p)) {
            findings
                .push(Finding::new(path, format!("nested deployment `{name}` declares no parameter `{parameter}`")));
        }
        for parameter in required(declared).filter(|p| !passed.contains_key(*p)) {
            findings.push(Finding::new(path, format!("nested deployment `{name}` needs parameter `{parameter}`")));
        }
        let known = passed
            .iter()
            .filter_map(|(name, entry)| Some((name.to_lowercase(), values.value(entry.get("value")?)?)))
            .collect();
        check_template(path, inner, known, findings);
    }
}

/// Every expression parses, calls known functions, and names declared parameters and variables.
fn check_expressions(template: &Value, say: &mut impl FnMut(String)) {
    let names = |key: &str| -> Vec<String> {
        template.get(key).and_then(Value::as_object).into_iter().flatten().map(|(n, _)| n.to_lowercase()).collect()
    };
    let (parameters, mut variables) = (names("parameters"), names("variables"));
    for copy in template.pointer("/variables/copy").and_then(Value::as_array).into_iter().flatten() {
        variables.extend(copy["name"].as_str().map(str::to_lowercase));
    }
    let mut check = |text: &str, in_loop: bool| {
        let expression = match parse(text) {
            None => return,
            Some(Err(why)) => return say(format!("expression `{}`: {why}", short(text))),
            Some(Ok(expression)) => expression,
        };
        expression.calls(&mut |function, arguments| {
            let known = crate::bicep::is_function(function) || TEMPLATE_FUNCTIONS.contains(&function);
            if !known {
                say(format!("expression `{}` calls the unknown function {function}()", short(text)));
            }
            let declared = match function {
                "parameters" => &parameters,
                "variables" => &variables,
                "copyIndex" if !in_loop => return say(format!("expression `{}` is in no copy loop", short(text))),
                _ => return,
            };
            match arguments {
                [name] if name.text().is_some_and(|n| declared.contains(&n.to_lowercase())) => {}
                _ => say(format!("expression `{}` names what {function} do not declare", short(text))),
            }
        });
    };
    walk(template, false, &mut check);
}

/// Every string of a template, keys included; templates of nested deployments are left to themselves.
fn walk(value: &Value, in_loop: bool, check: &mut impl FnMut(&str, bool)) {
    match value {
        Value::String(text) => check(text, in_loop),
        Value::Array(items) => items.iter().for_each(|item| walk(item, in_loop, check)),
        Value::Object(map) => {
            let nested = map.get("expressionEvaluationOptions").is_some();
            let in_loop = in_loop || map.contains_key("copy") || map.contains_key("input");
            for (key, value) in map {
                if nested && key == "template" || key == "metadata" {
                    continue;
                }
                check(key, in_loop);
                walk(value, in_loop, check);
            }
        }
        _ => {}
    }
}
