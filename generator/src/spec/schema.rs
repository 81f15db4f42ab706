//! The JSON Schema of `mlops.yaml`: what editors complete by, and what the structure check walks.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::SpecFile;

/// The JSON Schema (draft 2020-12) with a description and, where there is one, a default for each key.
pub fn json_schema() -> Value {
    SCHEMA.clone()
}

/// The schema, made once.
pub(crate) static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut schema = schemars::schema_for!(SpecFile).to_value();
    tidy(&mut schema);
    if let Value::Object(root) = &mut schema {
        root.insert("title".to_owned(), "mlops.yaml".into());
    }
    schema
});

/// Takes away what comes from Rust's types rather than from the format: `null` for `Option`, widths of numbers.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            drop_null(map);
            map.remove("format");
            hoist_required(map);
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// A key that must be there is an `Option` in Rust with a mark, because serde has to read what else is there without
/// it; for the schema it is required.
fn hoist_required(map: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = map.get_mut("properties") else { return };
    let marked = |(name, property): (&String, &mut Value)| {
        property.as_object_mut().and_then(|p| p.remove("x-required")).map(|_| Value::from(name.as_str()))
    };
    let required: Vec<Value> = properties.iter_mut().filter_map(marked).collect();
    if !required.is_empty() {
        map.insert("required".to_owned(), required.into());
    }
}

fn drop_null_values(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(drop_null_values);
    }
}

fn drop_null(map: &mut Map<String, Value>) {
    if map.get("default").is_some_and(Value::is_null) {
        map.remove("default");
    }
    if let Some(default) = map.get_mut("default") {
        drop_null_values(default);
    }
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|t| t != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(variants)) = map.get_mut("anyOf") {
        variants.retain(|v| v.get("type").is_none_or(|t| t != "null"));
        if let [Value::Object(only)] = variants.as_slice() {
            let only = only.clone();
            map.remove("anyOf");
            for (key, value) in only {
                map.entry(key).or_insert(value);
            }
        }
    }
}
