//! `az deployment group`: what a template makes. Container groups are started here, from the compiled template; everything
//! else is what Azure Resource Manager keeps, from a parameter file that is compiled here.

mod expression;
mod place;

use std::path::Path;

use serde_json::{Map, Value, json};

use super::container;
use super::vault;
use super::{Answer, Call, Command, Failure};
use expression::Scope;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        words: "deployment group create",
        options: &["name", "resource-group", "template-file", "parameters", "mode"],
        run: create,
    },
    Command {
        words: "deployment group validate",
        options: &["name", "resource-group", "parameters"],
        run: place::validate,
    },
    Command {
        words: "deployment group what-if",
        options: &["name", "resource-group", "parameters", "result-format", "no-pretty-print"],
        run: place::what_if,
    },
];

fn create(call: &Call<'_>) -> Answer {
    let group = call.need("resource-group")?;
    if call.arguments.one("template-file").is_none() {
        return place::create(call);
    }
    let source = call.here.join(call.need("template-file")?);
    let compiled = source.with_extension("json");
    let text = std::fs::read_to_string(&compiled).map_err(|error| {
        format!("the sandbox's az has no compiler: it takes {}, which cannot be read: {error}", compiled.display())
    })?;
    let template: Value =
        serde_json::from_str(&text).map_err(|error| format!("{} is no JSON: {error}", compiled.display()))?;
    let mut given = Map::new();
    for pair in call.arguments.all("parameters") {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| Failure::usage(format!("`{pair}` is not NAME=VALUE")))?;
        given.insert(name.to_owned(), json!(value));
    }
    let mut made = Vec::new();
    deploy(call, group, &template, given, &mut made, 0)?;
    for resource in made {
        let kind = resource["type"].as_str().unwrap_or_default();
        if !kind.eq_ignore_ascii_case("Microsoft.ContainerInstance/containerGroups") {
            return Err(Failure::refused(format!("the sandbox's az deploys container groups, not {kind}")));
        }
        container::deploy(call, group, &resource)?;
    }
    Ok(json!({ "properties": { "provisioningState": "Succeeded", "duration": "PT1S" } }))
}

/// The resources that a template makes, those of templates in it too.
fn deploy(
    call: &Call<'_>,
    group: &str,
    template: &Value,
    given: Map<String, Value>,
    made: &mut Vec<Value>,
    depth: usize,
) -> Result<(), Failure> {
    if depth > 5 {
        return Err(Failure::refused("templates stand deeper in each other than 5"));
    }
    if !template["resources"].is_array() {
        return Err(Failure::refused(
            "(InvalidTemplate) Deployment template validation failed: 'Required property 'resources' not found in JSON.'",
        ));
    }
    let mut scope = Scope { group: group.to_owned(), ..Scope::default() };
    for (name, declared) in template["parameters"].as_object().into_iter().flatten() {
        let value = match (given.get(name), declared.get("defaultValue")) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => scope.value(default)?,
            (None, None) => return Err(Failure::refused(format!("(InvalidTemplate) parameter '{name}' has no value"))),
        };
        scope.parameters.insert(name.clone(), value);
    }
    for (name, value) in template["variables"].as_object().into_iter().flatten() {
        let value = scope.value(value)?;
        scope.variables.insert(name.clone(), value);
    }
    for resource in template["resources"].as_array().into_iter().flatten() {
        if resource["type"] != "Microsoft.Resources/deployments" {
            made.push(scope.value(resource)?);
            continue;
        }
        let mut inner = Map::new();
        for (name, parameter) in resource["properties"]["parameters"].as_object().into_iter().flatten() {
            let value = match parameter.get("reference") {
                Some(reference) => secret(call, &scope, reference)?,
                None => scope.value(&parameter["value"])?,
            };
            inner.insert(name.clone(), value);
        }
        deploy(call, group, &resource["properties"]["template"], inner, made, depth + 1)?;
    }
    Ok(())
}

/// A secret that a deployment reads from a vault.
fn secret(call: &Call<'_>, scope: &Scope, reference: &Value) -> Answer {
    let id = scope.value(&reference["keyVault"]["id"])?;
    let vault =
        Path::new(id.as_str().unwrap_or_default()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = reference["secretName"].as_str().unwrap_or_default();
    let found = vault::value(call.store, &vault, name)?;
    found.map(|value| json!(value)).ok_or_else(|| {
        Failure::refused(format!(
            "(KeyVaultParameterReferenceSecretRetrieveFailed) The secret of KeyVault parameter reference cannot be retrieved: \
             '{name}' is not in vault '{vault}'."
        ))
    })
}
