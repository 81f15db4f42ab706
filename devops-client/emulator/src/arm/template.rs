//! Templates: what the service demands of them before it deploys anything. What they come to is the language crate's.

use azure_templates::arm::{Known, Setting, evaluate_with};
use serde_json::{Map, Value, json};

use crate::core::ids::named;

/// What a template is deployed to.
pub struct Target {
    /// The id of the group or subscription.
    pub scope: String,
    /// The location.
    pub location: String,
    /// The tenant.
    pub tenant: String,
    /// The name of the deployment.
    pub deployment: String,
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

/// Evaluates a template. Errors with what is wrong with it.
pub fn run(template: &Value, given: &Value, target: &Target, known: &dyn Known) -> Result<Evaluated, String> {
    if template.get("$schema").and_then(Value::as_str).is_none() || template.get("resources").is_none() {
        return Err("The template has no $schema or no resources.".to_owned());
    }
    let empty = Map::new();
    let declared = template["parameters"].as_object().unwrap_or(&empty);
    let given = given.as_object().unwrap_or(&empty);
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(format!(
            "The following parameters were supplied, but do not correspond to any parameters defined in the template: '{unknown}'."
        ));
    }
    if let Some((name, _)) =
        declared.iter().find(|(name, declared)| !given.contains_key(*name) && declared.get("defaultValue").is_none())
    {
        return Err(format!("The value for the template parameter '{name}' is not provided."));
    }
    whole(template)?;
    let parts: Vec<&str> = target.scope.split('/').collect();
    let setting = Setting {
        subscription: parts.get(2).copied().unwrap_or_default().to_owned(),
        tenant: target.tenant.clone(),
        resource_group: parts.get(4).map(|group| (*group).to_owned()),
        location: Some(target.location.clone()),
        deployment: target.deployment.clone(),
    };
    let values = values(declared, given, &setting, known)?;
    for (name, declaration) in declared {
        let refused = |allowed: &&Vec<Value>| values.get(name).is_some_and(|value| !allowed.contains(value));
        if let Some(allowed) = declaration["allowedValues"].as_array().filter(refused) {
            return Err(format!(
                "The provided value for the template parameter '{name}' is not among the allowed values {}.",
                json!(allowed)
            ));
        }
    }
    let made = evaluate_with(template, given, &setting, known)?;
    let resources = made.resources.into_iter().map(|resource| one(made_up(resource), target)).collect();
    let outputs = made.outputs.into_iter().map(|(name, value)| {
        let kind = template["outputs"][&name]["type"].clone();
        (name, json!({ "type": kind, "value": made_up(value) }))
    });
    let parameters = declared.iter().map(|(name, declaration)| {
        let secure = declaration["type"].as_str().is_some_and(|kind| kind.to_lowercase().starts_with("secure"));
        let mut shown = json!({ "type": declaration["type"] });
        if !secure {
            shown["value"] = values.get(name).cloned().unwrap_or_default();
        }
        (name.clone(), shown)
    });
    Ok(Evaluated {
        outputs: Value::Object(outputs.collect()),
        parameters: Value::Object(parameters.collect()),
        resources,
    })
}

/// Refuses resources without a type, a name or a version, those of nested templates too.
fn whole(template: &Value) -> Result<(), String> {
    // A list, or (in templates that Bicep writes) a mapping of symbolic names.
    let listed: Vec<&Value> = match &template["resources"] {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    for resource in listed {
        let (Some(kind), Some(name)) = (resource["type"].as_str(), resource["name"].as_str()) else {
            return Err("A resource of the template has no type or no name.".to_owned());
        };
        if resource["apiVersion"].as_str().is_none() {
            return Err(format!("The resource '{name}' of type '{kind}' has no apiVersion."));
        }
        if kind.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
            whole(&resource["properties"]["template"])?;
        }
    }
    Ok(())
}

/// The values of the parameters, as given or by default.
fn values(
    declared: &Map<String, Value>,
    given: &Map<String, Value>,
    setting: &Setting,
    known: &dyn Known,
) -> Result<Map<String, Value>, String> {
    let shown = declared.keys().map(|name| (name.clone(), json!({ "value": format!("[parameters('{name}')]") })));
    let shown = json!({ "parameters": declared, "resources": [], "outputs": Map::from_iter(shown) });
    Ok(evaluate_with(&shown, given, setting, known)?
        .outputs
        .into_iter()
        .map(|(name, value)| (name, made_up(value)))
        .collect())
}

