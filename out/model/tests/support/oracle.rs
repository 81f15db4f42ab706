//! What a JSON body means by serde_json's verdict, told apart from how the server reads it. Shared by property tests and the fuzz target.

use mlops_model::scoring::decode::{Answer, Features, Format, Limits, decode, json};
use mlops_model::scoring::problem::ProblemCode;
use serde_json::Value;

/// Limits for the oracle's bodies.
pub const LIMITS: Limits = Limits { body: 1 << 20, rows: 50 };

/// Features of the oracle's model.
pub fn features() -> Features {
    Features::new(vec!["a".into(), "b".into(), "ü".into()])
}

/// The rows in feature order, where `value` keeps the contract.
fn rows(value: &Value, features: &Features) -> Option<Vec<f64>> {
    let body = value.as_object()?;
    if body.keys().any(|key| key != "data" && key != "columns") {
        return None;
    }
    let data = body.get("data")?.as_array()?;
    let order: Vec<String> = match body.get("columns") {
        None => features.names().to_vec(),
        Some(columns) if data.iter().all(Value::is_array) => {
            columns.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<_>>()?
        }
        Some(_) => return None,
    };
    let mut sorted = (order.clone(), features.names().to_vec());
    sorted.0.sort();
    sorted.1.sort();
    if sorted.0 != sorted.1 || data.is_empty() || data.len() > LIMITS.rows {
        return None;
    }
    if !data.iter().all(Value::is_array) && !data.iter().all(Value::is_object) {
        return None;
    }
    let mut all = Vec::new();
    for row in data {
        let width = row.as_array().map(Vec::len).or(row.as_object().map(|record| record.len()))?;
        if width != features.len() {
            return None;
        }
        for name in features.names() {
            let cell = match row {
                Value::Array(cells) => cells.get(order.iter().position(|found| found == name)?)?,
                record => record.get(name)?,
            };
            all.push(cell.as_f64()?);
        }
    }
    Some(all)
}

/// Decodes `body` and compares verdict and numbers with serde_json's, bit for bit.
pub fn check(body: &[u8]) {
    let features = features();
    let mut values = Vec::new();
    let found = decode(body, Format::Json, &features, LIMITS, &mut values);
    if matches!(&found, Ok((_, answer)) if *answer != Answer::Result) {
        // The body of another server's client, which this oracle knows nothing of.
        return;
    }
    let found = found.map(|(rows, _)| rows);
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    match (serde_json::from_slice::<Value>(body), found) {
        (Err(error), Ok(_)) => panic!("accepted what serde_json refuses: {error}"),
        (Err(error), Err(problem)) => {
            assert_eq!(problem.code, ProblemCode::MalformedJson, "serde_json refuses: {error}; found {problem:?}");
        }
        (Ok(value), Ok(count)) => {
            let expected = rows(&value, &features).expect("accepted what the contract refuses");
            assert_eq!(count * features.len(), expected.len());
            assert_eq!(bits(&values), bits(&expected));
            // Both ways of reading agree, whichever was taken.
            let mut again = Vec::new();
            assert_eq!(json::rows(body, &features, LIMITS.rows, &mut again), Ok(count));
            assert_eq!(bits(&again), bits(&expected));
        }
        (Ok(value), Err(problem)) => {
            assert_ne!(problem.code, ProblemCode::MalformedJson, "refused what serde_json accepts: {problem:?}");
            assert!(problem.code.status().as_u16() < 500);
            // A `Value` keeps the last of repeated members, so that only the server sees them.
            let repeated = problem.detail.contains("twice");
            assert!(repeated || rows(&value, &features).is_none(), "refused what the contract accepts: {problem:?}");
            let document: Value = serde_json::from_str(&problem.to_json("id")).expect("the problem is JSON");
            assert_eq!(document["code"], problem.code.as_str());
        }
    }
}

/// Decodes `body` as CSV: whatever it holds, an answer of whole finite rows or a refusal.
pub fn check_csv(body: &[u8], header: Option<bool>) {
    let features = features();
    let mut values = Vec::new();
    match decode(body, Format::Csv { header }, &features, LIMITS, &mut values) {
        Ok((rows, _)) => {
            assert_eq!(values.len(), rows * features.len());
            assert!(values.iter().all(|value| value.is_finite()));
        }
        Err(problem) => assert!(problem.code.status().as_u16() < 500, "{problem:?}"),
    }
}
