use super::*;
use crate::dataset::Reading;
use crate::training::{FitOn, Penalty, TrainOptions, train};
use std::path::Path;

fn diabetes() -> (Dataset, DataContract) {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/data/diabetes.csv"));
    let data = Dataset::open(path).unwrap();
    let names = data.column_names(&data.files()[0], &Reading::numbers(&[])).unwrap();
    let columns: Vec<String> = names.iter().map(|n| format!(r#"{{"name":"{n}","type":"number"}}"#)).collect();
    let text = format!(r#"{{"version":1,"target":"target","columns":[{}]}}"#, columns.join(","));
    (data, DataContract::from_json(text.as_bytes()).unwrap())
}

fn model(alpha: f64) -> Model {
    let (data, contract) = diabetes();
    train(&data, &contract, &TrainOptions { penalty: Penalty::Alpha(alpha), fit_on: FitOn::Train }).unwrap()
}

fn rule(metric: Metric, direction: Direction, margin: f64) -> Rule {
    Rule { metric, direction, margin, minimum: None, maximum: None, incomparable: Incomparable::Promote }
}

fn decide(metric: Metric, margin: f64, challenger: f64, champion: Option<f64>) -> Decision {
    let (data, contract) = diabetes();
    let champion = champion.map(model);
    let evaluation = evaluate(&data, &contract, &model(challenger), champion.as_ref()).unwrap();
    let rule = rule(metric, metric.natural_direction(), margin);
    rule.decide(&evaluation, String::new(), String::new()).unwrap()
}

#[test]
fn the_evaluation_has_the_metrics_that_training_wrote() {
    let (data, contract) = diabetes();
    let model = model(0.4);
    let evaluation = evaluate(&data, &contract, &model, None).unwrap();
    let written = model.file().metrics.holdout.unwrap();
    assert_eq!(evaluation.challenger.rows, 89);
    assert!((evaluation.challenger.mse.unwrap() - written.mse.unwrap()).abs() < 1e-9 * written.mse.unwrap());
    assert!((evaluation.challenger.mae.unwrap() - written.mae.unwrap()).abs() < 1e-9);
}

#[test]
fn no_champion_yet_promotes() {
    let decision = decide(Metric::Mse, 0.0, 0.4, None);
    assert!(decision.promote && decision.champion.is_none());
    assert!(decision.reason.starts_with("there is no champion yet"));
}

#[test]
fn the_better_model_wins_by_any_metric_and_equals_do_not_replace() {
    for metric in [Metric::Mse, Metric::Rmse, Metric::Mae, Metric::R2] {
        assert!(decide(metric, 0.0, 0.4, Some(100.0)).promote, "{metric:?}");
        assert!(!decide(metric, 0.0, 100.0, Some(0.4)).promote, "{metric:?}");
        assert!(!decide(metric, 0.0, 0.4, Some(0.4)).promote, "{metric:?}");
    }
}

#[test]
fn a_margin_must_be_exceeded() {
    let gain = decide(Metric::Mse, 0.0, 0.4, Some(100.0));
    let gain = gain.champion.unwrap() - gain.challenger;
    assert!(decide(Metric::Mse, gain * 0.99, 0.4, Some(100.0)).promote);
    assert!(!decide(Metric::Mse, gain * 1.01, 0.4, Some(100.0)).promote);
}

#[test]
fn a_direction_against_nature_is_obeyed() {
    let (data, contract) = diabetes();
    let evaluation = evaluate(&data, &contract, &model(100.0), Some(&model(0.4))).unwrap();
    let rule = rule(Metric::Mse, Direction::Maximize, 0.0);
    assert!(rule.decide(&evaluation, String::new(), String::new()).unwrap().promote);
}

#[test]
fn a_model_of_another_contract_is_refused() {
    let (data, contract) = diabetes();
    let renamed = DataContract::from_json(contract.to_json().replace("\"bmi\"", "\"mass\"").as_bytes()).unwrap();
    let error = evaluate(&data, &renamed, &model(1.0), None).unwrap_err().to_string();
    assert!(error.contains("it has the feature 'bmi', which the contract has not"), "{error}");
    let other = contract.to_json().replace("\"target\": \"target\"", "\"target\": \"age\"");
    let other = DataContract::from_json(other.as_bytes()).unwrap();
    let error = evaluate(&data, &other, &model(1.0), None).unwrap_err().to_string();
    assert!(error.contains("it predicts 'target', the contract's target is 'age'"), "{error}");
}

#[test]
fn without_held_out_rows_there_is_no_evaluation() {
    let (data, contract) = diabetes();
    let none = DataContract::from_json(contract.to_json().replace("\"fraction\": 0.2", "\"fraction\": 0.0").as_bytes());
    let error = evaluate(&data, &none.unwrap(), &model(1.0), None).unwrap_err().to_string();
    assert!(error.starts_with("no complete row is held out of 442"), "{error}");
}

#[test]
fn a_champion_is_measured_with_its_own_features_and_one_that_cannot_be_is_a_clean_outcome() {
    let (data, contract) = diabetes();
    let columns = contract.to_json();
    let start = columns.find("    {\n      \"name\": \"bmi\"").unwrap();
    let end = columns[start..].find("},").unwrap() + start + 2;
    let without = DataContract::from_json(format!("{}{}", &columns[..start], &columns[end..]).as_bytes()).unwrap();
    assert_eq!(without.columns().len() + 1, contract.columns().len());
    let options = TrainOptions { penalty: Penalty::Alpha(0.4), fit_on: FitOn::Train };
    let challenger = train(&data, &without, &options).unwrap();
    let champion = model(0.4);
    let evaluation = evaluate(&data, &without, &challenger, Some(&champion)).unwrap();
    let Champion::Measured(metrics) = evaluation.champion else { panic!("{:?}", evaluation.champion) };
    let written = champion.file().metrics.holdout.unwrap().mse.unwrap();
    assert!((metrics.mse.unwrap() - written).abs() < 1e-9 * written, "the column is still in the file");

    // A file that has lost the column.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.csv");
    let text = std::fs::read_to_string(&data.files()[0].path).unwrap();
    std::fs::write(&path, text.replacen("bmi", "gone", 1)).unwrap();
    let data = Dataset::open(&path).unwrap();
    let evaluation = evaluate(&data, &without, &challenger, Some(&champion)).unwrap();
    let decide = |incomparable, minimum| {
        let rule = Rule { incomparable, minimum, ..rule(Metric::R2, Direction::Maximize, 0.0) };
        rule.decide(&evaluation, String::new(), String::new()).unwrap()
    };
    let decision = decide(Incomparable::Promote, None);
    assert!(decision.promote && decision.champion.is_none());
    assert!(decision.reason.contains("cannot be compared") && decision.reason.contains("'bmi'"), "{}", decision.reason);
    assert!(!decide(Incomparable::Keep, None).promote);
    assert!(!decide(Incomparable::Promote, Some(0.9)).promote, "the floor holds here too");
}

#[test]
fn the_first_model_must_reach_the_floor_too() {
    let (data, contract) = diabetes();
    let evaluation = evaluate(&data, &contract, &model(0.4), None).unwrap();
    for (metric, minimum, maximum, promote) in [
        (Metric::R2, Some(0.3), None, true),
        (Metric::R2, Some(0.9), None, false),
        (Metric::Mse, None, Some(4000.0), true),
        (Metric::Mse, None, Some(100.0), false),
    ] {
        let rule = Rule { minimum, maximum, ..rule(metric, metric.natural_direction(), 0.0) };
        let decision = rule.decide(&evaluation, String::new(), String::new()).unwrap();
        assert_eq!(decision.promote, promote, "{}", decision.reason);
    }
    let rule = rule(Metric::Auc, Direction::Maximize, 0.0);
    assert!(
        rule.decide(&evaluation, String::new(), String::new()).unwrap_err().to_string().contains("auc is not defined")
    );
}
