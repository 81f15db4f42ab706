use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A model of two numbers and a category of which every part is used.
fn document() -> Value {
    json!({
        "format": FORMAT, "version": 1, "code_version": "0.1.0", "estimator": "made up",
        "task": {"kind": "regression"}, "target": "y", "training_rows": 10, "unknown_columns": "refuse",
        "inputs": [
            {"input": {"name": "a", "type": "number", "fill": 2.0, "indicator": true}, "min": 0.0, "max": 4.0, "mean": 2.0},
            {"input": {"name": "b", "type": "number"}, "min": 0.0, "max": 4.0, "mean": 2.0},
            {"input": {"name": "c", "type": "category", "levels": ["x", "y", "z"], "unknown": "ignore"},
             "min": 0.0, "max": 2.0, "mean": 0.0}
        ],
        // Slots: 0 a, 1 b, 2 c, 3 whether a was missing, 4 c's number, 5 b scaled.
        "steps": [
            {"kind": "lookup", "column": 2, "width": 1, "keys": [-1.0, 0.0, 1.0, 2.0], "rows": [[null], [3.0], [1.0], [7.0]],
             "missing": null, "otherwise": null},
            {"kind": "scale", "columns": [1], "subtract": [1.0], "divide": [2.0]}
        ],
        "model": {
            "kind": "trees", "columns": [0, 5, 4, 3], "inputs": "double", "sums": "double", "base": [0.5], "trees": [
                {"output": 0, "feature": [0, 2], "threshold": [2.0, 0.0], "left": [1, -1], "right": [-3, -2],
                 "directions": "rl", "categories": [{"split": 1, "values": [3, 7], "listed": "left"}],
                 "leaves": [10.0, 20.0, 30.0]},
                {"output": 0, "feature": [1], "threshold": [0.25], "left": [-1], "right": [-2], "leaves": [100.0, 200.0]},
                {"output": 0, "feature": [], "threshold": [], "left": [], "right": [], "leaves": [1000.0]}
            ]
        },
        "link": {"kind": "identity"}
    })
}

fn model(document: &Value) -> Result<NativeModel, NativeError> {
    NativeModel::from_json(document.to_string().as_bytes())
}

fn predict(model: &NativeModel, rows: &[f64]) -> Result<Vec<f64>, PredictError> {
    let mut out = vec![];
    model.predict(rows, &mut Buffers::default(), &mut out).map(|()| out)
}

#[test]
fn rows_go_through_inputs_steps_and_trees() {
    let model = model(&document()).unwrap();
    let rows = [
        [1.0, 1.0, 0.0],       // left, listed: 10; 0 at most 0.25: 100
        [2.0, 1.6, 1.0],       // left at the threshold, not listed: 20; 0.3: 200
        [f64::NAN, 1.0, 2.0],  // filled with 2: left, 7 is listed: 10
        [3.0, 1.0, 0.0],       // right: 30
        [0.0, f64::NAN, -1.0], // no level is NaN, which goes left: 10; NaN without directions goes right: 200
    ];
    let expected = [1110.5, 1220.5, 1110.5, 1130.5, 1210.5];
    assert_eq!(predict(&model, rows.as_flattened()).unwrap(), expected);
    for (row, expected) in rows.iter().zip(expected) {
        assert_eq!(predict(&model, row).unwrap(), [expected]);
    }
    assert_eq!(predict(&model, &[1.0; 4]), Err(PredictError::Ragged { found: 4, expected: 3 }));
}

#[test]
fn a_row_that_a_table_refuses_is_named_and_leaves_the_output_alone() {
    let mut document = document();
    document["steps"][0]["keys"] = json!([0.0, 1.0, 2.0]);
    document["steps"][0]["rows"] = json!([[3.0], [1.0], [7.0]]);
    let model = model(&document).unwrap();
    let mut out = vec![7.0];
    let rows = [[1.0, 1.0, 0.0]; 100].concat().into_iter().chain([1.0, 1.0, -1.0]).collect::<Vec<f64>>();
    let refused = model.predict(&rows, &mut Buffers::default(), &mut out);
    assert_eq!((refused, out), (Err(PredictError::NotFinite { row: 100 }), vec![7.0]));
}

#[test]
fn single_precision_compares_and_adds_as_the_libraries_do() {
    let mut document = document();
    document["model"]["inputs"] = "single".into();
    document["model"]["compare"] = "less".into();
    document["model"]["sums"] = "single".into();
    document["model"]["base"] = json!([16_777_216.0]);
    document["model"]["trees"] = json!([
        {"output": 0, "feature": [0], "threshold": [f64::from(0.1_f32)], "left": [-1], "right": [-2], "leaves": [0.5, 2.0]}
    ]);
    let model = model(&document).unwrap();
    // 0.1 becomes the threshold itself, which is not below it; what is too small beside the base is lost.
    assert_eq!(predict(&model, &[0.1, 0.0, 0.0]).unwrap(), [16_777_218.0]);
    assert_eq!(predict(&model, &[0.099, 0.0, 0.0]).unwrap(), [16_777_216.0]);
    assert_eq!(predict(&model, &[1e39, 0.0, 0.0]), Err(PredictError::NotFinite { row: 0 }));
}

