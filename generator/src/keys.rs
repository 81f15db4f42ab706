//! Every key of the spec, as the JSON Schema has it: what it means, its type, its default, its limits, an example.

mod names;

use serde_json::{Map, Value, json};

/// A part of a spec with values for the keys that the worked example leaves out.
pub const FURTHER: &[u8] = include_bytes!("keys/examples.yaml");

/// Greatest depth of keys: the schema has no circle, and this says so.
const DEPTH: usize = 12;

/// One key.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Where it stands, with dots; items of a list are not numbered: `environments.name`.
    pub path: String,
    /// What it means.
    pub description: String,
    /// What may stand there, in words.
    pub kind: String,
    /// Whether it must be there.
    pub required: bool,
    /// What it is if it is left out.
    pub default: Option<Value>,
    /// What its value must keep to, in words.
    pub limits: Vec<String>,
    /// A value that may stand there.
    pub example: Option<Value>,
}

/// Every key, in the schema's order, with examples out of the first of `examples` that has one.
pub fn all(schema: &Value, examples: &[&Value]) -> Vec<Key> {
    let mut keys = Vec::new();
    below(schema, schema, "", examples, DEPTH, &mut keys);
    keys
}

/// The key at `path`; else the nearest ones.
///
/// # Errors
/// The three paths that are most like it.
pub fn find<'a>(keys: &'a [Key], path: &str) -> Result<&'a Key, Vec<&'a str>> {
    // As people write it: with indexes of lists, and with a dollar in front.
    let plain: String =
        path.trim_start_matches("$.").split('[').enumerate().fold(String::new(), |mut all, (n, part)| {
            all.push_str(if n == 0 { part } else { part.split_once(']').map_or("", |(_, rest)| rest) });
            all
        });
    if let Some(key) = keys.iter().find(|key| key.path.eq_ignore_ascii_case(&plain)) {
        return Ok(key);
    }
    // The team's own names, as in `project.tags.cost-center`: what the mapping says holds for each.
    let of_mapping = plain.rsplit_once('.').and_then(|(mapping, _)| {
        let below = format!("{}.", mapping.to_lowercase());
        let has_keys = keys.iter().any(|key| key.path.to_lowercase().starts_with(&below));
        keys.iter().find(|key| !has_keys && key.kind == "a mapping" && key.path.eq_ignore_ascii_case(mapping))
    });
    if let Some(key) = of_mapping {
        return Ok(key);
    }
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_lowercase();
    let likeness = |key: &Key| {
        let whole = strsim::normalized_damerau_levenshtein(&plain.to_lowercase(), &key.path.to_lowercase());
        whole.max(strsim::normalized_damerau_levenshtein(&last(&plain), &last(&key.path)) - 0.01)
    };
    let mut near: Vec<(f64, &str)> = keys.iter().map(|key| (likeness(key), key.path.as_str())).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    Err(near.into_iter().take(3).map(|(_, path)| path).collect())
}

fn below(root: &Value, schema: &Value, at: &str, examples: &[&Value], depth: usize, keys: &mut Vec<Key>) {
    let forms = forms(root, schema);
    if depth == 0 {
        return;
    }
    for form in &forms {
        if let Some(items) = form.get("items") {
            let items_of = examples.iter().filter_map(|example| example.as_array()).flatten().collect::<Vec<_>>();
            below(root, items, at, &items_of, depth - 1, keys);
        }
        let required: Vec<&str> =
            form.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, property) in form.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            if keys.iter().any(|key| key.path == path) {
                continue;
            }
            let inside: Vec<&Value> = examples.iter().filter_map(|example| example.get(name)).collect();
            keys.push(key(root, &path, property, required.contains(&name.as_str()), inside.first().copied()));
            below(root, property, &path, &inside, depth - 1, keys);
        }
    }
}

/// A schema as it stands: references followed, choices apart.
fn forms(root: &Value, schema: &Value) -> Vec<Map<String, Value>> {
    let mut own = schema.as_object().cloned().unwrap_or_default();
    if let Some(target) = own.remove("$ref").and_then(|name| root.pointer(name.as_str()?.strip_prefix('#')?).cloned()) {
        let described = own.contains_key("description");
        return forms(root, &target)
            .into_iter()
            .map(|mut form| {
                // What stands beside a reference is said of this place; of choices each keeps its own words.
                form.extend(own.clone().into_iter().filter(|(name, _)| name != "description" || described));
                form
            })
            .collect();
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(Value::Array(choices)) = own.remove(choice) {
            return choices.iter().flat_map(|choice| forms(root, choice)).collect();
        }
    }
    vec![own]
}

fn key(root: &Value, path: &str, property: &Value, required: bool, example: Option<&Value>) -> Key {
    let forms = forms(root, property);
    let kinds: Vec<String> = forms.iter().map(|form| kind(root, form)).filter(|kind| !kind.is_empty()).collect();
    let mut kinds_once: Vec<String> = Vec::new();
    kinds.into_iter().for_each(|kind| {
        if !kinds_once.contains(&kind) {
            kinds_once.push(kind)
        }
    });
    let default = property.get("default").or_else(|| forms.first().and_then(|form| form.get("default"))).cloned();
    let made = || forms.iter().find_map(made_up);
    let description = property.get("description").or_else(|| forms.first().and_then(|form| form.get("description")));
    let required = required || property.get("x-required") == Some(&json!(true));
    Key {
        path: path.to_owned(),
        description: description.and_then(Value::as_str).unwrap_or_default().replace('\n', " "),
        kind: kinds_once.join(", or "),
        required,
        example: example.cloned().or_else(|| default.clone().filter(|value| !value.is_null())).or_else(made),
        default,
        limits: forms.iter().flat_map(limits).chain(names::rule(path)).collect(),
    }
}

