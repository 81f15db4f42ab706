//! `variables` blocks: of values, and of groups.

use serde_json::{Map, Value};

/// Takes the variables with values out of a `variables` block, be it a mapping or a list.
pub fn collect_variables(block: &Value, into: &mut Map<String, Value>) {
    match block {
        Value::Object(map) => into.extend(map.clone()),
        Value::Array(items) => {
            for item in items {
                if let (Some(name), Some(value)) = (item.get("name").and_then(Value::as_str), item.get("value")) {
                    into.insert(name.to_owned(), value.clone());
                }
            }
        }
        _ => {}
    }
}

/// The variable groups that a pipeline, stage or job names.
pub fn groups(value: &Value) -> Vec<String> {
    let variables = value.get("variables").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    variables.iter().filter_map(|variable| Some(variable.get("group")?.as_str()?.to_owned())).collect()
}
