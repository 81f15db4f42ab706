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
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn drop_null(map: &mut Map<String, Value>) {
    if map.get("default").is_some_and(Value::is_null) {
        map.remove("default");
    }
    if let Some(Value::Object(default)) = map.get_mut("default") {
        default.retain(|_, value| !value.is_null());
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
