//! The resources that the templates of a place make: type, name in the template, and number.
//!
//! One function, [`of_folder`]: whatever evaluates templates better can take its place.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::tree::RenderedTree;

/// A resource of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// `Microsoft.Storage/storageAccounts`.
    pub kind: String,
    /// The module that makes it, as a path: `events/data-arrived`; `main` for the template itself.
    pub module: String,
    /// How many: of a loop as many as its list has entries.
    pub count: usize,
}

/// Parameters of a template, as far as they are known without Azure.
type Known = BTreeMap<String, Value>;

/// All resources of the compiled templates in a folder, those that are there already left out.
pub fn of_folder(tree: &RenderedTree, folder: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (path, file) in tree.iter() {
        let Some(name) = path.as_str().strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) else { continue };
        let Some(name) = name.strip_suffix(".json").filter(|name| !name.ends_with(".parameters")) else { continue };
        let Ok(template) = serde_json::from_slice::<Value>(&file.bytes) else { continue };
        let given = tree.get(&format!("{folder}/{name}.parameters.json"));
        let given = given.and_then(|file| serde_json::from_slice::<Value>(&file.bytes).ok()).unwrap_or_default();
        let known = known(&template, &given["parameters"], &Known::new());
        walk(&template["resources"], if name == "main" { "" } else { name }, &known, &mut found);
    }
    found.sort();
    found
}

/// The parameters of a template: what is given, resolved where it names parameters of the template around, or the default.
fn known(template: &Value, given: &Value, around: &Known) -> Known {
    let declared = template["parameters"].as_object().into_iter().flatten();
    let value = |name: &str, declaration: &Value| {
        let value = given[name].get("value").or_else(|| declaration.get("defaultValue"))?;
        match value.as_str().and_then(|text| text.strip_prefix("[parameters('")?.strip_suffix("')]")) {
            Some(outer) => around.get(outer).cloned(),
            None => Some(value.clone()),
        }
    };
    declared.filter_map(|(name, declaration)| Some((name.clone(), value(name, declaration)?))).collect()
}

fn walk(resources: &Value, module: &str, known: &Known, found: &mut Vec<Found>) {
    let all: Vec<&Value> = match resources {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    for resource in all.into_iter().filter(|resource| resource["existing"] != Value::Bool(true)) {
        let Some(kind) = resource["type"].as_str() else { continue };
        let count = count(&resource["copy"]["count"], known);
        if kind == "Microsoft.Resources/deployments" {
            let name = resource["name"].as_str().filter(|name| !name.starts_with('[')).unwrap_or("module");
            let inner = if module.is_empty() { name.to_owned() } else { format!("{module}/{name}") };
            let template = &resource["properties"]["template"];
            let known = self::known(template, &resource["properties"]["parameters"], known);
            let before = found.len();
            walk(&template["resources"], &inner, &known, found);
            found[before..].iter_mut().for_each(|one| one.count *= count);
            continue;
        }
        let module = if module.is_empty() { "main" } else { module };
        found.push(Found { kind: kind.to_owned(), module: module.to_owned(), count });
        walk(&resource["resources"], module, known, found);
    }
}

/// How often a loop runs: a number, or the length of a parameter's list. One where that shows only in Azure.
fn count(count: &Value, known: &Known) -> usize {
    let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let of_text = |text: &str| {
        let name = text.strip_prefix("[length(parameters('")?.strip_suffix("'))]")?;
        known.get(name)?.as_array().map(Vec::len)
    };
    number(count).or_else(|| of_text(count.as_str()?)).unwrap_or(1)
}
