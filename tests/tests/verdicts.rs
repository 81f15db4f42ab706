//! The Rust runtime against the corpus of verdicts: the same numbers, or a refusal of the same kind and place. See
//! `tests/verdicts/README.md`.

use mlops_model::contract::{ColumnType, DataContract};
use mlops_model::dataset::{Batch, DataError, Dataset, Share};
use mlops_model::drift::{Comparison, Limits, OutcomeLimits, Outcomes, Reference, Tally, judge, judge_outcomes, take};
use mlops_model::encoding::{Fitting, encode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("verdicts")
}

/// What the runtime makes of a case, in the corpus' words.
fn verdict(case: &Value) -> Value {
    let path = folder().join(case["data"].as_str().unwrap());
    let Ok(contract) = DataContract::from_json(case["contract"].to_string().as_bytes()) else {
        return json!({"refused": "invalid-contract"});
    };
    let batches = Dataset::open(&path).and_then(|data| {
        let batches: Result<Vec<Batch>, DataError> = data.read_strictly(&contract, Share::WHOLE).collect();
        batches.map(|batches| (data, batches))
    });
    let (data, batches) = match batches {
        Ok(found) => found,
        Err(error) => return refusal(&error),
    };
    let mut fitting = Fitting::new(&contract);
    for batch in &batches {
        let lacking = batch.rows_that_lack(|place| fitting.drops(place));
        let whole = |row: &u32| lacking.as_ref().is_none_or(|lacking| !lacking[*row as usize]);
        fitting.push(batch, &(0..batch.rows as u32).filter(whole).collect::<Vec<_>>());
    }
    let target = contract.target_index();
    let places: Vec<usize> = (0..contract.columns().len()).filter(|place| *place != target).collect();
    let mut encoded_rows = vec![];
    match fitting.finish() {
        Ok(inputs) => {
            for batch in &batches {
                let encoded = encode(&inputs, &places, batch);
                if let Some((row, column, problem)) = encoded.refused.into_iter().next() {
                    return refusal(&data.refuse(&contract, batch, row, column, problem));
                }
                encoded_rows.extend(
                    (0..batch.rows).map(|row| json!(encoded.columns.iter().map(|c| c[row]).collect::<Vec<_>>())),
                );
            }
        }
        Err(error) if batches.iter().any(|batch| batch.rows > 0) => {
            return json!({"refused": "no-values", "column": error.column});
        }
        Err(_) => {}
    }
    let rows: Vec<Value> =
        batches.iter().flat_map(|batch| (0..batch.rows).map(|row| cells(&contract, batch, row))).collect();
    json!({"rows": rows, "encoded": encoded_rows})
}

fn cells(contract: &DataContract, batch: &Batch, row: usize) -> Value {
    let cell = |(place, values): (usize, &Vec<f64>)| match contract.columns()[place].kind {
        _ if values[row].is_nan() => Value::Null,
        ColumnType::Category => json!(batch.texts[place][values[row] as usize]),
        _ => json!(values[row]),
    };
    batch.columns.iter().enumerate().map(cell).collect()
}

fn refusal(error: &DataError) -> Value {
    let (row, column) = error.place();
    json!({"refused": error.kind(), "row": row, "column": column})
}

/// Equal, with every number by its bits.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Number(a), Value::Number(b)) => a.as_f64().map(f64::to_bits) == b.as_f64().map(f64::to_bits),
        _ => a == b,
    }
}

#[test]
fn every_file_has_the_verdict_that_the_corpus_expects() {
    let cases: Value = serde_json::from_slice(&std::fs::read(folder().join("cases.json")).unwrap()).unwrap();
    let cases = cases.as_array().unwrap();
    assert!(cases.len() >= 150, "{}", cases.len());
    let mut wrong = vec![];
    for case in cases {
        let found = verdict(case);
        let expected = case["expected"].as_object().unwrap();
        if !expected.iter().all(|(member, value)| same(&found[member], value)) {
            wrong.push(format!("{}: expected {}, found {found}", case["name"], case["expected"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_log_has_the_finding_that_the_corpus_expects() {
    let cases: Value = serde_json::from_slice(&std::fs::read(folder().join("drift.json")).unwrap()).unwrap();
    let cases = cases.as_array().unwrap();
    assert!(cases.len() >= 90, "{}", cases.len());
    let mut wrong = vec![];
    for case in cases {
        let reference: Reference = serde_json::from_value(case["reference"].clone()).unwrap();
        let limits: Limits = serde_json::from_value(case["limits"].clone()).unwrap();
        let mut tally = Tally::new(&reference);
        let known = case.get("outcomes").map(|asked| outcomes(asked, &reference));
        let mut beside = known.as_ref().map(|known| {
            let since = case["outcomes"]["since"].as_str();
            Comparison::new(known, &reference.task, since)
        });
        for line in case["lines"].as_array().unwrap() {
            let (line, since) = (line.as_str().unwrap().as_bytes(), case["since"].as_str());
            take(line, since, &mut tally, beside.as_mut());
        }
        let mut found = judge(&tally, limits);
        if let Some(beside) = &beside {
            let limits: OutcomeLimits = serde_json::from_value(case["outcomes"]["limits"].clone()).unwrap();
            found = found.with_outcomes(judge_outcomes(beside, limits, case["outcomes"]["before"].as_f64()));
        }
        let found = serde_json::to_value(found).unwrap();
        if !near(&case["expected"], &found) {
            wrong.push(format!("{}: expected {}, found {found}", case["name"], case["expected"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// What a case says that turned out, read from files.
fn outcomes(asked: &Value, reference: &Reference) -> Outcomes {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in asked["files"].as_object().unwrap() {
        std::fs::write(folder.path().join(name), text.as_str().unwrap()).unwrap();
    }
    let contract = DataContract::from_json(asked["contract"].to_string().as_bytes()).unwrap();
    let by: Vec<String> = serde_json::from_value(asked["by"].clone()).unwrap();
    Outcomes::read(folder.path(), &contract, &by, &reference.task).unwrap()
}

/// Equal, with numbers up to the rounding of a sum.
fn near(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| near(value, other)))
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-12 * a.abs().max(1.0)
        }
        _ => a == b,
    }
}
