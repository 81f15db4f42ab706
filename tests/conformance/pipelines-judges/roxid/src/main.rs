//! What roxid's crate says of expressions: `pipelines-roxid-conformance CONTEXTS.yml EXPRESSIONS.tsv` prints a line of JSON
//! for each row, with the kind and the text of the value, or the error.

use std::collections::HashMap;
use std::fs::read_to_string;
use std::panic::catch_unwind;

use pipeline_service::parser::models::Value;
use pipeline_service::{ExpressionContext, ExpressionEngine};

fn main() {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let [contexts, expressions] = paths.as_slice() else { panic!("two files are asked for") };
    let contexts: serde_yaml::Value = serde_yaml::from_str(&read_to_string(contexts).unwrap()).unwrap();
    let part = |name: &str| -> HashMap<String, Value> {
        let entries = contexts[name].as_mapping().into_iter().flatten();
        entries.map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), worth(value))).collect()
    };
    let context = ExpressionContext {
        variables: part("variables"),
        parameters: part("parameters"),
        ..ExpressionContext::default()
    };
    std::panic::set_hook(Box::new(|_| {}));
    for row in read_to_string(expressions).unwrap().lines().skip(1) {
        let expression = row.split('\t').nth(1).unwrap_or_default();
        let context = context.clone();
        let said = catch_unwind(|| ExpressionEngine::new(context).evaluate_compile_time(expression));
        let (kind, text) = match said {
            Err(_) => ("panic", String::new()),
            Ok(Err(error)) => ("error", error.message),
            Ok(Ok(value)) => (kind(&value), value.as_string()),
        };
        println!("{}", serde_json::json!({ "expression": expression, "kind": kind, "text": text }));
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "mapping",
    }
}

fn worth(value: &serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Bool(value) => Value::Bool(*value),
        serde_yaml::Value::Number(value) => Value::Number(value.as_f64().unwrap_or_default()),
        serde_yaml::Value::String(value) => Value::String(value.clone()),
        serde_yaml::Value::Sequence(items) => Value::Array(items.iter().map(worth).collect()),
        serde_yaml::Value::Mapping(entries) => Value::Object(
            entries.iter().map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), worth(value))).collect(),
        ),
        _ => Value::Null,
    }
}