#[test]
fn zeros_count_as_missing_where_the_file_says_so() {
    let mut document = document();
    document["model"]["zero_is_missing"] = json!([0]);
    document["model"]["trees"][0]["directions"] = "ll".into();
    document["model"]["trees"][0]["threshold"] = json!([-5.0, 0.0]);
    let model = model(&document).unwrap();
    assert_eq!(predict(&model, &[0.0, 1.0, 0.0]).unwrap(), [1110.5]);
    assert_eq!(predict(&model, &[0.1, 1.0, 0.0]).unwrap(), [1130.5]);
}

#[test]
fn links_make_probabilities_that_add_up() {
    for (kind, classes, columns) in [("logistic", 2, 1), ("softmax", 3, 3)] {
        let mut document = document();
        let names: Vec<String> = (0..classes).map(|at| format!("k{at}")).collect();
        document["task"] = json!({"kind": "classification", "classes": names});
        let rows: Vec<[f64; 2]> = (0..columns).map(|k| [0.5 + k as f64, -1.0]).collect();
        document["model"] =
            json!({"kind": "linear", "columns": [0, 1], "coefficients": rows, "intercepts": vec![0.1; columns]});
        for precision in ["double", "single"] {
            document["link"] = json!({"kind": kind, "precision": precision});
            let found = predict(&model(&document).unwrap(), &[1.0, 3.0, 0.0, 400.0, -900.0, 1.0]).unwrap();
            assert_eq!(found.len(), 2 * classes);
            for row in found.chunks_exact(classes) {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{row:?}");
            }
            let z: [f64; 3] = [-2.4, -1.4, -0.4];
            let sum = z.map(f64::exp).iter().sum::<f64>();
            let expected = if classes == 2 { 1.0 / (1.0 + (-z[0]).exp()) } else { z[1].exp() / sum };
            assert!((found[1] - expected).abs() < if precision == "single" { 1e-6 } else { 1e-15 });
        }
    }
}

/// The document with one value replaced, named by a JSON pointer; its refusal.
fn refusal(pointer: &str, value: Value) -> String {
    let mut document = document();
    *document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not there")) = value;
    model(&document).expect_err(pointer).to_string()
}

