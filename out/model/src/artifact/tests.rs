use super::*;
use crate::contract::UnknownColumns;
use crate::encoding::Input;
use proptest::prelude::*;

/// A model of given coefficients, with a plain baseline.
fn model(intercept: f64, coefficients: &[f64]) -> Model {
    let baseline = || ColumnBaseline {
        count: 3,
        missing: 0,
        mean: 0.5,
        standard_deviation: 0.25,
        min: 0.0,
        max: 1.0,
        histogram: Histogram { log2_width: -1, first: 0, counts: vec![1, 1, 1] },
    };
    let feature = |(i, &coefficient): (usize, &f64)| Feature {
        input: Input::number(&format!("x{i}")),
        coefficients: vec![vec![coefficient]],
        baseline: baseline(),
    };
    Model::new(ModelFile {
        schema_version: SCHEMA_VERSION,
        code_version: "0.1.0".into(),
        alpha: 0.4,
        task: ModelTask::Regression {},
        intercepts: vec![intercept],
        unknown_columns: UnknownColumns::Refuse,
        features: coefficients.iter().enumerate().map(feature).collect(),
        target: Target { name: "y".into(), baseline: baseline() },
        predictions: Some(baseline()),
        metrics: ModelMetrics {
            train: Metrics { rows: 3, mse: Some(0.25), rmse: Some(0.5), mae: Some(0.1), ..Metrics::default() },
            holdout: None,
        },
        training: Training {
            rows: 3,
            rows_skipped: 0,
            data_blake3: "00".repeat(32),
            split: SplitRecord { method: "permutation".into(), fraction: 0.2, seed: 0, fit_on: "train".into() },
            diagnostics: Diagnostics { solver: "svd".into(), condition: None, rank: 1, warnings: vec![] },
            search: vec![(0.1, 2.0)],
        },
    })
    .unwrap()
}

#[test]
fn a_row_of_another_width_is_refused() {
    let model = model(1.0, &[2.0, 3.0]);
    assert_eq!(model.predict_row(&[10.0, 100.0]), Ok(321.0));
    assert_eq!(model.predict_row(&[10.0]), Err(PredictError::Width { found: 1, expected: 2 }));
    let mut out = vec![];
    assert_eq!(model.predict(&[1.0; 5], &mut out), Err(PredictError::Ragged { found: 5, expected: 2 }));
    model.predict(&[10.0, 100.0, 0.0, 0.0], &mut out).unwrap();
    assert_eq!(out, [321.0, 1.0]);
}

#[test]
fn an_overflowing_prediction_is_an_error_and_leaves_the_output_alone() {
    let model = model(0.0, &[1e300]);
    let mut out = vec![7.0];
    assert_eq!(model.predict(&[1.0, 1e300], &mut out), Err(PredictError::NotFinite { row: 1 }));
    assert_eq!(out, [7.0]);
    assert_eq!(model.predict_row(&[f64::NAN]), Err(PredictError::NotFinite { row: 0 }));
}

#[test]
fn a_broken_model_file_is_refused_with_the_place() {
    let good = model(1.0, &[2.0, 3.0]).to_json().unwrap();
    let refusal = |from: &str, to: &str| {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "the replacement must change the text");
        Model::from_json(text.as_bytes()).unwrap_err().to_string()
    };
    assert!(refusal("\"schema_version\": 2", "\"schema_version\": 9").contains("schema version 9, expected 1 or 2"));
    assert!(refusal("\"x1\"", "\"x0\"").contains("features[1].input.name: 'x0' occurs twice"));
    assert!(refusal("\"x1\"", "\"y\"").contains("features[1].input.name: 'y' occurs twice"));
    assert!(refusal("\"count\": 3", "\"count\": 2").contains("features[0].baseline.histogram.counts"));
    assert!(refusal("\"alpha\"", "\"alfa\"").contains("unknown field `alfa`"));
    assert!(refusal("\"intercepts\"", "\"intercept\"").contains("unknown field `intercept`"));
    assert!(refusal("\"alpha\": 0.4", "\"alpha\": 1e999").contains("number out of range"));
    assert!(Model::from_json(&good.as_bytes()[..good.len() / 2]).unwrap_err().to_string().contains("EOF"));
}

#[test]
fn a_missing_folder_is_no_model_and_a_broken_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Model::load_from_folder(&folder.path().join("nowhere")).unwrap(), None);
    let model = model(1.0, &[2.0]);
    model.save(&folder.path().join(MODEL_FILE)).unwrap();
    assert_eq!(Model::load_from_folder(folder.path()).unwrap(), Some(model));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays behind");
    std::fs::write(folder.path().join(MODEL_FILE), "{").unwrap();
    assert!(Model::load_from_folder(folder.path()).is_err());
}

proptest! {
    #[test]
    fn a_saved_model_predicts_the_very_bits_of_the_trained_one(
        intercept in prop::num::f64::NORMAL,
        coefficients in prop::collection::vec(-1e9..1e9f64, 1..12),
        x in -1e3..1e3f64,
    ) {
        let model = model(intercept, &coefficients);
        let again = Model::from_json(model.to_json().unwrap().as_bytes()).unwrap();
        prop_assert_eq!(&again, &model);
        let row = vec![x; coefficients.len()];
        let mut many = vec![];
        again.predict(&row, &mut many).unwrap();
        prop_assert_eq!(model.predict_row(&row).unwrap().to_bits(), many[0].to_bits());
    }
}
