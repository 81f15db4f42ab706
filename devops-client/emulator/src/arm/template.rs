//! Templates: parameters, variables and the expressions that name resources, as far as deployments need them. The grammar is
//! that of pipeline expressions, with the functions of templates.

use serde_json::{Map, Value, json};

use super::expression::{Scope, evaluate, text, truthy};

/// What a template is deployed to.
pub struct Target {
    /// The id of the group or subscription.
    pub scope: String,
    /// The location.
    pub location: String,
    /// The tenant.
    pub tenant: String,
}

/// What a template comes to.
pub struct Evaluated {
    /// Resources: id and body.
    pub resources: Vec<(String, Value)>,
    /// Outputs: name to `{type, value}`.
    pub outputs: Value,
    /// Parameters as a deployment shows them: name to `{type, value}`, secure ones without value.
    pub parameters: Value,
}

struct Names<'a> {
    target: &'a Target,
    parameters: Map<String, Value>,
    variables: Map<String, Value>,
}

impl Scope for Names<'_> {
    fn name(&self, _: &str) -> Option<Value> {
        None
    }

    fn function(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        let at = |index: usize| arguments.get(index).map(text).unwrap_or_default();
        let joined = || arguments.iter().map(text).collect::<Vec<_>>().join("-");
        let subscription = self.target.scope.split('/').nth(2).unwrap_or_default();
        Some(match name {
            "parameters" => self.parameters.get(&at(0)).cloned()?,
            "variables" => self.variables.get(&at(0)).cloned()?,
            "concat" => json!(arguments.iter().map(text).collect::<String>()),
            "tolower" => json!(at(0).to_lowercase()),
            "toupper" => json!(at(0).to_uppercase()),
            "uniquestring" => json!(crate::core::ids::named(&joined()).simple().to_string()[..13].to_owned()),
            "guid" => json!(crate::core::ids::named(&joined())),
            "take" => json!(at(0).chars().take(arguments.get(1)?.as_u64()? as usize).collect::<String>()),
            "substring" => {
                let (start, length) = (
                    arguments.get(1)?.as_u64()? as usize,
                    arguments.get(2).and_then(Value::as_u64).unwrap_or(u64::MAX) as usize,
                );
                json!(at(0).chars().skip(start).take(length).collect::<String>())
            }
            "resourcegroup" => {
                json!({ "id": self.target.scope, "name": self.target.scope.rsplit('/').next(), "location": self.target.location })
            }
            "subscription" => {
                json!({ "id": format!("/subscriptions/{subscription}"), "subscriptionId": subscription, "tenantId": self.target.tenant })
            }
            "tenant" => json!({ "tenantId": self.target.tenant }),
            "deployment" => json!({ "name": "deployment", "properties": {} }),
            "environment" => {
                json!({ "suffixes": { "keyvaultDns": ".vault.azure.net", "storage": "core.windows.net", "acrLoginServer": ".azurecr.io" } })
            }
            "empty" => json!(
                arguments
                    .first()
                    .is_none_or(|value| text(value).is_empty() || matches!(text(value).as_str(), "[]" | "{}"))
            ),
            "if" => arguments.get(if arguments.first().is_some_and(truthy) { 1 } else { 2 }).cloned()?,
            "equals" => json!(arguments.first() == arguments.get(1)),
            "createarray" => json!(arguments),
            "createobject" => Value::Object(
                arguments.chunks(2).map(|pair| (text(&pair[0]), pair.get(1).cloned().unwrap_or_default())).collect(),
            ),
            "string" => json!(at(0)),
            "subscriptionresourceid" => {
                json!(id_of(&format!("/subscriptions/{subscription}"), &at(0), &arguments[1..]))
            }
            "resourceid" => json!(id_of(&self.target.scope, &at(0), &arguments[1..])),
            "extensionresourceid" => json!(id_of(&at(0), &at(1), &arguments[2..])),
            // values that only the running resource knows
            "reference" | "list" | "listkeys" => json!({ "principalId": crate::core::ids::named(&joined()) }),
            _ => return None,
        })
    }
}

/// The id of a resource with that type and those names below a scope.
fn id_of(scope: &str, kind: &str, names: &[Value]) -> String {
    let (namespace, types) = kind.split_once('/').unwrap_or((kind, ""));
    let rest: String = types.split('/').zip(names).map(|(kind, name)| format!("/{kind}/{}", text(name))).collect();
    format!("{scope}/providers/{namespace}{rest}")
}

impl Names<'_> {
    /// A value with its expressions evaluated; one that cannot be stays as it stands.
    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(inner) if !text.starts_with("[[") => evaluate(inner, self).unwrap_or_else(|_| value.clone()),
                _ => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(map) => Value::Object(
                map.iter().map(|(key, value)| (text(&self.value(&json!(key))), self.value(value))).collect(),
            ),
            other => other.clone(),
        }
    }
}

