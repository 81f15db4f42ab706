//! Request bodies and what the Rust server makes of them: rows, or a problem's code. `conformance/verdicts-python.py` holds the
//! Python server against the same table. See `tests/verdicts/README.md`.

use mlops_model::contract::UnknownColumns;
use mlops_model::encoding::Input;
use mlops_model::scoring::decode::{Answer, Features, Format, Limits, decode};
use serde_json::{Value, json};
use std::path::Path;

/// What is filled in for a missing value is told by the index of a level here, and by its name in the table.
fn input(given: &Value) -> Input {
    let mut given = given.clone();
    let levels: Vec<String> = serde_json::from_value(given.get("levels").cloned().unwrap_or(json!([]))).unwrap();
    if let Some(place) = given["fill"].as_str().and_then(|fill| levels.iter().position(|level| level == fill)) {
        given["fill"] = json!(place);
    }
    serde_json::from_value(given).unwrap()
}

/// A value as the table has it: a level by its name, and nothing where it is missing.
fn value(input: &Input, value: f64) -> Value {
    if value.is_nan() {
        return Value::Null;
    }
    match input.levels.get(value as usize) {
        Some(level) => json!(level),
        None => json!(value),
    }
}

fn found(case: &Value) -> Value {
    let inputs: Vec<Input> = case["model"].as_array().unwrap().iter().map(input).collect();
    let unknown = if case["ignore_unknown"] == true { UnknownColumns::Ignore } else { UnknownColumns::Refuse };
    let features = Features::of(inputs.clone(), unknown);
    let bytes = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let body = match case["body_hex"].as_str() {
        Some(hex) => bytes(hex),
        None => case["body"].as_str().unwrap().as_bytes().to_vec(),
    };
    let mut values = vec![];
    let limits = Limits { body: 1 << 20, rows: 8 };
    let format = Format::from_headers(case["content_type"].as_str().map(str::as_bytes), None);
    match format.and_then(|format| decode(&body, format, &features, limits, &mut values)) {
        Err(problem) => json!({"code": problem.code.as_str()}),
        Ok((_, answer)) => {
            let row = |row: &[f64]| row.iter().zip(&inputs).map(|(v, input)| value(input, *v)).collect::<Value>();
            let rows: Value = values.chunks_exact(features.len()).map(row).collect();
            let answer = match answer {
                Answer::Result => "result",
                Answer::Predictions => "predictions",
                Answer::OpenInference { .. } => "tensors",
            };
            json!({"rows": rows, "answer": answer})
        }
    }
}

/// Equal, with every number by its bits.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Number(a), Value::Number(b)) => a.as_f64().map(f64::to_bits) == b.as_f64().map(f64::to_bits),
        _ => a == b,
    }
}

#[test]
fn every_body_is_answered_as_the_table_says() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("verdicts/bodies.json");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(table).unwrap()).unwrap();
    assert!(cases.len() >= 240, "{}", cases.len());
    let mut wrong = vec![];
    for case in &cases {
        let found = found(case);
        if !same(&case["expected"], &found) {
            wrong.push(format!("{}: expected {}, found {found}", case["name"], case["expected"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