#[test]
fn a_hostile_file_is_refused_with_its_place() {
    let cases: [(&str, Value, &str); 31] = [
        ("/version", json!(2), "version 2, expected"),
        ("/format", json!("other"), "format 'other'"),
        ("/target", json!("a"), "inputs[0].input.name: 'a' occurs twice"),
        ("/inputs", json!([]), "inputs: there are 0"),
        ("/inputs/0/input/type", json!("text"), "a column of text"),
        ("/inputs/2/input/levels", json!([]), "a category has levels"),
        ("/task", json!({"kind": "classification", "classes": ["one"]}), "task.classes: there are 1"),
        ("/task", json!({"kind": "classification", "classes": ["p", "p"]}), "'p' occurs twice"),
        ("/task", json!({"kind": "classification", "classes": ["p", "q"], "threshold": 2.0}), "task.threshold"),
        ("/task", json!({"kind": "classification", "classes": ["p", "q"]}), "Identity makes nothing for 2 classes"),
        ("/link/kind", json!("softmax"), "Softmax makes nothing for a regression"),
        ("/steps/0/column", json!(4), "steps[0].column: slot 4 is not there: 4 come before"),
        ("/steps/1/columns", json!([6]), "steps[1].columns: slot 6"),
        ("/steps/0/keys", json!([0.0, 0.0, 1.0, 2.0]), "ascending"),
        ("/steps/0/rows/1", json!([1.0, 2.0]), "steps[0].rows[1]: has 2 entries, expected 1"),
        ("/steps/0/width", json!(4_000_000_000_u32), "steps[0].width"),
        ("/steps/1/divide", json!([]), "steps[1].divide: has 0 entries"),
        ("/model/columns", json!([]), "model.columns: is empty"),
        ("/model/columns", json!([0, 1, 2, 9]), "slot 9 is not there"),
        ("/model/base", json!([]), "model.base"),
        ("/model/trees/0/output", json!(1), "model.trees[0].output: 1 of 1 scores"),
        ("/model/trees/0/feature", json!([0, 4]), "feature[1]: 4 is not there"),
        ("/model/trees/0/feature", json!([0]), "threshold: has 2 entries, expected 1"),
        ("/model/trees/0/left", json!([0, -1]), "two parents"),
        ("/model/trees/0/left", json!([1, 2]), "the child 2 is not there"),
        ("/model/trees/0/right", json!([-4, -2]), "the child -4 is not there"),
        ("/model/trees/0/right", json!([i64::MIN, -2]), "is not there"),
        ("/model/trees/0/left", json!([-2, -1]), "cannot be reached"),
        ("/model/trees/0/directions", json!("lx"), "neither 'l' nor 'r'"),
        ("/model/trees/0/categories/0/values", json!([4_000_000_000_u32]), "too great"),
        ("/model/trees/0/leaves", json!([1.0]), "has 1 entries, expected 3"),
    ];
    for (pointer, value, expected) in cases {
        let found = refusal(pointer, value);
        assert!(found.contains(expected), "{pointer}: {found}");
    }
    let text = document().to_string();
    for (from, to, expected) in [
        ("\"link\"", "\"lonk\"", "unknown field `lonk`"),
        ("0.25", "1e999", "number out of range"),
        ("0.25", "null", "invalid type"),
    ] {
        let found = NativeModel::from_json(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn a_tree_with_a_cycle_beside_the_root_cannot_be_reached_and_is_refused() {
    let mut document = document();
    document["model"]["trees"] = json!([
        {"output": 0, "feature": [0, 0, 0], "threshold": [1.0, 1.0, 1.0], "left": [-1, 2, 1], "right": [-2, -3, -4],
         "leaves": [1.0, 2.0, 3.0, 4.0]}
    ]);
    assert!(model(&document).unwrap_err().to_string().contains("cannot be reached"));
    let chain = 5_000;
    let left: Vec<i64> = (1..chain).chain([-1]).collect();
    let right: Vec<i64> = (0..chain).map(|at| -2 - at).collect();
    document["model"]["trees"] = json!([{"output": 0, "feature": vec![0; chain as usize], "left": left, "right": right,
        "threshold": vec![0.0; chain as usize], "leaves": vec![0.0; chain as usize + 1]}]);
    assert!(model(&document).unwrap_err().to_string().contains("deeper than"));
}

/// A random tree as the file has it, and what it answers, found by the plain rules.
fn tree(seed: &[(u8, i8, bool)]) -> Value {
    let splits = seed.len() as i64;
    // Split i has the parent (i - 1) / 2, as in a heap; children beyond the last split are leaves.
    let child = |at: i64| if at < splits { at } else { -1 - (at - splits) };
    json!({
        "output": 0,
        "feature": seed.iter().map(|(feature, ..)| feature % 3).collect::<Vec<_>>(),
        "threshold": seed.iter().map(|(_, threshold, _)| f64::from(*threshold) / 4.0).collect::<Vec<_>>(),
        "left": (0..splits).map(|at| child(2 * at + 1)).collect::<Vec<_>>(),
        "right": (0..splits).map(|at| child(2 * at + 2)).collect::<Vec<_>>(),
        "directions": seed.iter().map(|(.., left)| if *left { 'l' } else { 'r' }).collect::<String>(),
        "leaves": (0..=splits).map(|leaf| leaf as f64 * 1.37 + 0.1).collect::<Vec<_>>(),
    })
}

fn plainly(tree: &Value, row: &[f64]) -> f64 {
    let splits = tree["feature"].as_array().unwrap().len();
    let mut at = if splits == 0 { -1 } else { 0 };
    while at >= 0 {
        let split = at as usize;
        let value = row[tree["feature"][split].as_u64().unwrap() as usize];
        let left = if value.is_nan() {
            tree["directions"].as_str().unwrap().as_bytes()[split] == b'l'
        } else {
            value <= tree["threshold"][split].as_f64().unwrap()
        };
        at = tree[if left { "left" } else { "right" }][split].as_i64().unwrap();
    }
    tree["leaves"][(-1 - at) as usize].as_f64().unwrap()
}

proptest! {
    #[test]
    fn the_layout_answers_what_the_rules_say(
        seeds in prop::collection::vec(prop::collection::vec((any::<u8>(), any::<i8>(), any::<bool>()), 0..40), 1..20),
        rows in prop::collection::vec(prop::array::uniform3(prop_oneof![4 => -40.0..40.0f64, 1 => Just(f64::NAN)]), 1..150),
    ) {
        let mut document = document();
        let column = |name: &str| json!({"input": {"name": name, "type": "number"}, "min": 0.0, "max": 1.0, "mean": 0.5});
        document["inputs"] = json!([column("a"), column("b"), column("c")]);
        document["steps"] = json!([]);
        document["model"]["columns"] = json!([0, 1, 2]);
        let trees: Vec<Value> = seeds.iter().map(|seed| tree(seed)).collect();
        document["model"]["trees"] = json!(trees);
        let model = model(&document).unwrap();
        let expected: Vec<f64> =
            rows.iter().map(|row| trees.iter().fold(0.5, |sum, tree| sum + plainly(tree, row))).collect();
        prop_assert_eq!(predict(&model, rows.as_flattened()).unwrap(), expected.clone());
        prop_assert_eq!(predict(&model, &rows[0]).unwrap(), vec![expected[0]]);
    }

    #[test]
    fn whatever_is_read_is_an_error_or_a_model_and_never_a_panic(cut in 0..3000usize, byte in any::<u8>()) {
        let mut text = document().to_string().into_bytes();
        let at = cut % text.len();
        text[at] = byte;
        if let Ok(model) = NativeModel::from_json(&text) {
            let _ = predict(&model, &vec![1.0; model.width() * 9]);
        }
    }
}
