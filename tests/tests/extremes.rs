//! Extreme numbers through data test, training, evaluation and scoring of the Rust runtime: ±1e200, columns that hardly vary, ids of
//! 64 bits. `conformance/verdicts-python.py` holds the Python runtime against the same table. See `tests/verdicts/README.md`.

use mlops_model::contract::DataContract;
use mlops_model::data_test::test_data;
use mlops_model::dataset::Dataset;
use mlops_model::evaluation::{Metric, evaluate};
use mlops_model::scoring::decode::{Format, Limits};
use mlops_model::scoring::scorer::{Scorer, Scratch};
use mlops_model::training::{FitOn, Penalty, TrainError, TrainOptions, train};
use serde_json::{Value, json};
use std::path::Path;

/// What is found, as the table says it: the kind of a refusal, or the metric and the scores.
fn found(case: &Value, folder: &Path) -> Value {
    let path = folder.join("t.csv");
    std::fs::write(&path, case["data"].as_str().unwrap()).unwrap();
    let contract = DataContract::from_json(case["contract"].to_string().as_bytes()).unwrap();
    let data = Dataset::open(&path).unwrap();
    let tested = |model| match test_data(&data, &contract, model).unwrap().failures() {
        0 => "passed",
        _ => "failed",
    };
    let data_test = tested(None);
    let alpha = case["alpha"].as_f64().unwrap_or(0.1);
    let options = TrainOptions { penalty: Penalty::Alpha(alpha), fit_on: FitOn::Train };
    let model = match train(&data, &contract, &options) {
        Ok(model) => model,
        Err(TrainError::Range { column, .. }) => {
            return json!({"data_test": data_test, "train": {"refused": "out-of-range", "column": column}});
        }
        Err(error) => return json!({"data_test": data_test, "train": {"refused": error.to_string()}}),
    };
    assert_eq!(tested(Some(&model)), data_test, "beside what the model was trained on");
    let metrics = evaluate(&data, &contract, &model, None).unwrap().challenger;
    let limits = Limits { body: 1 << 20, rows: 100 };
    let scorer = Scorer::from_json(model.to_json().unwrap().as_bytes(), "/score", limits).unwrap();
    let mut scratch = Scratch::default();
    let body = json!({"data": case["rows"]}).to_string();
    scorer.score(body.as_bytes(), Format::Json, limits, &mut scratch).unwrap();
    let (outputs, last) = (scorer.outputs(), scorer.outputs() - 1);
    let scores: Vec<f64> = scratch.predictions.chunks_exact(outputs).map(|row| row[last]).collect();
    let mut found = json!({"data_test": data_test, "scores": scores});
    for (name, metric) in [
        ("mae", Metric::Mae),
        ("mse", Metric::Mse),
        ("r2", Metric::R2),
        ("mape", Metric::Mape),
        ("log-loss", Metric::LogLoss),
    ] {
        found[name] = json!(metric.of(&metrics));
    }
    found
}

/// Whether `found` is what `expected` says; pairs are a value and how far from it is near.
fn fits(expected: &Value, found: &Value) -> bool {
    let near = |pair: &Value, value: &Value| {
        let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
        (number(&pair[0]) - number(value)).abs() <= number(&pair[1])
    };
    expected.as_object().unwrap().iter().all(|(name, wanted)| match name.as_str() {
        "data_test" | "train" => &found[name] == wanted,
        "scores" => {
            let (wanted, found) = (wanted.as_array().unwrap(), found[name].as_array());
            found.is_some_and(|found| {
                found.len() == wanted.len() && wanted.iter().zip(found).all(|(pair, value)| near(pair, value))
            })
        }
        _ if wanted.is_null() => found[name].is_null(),
        _ => near(wanted, &found[name]),
    })
}

#[test]
fn extreme_numbers_break_nothing_and_are_learned_from_or_refused_by_name() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("verdicts/extremes.json");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(table).unwrap()).unwrap();
    assert!(cases.len() >= 19, "{}", cases.len());
    let mut wrong = vec![];
    for case in &cases {
        let folder = tempfile::tempdir().unwrap();
        let found = found(case, folder.path());
        if !fits(&case["expected"], &found) {
            wrong.push(format!("{}: expected {}, found {found}", case["name"], case["expected"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