fn kind(root: &Value, form: &Map<String, Value>) -> String {
    if let Some(choices) = choices(form) {
        return choices
            .iter()
            .map(|choice| format!("`{}`", choice.replace('\t', "\\t")))
            .collect::<Vec<_>>()
            .join(", ");
    }
    match form.get("type").and_then(Value::as_str) {
        Some("integer") => "a whole number".to_owned(),
        Some("number") => "a number".to_owned(),
        Some("string") => "text".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => {
            let items = form.get("items").map(|items| forms(root, items)).unwrap_or_default();
            let of: Vec<String> = items.iter().map(|item| kind(root, item)).filter(|kind| !kind.is_empty()).collect();
            if of.is_empty() { "a list".to_owned() } else { format!("a list of: {}", of.join(", or ")) }
        }
        Some("object") => "a mapping".to_owned(),
        _ => String::new(),
    }
}

/// The values that may stand there, where they are few.
fn choices(form: &Map<String, Value>) -> Option<Vec<String>> {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some(value) = form.get("const") {
        return Some(vec![word(value)]);
    }
    form.get("enum")?.as_array().map(|values| values.iter().map(word).collect())
}

fn limits(form: &Map<String, Value>) -> Vec<String> {
    let names = [
        ("minimum", "at least", ""),
        ("exclusiveMinimum", "above", ""),
        ("maximum", "at most", ""),
        ("exclusiveMaximum", "below", ""),
        ("minLength", "at least", "character"),
        ("maxLength", "at most", "character"),
        ("minItems", "at least", "entr"),
        ("maxItems", "at most", "entr"),
        ("pattern", "of the form", ""),
    ];
    let said = |(name, words, of): (&str, &str, &str)| {
        let value = form.get(name)?;
        let of = match (of, value.as_u64() == Some(1)) {
            ("", _) => String::new(),
            ("entr", true) => " entry".to_owned(),
            ("entr", false) => " entries".to_owned(),
            (of, true) => format!(" {of}"),
            (of, false) => format!(" {of}s"),
        };
        Some(format!("{words} {}{of}", plain(value)))
    };
    names.into_iter().filter_map(said).collect()
}

/// A value that fits, where no example has one.
fn made_up(form: &Map<String, Value>) -> Option<Value> {
    if let Some(first) = form.get("const").or_else(|| form.get("enum")?.as_array()?.first()) {
        return Some(first.clone());
    }
    match form.get("type").and_then(Value::as_str)? {
        "integer" | "number" => Some(form.get("minimum").cloned().unwrap_or(json!(1))),
        "boolean" => Some(json!(true)),
        // What a description shows between backticks is one.
        "string" => form.get("description")?.as_str()?.split('`').nth(1).map(|word| json!(word)),
        _ => None,
    }
}

/// A value as it stands in a spec.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{FURTHER, all, find};
    use crate::remote::spec_changes::read;

    fn keys() -> Vec<super::Key> {
        let example = read(include_bytes!("../../out/mlops.yaml")).unwrap();
        all(&crate::spec::json_schema(), &[&example, &read(FURTHER).unwrap()])
    }

    #[test]
    fn every_key_has_an_example_and_names_have_limits() {
        use crate::spec::located::{Limits, read};
        let keys = keys();
        let without: Vec<&str> = keys.iter().filter(|key| key.example.is_none()).map(|key| key.path.as_str()).collect();
        assert_eq!(without, Vec::<&str>::new());
        let limits = |path: &str| find(&keys, path).unwrap().limits.join("; ");
        assert_eq!(
            limits("project.name"),
            "1 to 24 characters: lower-case letters, digits and hyphens, starting with a letter"
        );
        assert!(limits("environments.names.storage").starts_with("3 to 24 characters"));
        assert_eq!(limits("data.columns"), "at least 2 entries; at most 2000 entries");
        assert_eq!(limits("scoring.contract.route"), "");
        // The further examples fit the schema.
        let mut wrong = Vec::new();
        let document = read(std::str::from_utf8(FURTHER).unwrap(), Limits::SPEC, &mut wrong).unwrap();
        wrong.extend(crate::spec::structure::conform(&document, &crate::spec::schema::SCHEMA).mistakes);
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn every_key_says_what_it_means_and_what_may_stand_there() {
        let keys = keys();
        assert!(keys.len() > 100, "{}", keys.len());
        for key in &keys {
            assert!(!key.description.is_empty() && !key.kind.is_empty(), "{key:?}");
        }
    }

    #[test]
    fn a_key_is_found_as_people_write_it_and_a_wrong_one_has_neighbours() {
        let keys = keys();
        let max = find(&keys, "scoring.replicas.max").unwrap();
        assert_eq!((max.kind.as_str(), max.required, max.default.clone()), ("a whole number", false, Some(3.into())));
        assert_eq!(max.limits, ["at least 1", "at most 1000"]);
        assert_eq!(max.example, Some(6.into()));
        let name = find(&keys, "environments[0].name").unwrap();
        assert!(name.required);
        assert_eq!(name.example, Some("qa".into()));
        assert_eq!(find(&keys, "project.tags.cost-center").unwrap().path, "project.tags");
        assert_eq!(find(&keys, "variableGroups[1].variables.RETRIES").unwrap().path, "variableGroups.variables");
        assert!(find(&keys, "scoring.replicas.most").is_err());
        assert!(find(&keys, "scoring.replica.max").unwrap_err().contains(&"scoring.replicas.max"));
        assert!(find(&keys, "idleSecond").unwrap_err().contains(&"training.compute.idleSeconds"));
    }
}