/// A resource and its id.
fn one(mut body: Value, target: &Target) -> (String, Value) {
    let id = body.as_object_mut().and_then(|map| map.shift_remove("id"));
    match id {
        Some(Value::String(id)) if id.starts_with('/') => (id, body),
        // Its name is known only while the deployment runs.
        _ => {
            let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            (format!("{}/providers/{}/{}", target.scope, text("type"), text("name")), body)
        }
    }
}

/// `value`, with something made up where only the running resource knows it: the same for the same expression.
fn made_up(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with('[') && text.ends_with(']') && text.contains('(') => {
            json!(named(&text))
        }
        Value::Array(items) => items.into_iter().map(made_up).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, made_up(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use azure_templates::arm::Nothing;

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
            deployment: "d".into(),
        };
        let done = run(&template, &json!({ "name": { "value": "KV" } }), &target, &Nothing).unwrap();
        let (id, body) = &done.resources[0];
        assert!(id.starts_with("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-"), "{id}");
        assert_eq!((done.resources.len(), &body["location"]), (1, &json!("westeurope")));
        assert_eq!(done.outputs["id"]["value"], json!(id));
        assert!(run(&template, &json!({}), &target, &Nothing).is_err());
        assert!(
            run(&template, &json!({ "name": { "value": "x" }, "other": { "value": 1 } }), &target, &Nothing).is_err()
        );
        assert!(run(&json!({}), &json!({}), &target, &Nothing).is_err());
    }
    #[test]
    fn loops_nested_deployments_and_what_is_known_too_late_come_to_resources() {
        let inner = json!({
            "$schema": "s", "contentVersion": "1.0.0.0",
            "parameters": { "name": { "type": "string", "allowedValues": ["a", "b"] }, "key": { "type": "secureString" } },
            "resources": {
                "each": { "copy": { "name": "each", "count": 2 }, "type": "A/b", "apiVersion": "v", "name": "[format('{0}{1}', parameters('name'), copyIndex())]", "properties": { "at": "[reference('x', 'v').principalId]" } },
                "there": { "existing": true, "type": "A/c", "apiVersion": "v", "name": "there" },
            },
            "outputs": {},
        });
        let template = json!({
            "$schema": "s", "contentVersion": "1.0.0.0", "parameters": { "name": { "type": "string" } },
            "resources": [{
                "type": "Microsoft.Resources/deployments", "apiVersion": "v", "name": "inner",
                "properties": {
                    "expressionEvaluationOptions": { "scope": "inner" }, "mode": "Incremental", "template": inner,
                    "parameters": { "name": { "value": "[parameters('name')]" }, "key": { "value": "secret" } },
                },
            }],
            "outputs": { "key": { "type": "string", "value": "[reference('x', 'v').key]" } },
        });
        let target = Target {
            scope: "/subscriptions/s/resourceGroups/g".into(),
            location: "westeurope".into(),
            tenant: "t".into(),
            deployment: "d".into(),
        };
        let done = run(&template, &json!({ "name": { "value": "a" } }), &target, &Nothing).unwrap();
        let ids: Vec<&str> = done.resources.iter().map(|(id, _)| id.as_str()).collect();
        let below = "/subscriptions/s/resourceGroups/g/providers/A/b";
        assert_eq!(ids, [format!("{below}/a0"), format!("{below}/a1")]);
        let at = |index: usize| done.resources[index].1["properties"]["at"].as_str().unwrap();
        assert_eq!((at(0).len(), at(0)), (36, at(1)), "made up, and the same each time");
        assert_eq!(done.outputs["key"]["value"].as_str().unwrap().len(), 36);
        let shown =
            run(&inner, &json!({ "name": { "value": "b" }, "key": { "value": "secret" } }), &target, &Nothing).unwrap();
        assert_eq!(shown.parameters["name"]["value"], "b");
        assert!(shown.parameters["key"].get("value").is_none());
        let refused = run(&inner, &json!({ "name": { "value": "c" }, "key": { "value": "x" } }), &target, &Nothing)
            .err()
            .unwrap();
        assert!(refused.contains("not among the allowed values"), "{refused}");
    }
}
