//! Reports of small trained models.

use super::Sample;
use super::measure::{calibration, drift, importance, predictions};
use crate::artifact::Model;
use crate::contract::DataContract;
use crate::dataset::Dataset;
use crate::evaluation::{Direction, Incomparable, Metric, Rule, evaluate};
use crate::training::{FitOn, Penalty, TrainOptions, train};
use std::fmt::Write as _;

/// `y` is twice `a`; `city` counts a little, and `idle` does not.
fn files(folder: &std::path::Path, task: &str) -> (Dataset, DataContract, Model) {
    let mut csv = String::from("<a>,city,idle,y\n");
    for row in 0..400_usize {
        let (a, city, idle) = (row % 97, ["Bonn", "Ulm"][row % 2], row * 7 % 11);
        let y = match task {
            "regression" => (2 * a + row % 2).to_string(),
            _ => if a > 48 { "yes" } else { "<no>" }.to_owned(),
        };
        let _ = writeln!(csv, "{a},{city},{idle},{y}");
    }
    let path = folder.join("t.csv");
    std::fs::write(&path, csv).unwrap();
    let kind = if task == "regression" { "number" } else { "category" };
    let task = if task == "regression" { "" } else { r#""task":{"kind":"classification"},"# };
    let contract = format!(
        r#"{{"version":2,{task}"target":"y","holdout":{{"fraction":0.25,"seed":1}},"columns":[{{"name":"<a>","type":"number"}},
        {{"name":"city","type":"category"}},{{"name":"idle","type":"number"}},{{"name":"y","type":"{kind}"}}]}}"#
    );
    let contract = DataContract::from_json(contract.as_bytes()).unwrap();
    let data = Dataset::open(&path).unwrap();
    let options = TrainOptions { penalty: Penalty::Alpha(0.1), fit_on: FitOn::Train };
    let model = train(&data, &contract, &options).unwrap();
    (data, contract, model)
}

fn page(data: &Dataset, contract: &DataContract, model: &Model, metric: Metric) -> String {
    let rule = Rule {
        metric,
        direction: metric.natural_direction(),
        margin: 0.0,
        minimum: None,
        maximum: None,
        incomparable: Incomparable::Promote,
    };
    let evaluation = evaluate(data, contract, model, Some(model)).unwrap();
    let decision = rule.decide(&evaluation, String::new(), "0123456789abcdef".to_owned()).unwrap();
    super::html(&decision, model, &Sample::of(data, contract, model).unwrap()).unwrap()
}

#[test]
fn what_counts_matters_and_what_does_not_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (data, contract, model) = files(folder.path(), "regression");
    let sample = Sample::of(&data, &contract, &model).unwrap();
    assert_eq!(sample.rows.len(), 100);
    let losses = importance(&model, &sample, Metric::Mse, Direction::Minimize).unwrap();
    assert_eq!(losses[0].0, "<a>", "{losses:?}");
    let idle = losses.iter().find(|(name, _)| name == "idle").unwrap().1;
    assert!(idle.abs() < 0.01 && losses[0].1 > 1000.0, "{losses:?}");
    let again = importance(&model, &sample, Metric::Mse, Direction::Minimize).unwrap();
    assert_eq!(losses, again, "the order of a shuffle is always the same");
    let predicted = predictions(&model, &sample.rows).unwrap();
    let groups = calibration(&model, &sample.truths, &predicted);
    assert_eq!(groups.iter().map(|(_, _, rows)| rows).sum::<usize>(), 100);
    assert!(groups.iter().all(|(given, seen, _)| (given - seen).abs() < 5.0), "{groups:?}");
    let drifted = drift(&model, &sample);
    assert!(drifted.iter().all(|column| column.psi.is_some_and(|psi| psi < 1.0)), "{drifted:?}");
    let moved =
        Sample { rows: sample.rows.iter().map(|row| vec![row[0] + 500.0, row[1], f64::NAN]).collect(), ..sample };
    let drifted = drift(&model, &moved);
    assert!(drifted[0].psi.unwrap() > 1.0 && drifted[2].psi.is_none() && drifted[2].missing > 0.99, "{drifted:?}");
}

#[test]
fn a_page_has_metrics_residuals_drift_and_importance_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let (data, contract, model) = files(folder.path(), "regression");
    let text = page(&data, &contract, &model, Metric::Mse);
    for said in
        ["not promoted", "Residuals", "Calibration", "Permutation importance", "&lt;a&gt;", "<circle", "0123456789ab"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("<a>") && !text.contains("NaN"), "{text}");
}

#[test]
fn a_page_of_classes_says_which_were_taken_for_which() {
    let folder = tempfile::tempdir().unwrap();
    let (data, contract, model) = files(folder.path(), "classification");
    let text = page(&data, &contract, &model, Metric::LogLoss);
    for said in ["Errors by class", "decided &lt;no&gt;", "Mean probability of yes", "log-loss"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("Residuals") && !text.contains("<no>"), "{text}");
}
