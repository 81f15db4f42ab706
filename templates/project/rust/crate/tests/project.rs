//! The project's own data and contract: what is in the repository must train, and pass its own data test.

{% if data_path %}
use std::path::Path;

use {= module =}::{EXAMPLE_REQUEST, contract};

use mlops_model::artifact::Model;
use mlops_model::data_test::test_data;
use mlops_model::dataset::Dataset;
use mlops_model::evaluation::evaluate;
use mlops_model::scoring::decode::{Format, Limits};
use mlops_model::scoring::scorer::{Scorer, Scratch};
use mlops_model::training::{FitOn, Penalty, TrainOptions, train};

/// The data, as they are committed.
fn data() -> Dataset {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join({= data_path =});
    Dataset::open(&path).expect("the data are in the repository")
}

/// A model trained as the pipeline trains it.
fn model() -> Model {
    let penalty = {= penalty =};
    let options = TrainOptions { penalty, fit_on: FitOn::Train };
    train(&data(), &contract().expect("the contract is one"), &options).expect("the data can be learned from")
}

#[test]
fn the_data_pass_their_own_test() {
    let report = test_data(&data(), &contract().unwrap(), None).unwrap();
    assert_eq!(report.failures(), 0, "run `cargo run --bin data-test` for the report");
}

#[test]
{% if classifies %}
fn the_model_beats_chance() {
    let model = model();
    let evaluation = evaluate(&data(), &contract().unwrap(), &model, None).unwrap();
    let right = evaluation.challenger.balanced_accuracy.expect("classes have a balanced accuracy");
    assert!(right > 1.0 / model.outputs() as f64, "the balanced accuracy is {right}: chance decides as well");
}
{% else %}
fn the_model_beats_the_mean() {
    let evaluation = evaluate(&data(), &contract().unwrap(), &model(), None).unwrap();
    let r2 = evaluation.challenger.r2.expect("the hold-out has more than one value of the target");
    assert!(r2 > 0.0, "r2 is {r2}: the mean predicts as well");
}
{% endif %}

#[test]
fn the_example_request_fits_the_model() {
    let request: serde_json::Value = serde_json::from_str(EXAMPLE_REQUEST).unwrap();
    let limits = Limits { body: EXAMPLE_REQUEST.len(), rows: 1_000 };
    let scorer = Scorer::from_json(model().to_json().unwrap().as_bytes(), "/score", limits).unwrap();
    let mut scratch = Scratch::default();
    let rows = scorer.score(EXAMPLE_REQUEST.as_bytes(), Format::Json, limits, &mut scratch).unwrap();
    assert_eq!(rows, request["data"].as_array().unwrap().len());
}

#[test]
fn training_again_gives_the_same_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    model().save(&path).unwrap();
    assert_eq!(Model::load(&path).unwrap(), model());
}
{% else %}
use {= module =}::{EXAMPLE_REQUEST, contract};

#[test]
fn the_contract_is_one_and_the_example_request_fits_it() {
    let contract = contract().unwrap();
    let request: serde_json::Value = serde_json::from_str(EXAMPLE_REQUEST).unwrap();
    for row in request["data"].as_array().unwrap() {
        assert_eq!(row.as_array().unwrap().len(), contract.features().len());
    }
}
{% endif %}