/// Evaluates a template. Errors with what is wrong with it.
pub fn run(template: &Value, given: &Value, target: &Target) -> Result<Evaluated, String> {
    if template.get("$schema").and_then(Value::as_str).is_none() || template.get("resources").is_none() {
        return Err("The template has no $schema or no resources.".to_owned());
    }
    let mut names = Names { target, parameters: Map::new(), variables: Map::new() };
    let declared = template["parameters"].as_object().cloned().unwrap_or_default();
    if let Some(unknown) =
        given.as_object().into_iter().flatten().map(|(name, _)| name).find(|name| !declared.contains_key(*name))
    {
        return Err(format!(
            "The following parameters were supplied, but do not correspond to any parameters defined in the template: '{unknown}'."
        ));
    }
    for (name, declaration) in &declared {
        let value = given[name]
            .get("value")
            .cloned()
            .or_else(|| declaration.get("defaultValue").map(|value| names.value(value)));
        let value = value.ok_or_else(|| format!("The value for the template parameter '{name}' is not provided."))?;
        if let Some(allowed) = declaration["allowedValues"].as_array().filter(|allowed| !allowed.contains(&value)) {
            return Err(format!(
                "The provided value for the template parameter '{name}' is not among the allowed values {}.",
                json!(allowed)
            ));
        }
        names.parameters.insert(name.clone(), value);
    }
    for (name, value) in template["variables"].as_object().into_iter().flatten() {
        let value = names.value(value);
        names.variables.insert(name.clone(), value);
    }
    let mut resources = Vec::new();
    // a list, or (in templates that Bicep writes) a mapping of symbolic names
    let listed: Vec<&Value> = match &template["resources"] {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    for resource in listed {
        one(&names, resource, &mut resources)?;
    }
    let outputs = template["outputs"].as_object().into_iter().flatten().map(|(name, output)| {
        (name.clone(), json!({ "type": output["type"], "value": names.value(&output["value"]) }))
    });
    let parameters = declared.iter().map(|(name, declaration)| {
        let secure = declaration["type"].as_str().is_some_and(|kind| kind.to_lowercase().starts_with("secure"));
        let mut shown = json!({ "type": declaration["type"] });
        if !secure {
            shown["value"] = names.parameters[name].clone();
        }
        (name.clone(), shown)
    });
    let parameters = Value::Object(parameters.collect());
    Ok(Evaluated { outputs: Value::Object(outputs.collect()), resources, parameters })
}

fn one(names: &Names<'_>, resource: &Value, found: &mut Vec<(String, Value)>) -> Result<(), String> {
    let condition = resource.get("condition").map(|condition| names.value(condition));
    if resource.get("existing") == Some(&json!(true)) || condition.is_some_and(|value| !truthy(&value)) {
        return Ok(());
    }
    let body = names.value(resource);
    let (Some(kind), Some(name)) = (body["type"].as_str(), body["name"].as_str()) else {
        return Err("A resource of the template has no type or no name.".to_owned());
    };
    if body["apiVersion"].as_str().is_none() {
        return Err(format!("The resource '{name}' of type '{kind}' has no apiVersion."));
    }
    if kind.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
        let group = body["resourceGroup"].as_str();
        let subscription: Vec<&str> = names.target.scope.split('/').take(3).collect();
        let scope = group.map_or_else(
            || names.target.scope.clone(),
            |group| format!("{}/resourceGroups/{group}", subscription.join("/")),
        );
        let target = Target { scope, location: names.target.location.clone(), tenant: names.target.tenant.clone() };
        let inner = run(&resource["properties"]["template"], &body["properties"]["parameters"], &target)?;
        found.extend(inner.resources);
        return Ok(());
    }
    let scope = body["scope"].as_str().map_or_else(
        || names.target.scope.clone(),
        |scope| {
            if scope.starts_with('/') { scope.to_owned() } else { format!("{}/providers/{scope}", names.target.scope) }
        },
    );
    let id = if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
        format!("{scope}/resourceGroups/{name}")
    } else {
        id_of(&scope, kind, &name.split('/').map(|part| json!(part)).collect::<Vec<_>>())
    };
    found.push((id, body));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parameters_variables_and_conditions_are_evaluated() {
        let template = json!({
            "$schema": "s", "contentVersion": "1.0.0.0",
            "parameters": { "name": { "type": "string" }, "on": { "type": "bool", "defaultValue": false } },
            "variables": { "full": "[toLower(concat(parameters('name'), '-', take(uniqueString(resourceGroup().id), 4)))]" },
            "resources": [
                { "type": "Microsoft.KeyVault/vaults", "apiVersion": "v", "name": "[variables('full')]", "location": "[resourceGroup().location]" },
                { "type": "A/b", "apiVersion": "v", "name": "off", "condition": "[parameters('on')]" },
            ],
            "outputs": { "id": { "type": "string", "value": "[resourceId('Microsoft.KeyVault/vaults', variables('full'))]" } },
        });
        let target = Target {
            scope: "/subscriptions/s/resourceGroups/g".into(),
            location: "westeurope".into(),
            tenant: "t".into(),
        };
        let done = run(&template, &json!({ "name": { "value": "KV" } }), &target).unwrap();
        let (id, body) = &done.resources[0];
        assert!(id.starts_with("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-"), "{id}");
        assert_eq!((done.resources.len(), &body["location"]), (1, &json!("westeurope")));
        assert_eq!(done.outputs["id"]["value"], json!(id));
        assert!(run(&template, &json!({}), &target).is_err());
        assert!(run(&template, &json!({ "name": { "value": "x" }, "other": { "value": 1 } }), &target).is_err());
        assert!(run(&json!({}), &json!({}), &target).is_err());
    }
}
