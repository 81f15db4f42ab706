//! A model that Python exported, behind the server: the same contract as any other, taken over when the file changes.

mod support;

use serde_json::{Value, json};
use support::Running;

/// Two classes by one tree over a number that may be missing and a category that may be unknown.
fn document(leaf: f64) -> Value {
    json!({
        "format": "mlops-gen native model", "version": 1, "code_version": "0.1.0", "estimator": "LGBMClassifier",
        "task": {"kind": "classification", "classes": ["no", "yes"], "threshold": 0.5}, "target": "late", "training_rows": 12,
        "unknown_columns": "ignore",
        "inputs": [
            {"input": {"name": "weight", "type": "number", "fill": 3.0}, "min": 0.0, "max": 9.0, "mean": 3.0},
            {"input": {"name": "depot", "type": "category", "levels": ["north", "south"], "unknown": "ignore"},
             "min": 0.0, "max": 1.0, "mean": 0.0}
        ],
        "steps": [{"kind": "lookup", "column": 1, "width": 2, "keys": [-1.0, 0.0, 1.0], "rows": [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]],
                   "missing": null, "otherwise": null}],
        "model": {"kind": "trees", "columns": [0, 2, 3], "inputs": "double", "sums": "double", "base": [0.0], "trees": [
            {"output": 0, "feature": [2, 0], "threshold": [0.5, 4.0], "left": [1, -1], "right": [-3, -2], "leaves": [leaf, 1.0, 2.0]}
        ]},
        "link": {"kind": "logistic"}
    })
}

fn logistic(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_model_answers_by_the_contract_and_is_taken_over_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("native-model.json");
    std::fs::write(&file, document(-1.0).to_string()).unwrap();
    // The Python package's own file beside it is none of the server's business.
    std::fs::write(folder.path().join("model.json"), r#"{"schema_version": 2, "algorithm": "lightgbm"}"#).unwrap();
    let server = Running::start_in(folder, &["--reload-interval", "0.01"], &[]).await;
    let body = json!({"data": [
        {"weight": 1, "depot": "north"}, {"depot": "elsewhere", "more": 7}, {"weight": 5.5, "depot": "north"}, {"weight": null, "depot": "south"}
    ]});
    let answer = server.post(body.to_string()).await;
    let scores = [-1.0, -1.0, 1.0, 2.0];
    let expected = json!({
        "result": ["no", "no", "yes", "yes"],
        "probabilities": scores.map(|z| [1.0 - logistic(z), logistic(z)]),
        "classes": ["no", "yes"]
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
    for (body, code) in [
        (r#"{"data": [[1, null]]}"#, "missing-value"),
        (r#"{"data": [["1", "north"]]}"#, "wrong-type"),
        (r#"{"data": [[1]]}"#, "wrong-width"),
        (r#"{"data": [{"weight": 1}]}"#, "missing-column"),
    ] {
        assert_eq!(server.post(body).await.code(), code, "{body}");
    }
    let described = server.get("/openapi.json").await.text().to_owned();
    assert!(described.contains("LGBMClassifier trained on 12 rows"), "{described}");
    let before = answer.header("x-model-version").unwrap().to_owned();
    let next = server.folder.path().join("next");
    std::fs::write(&next, document(3.0).to_string()).unwrap();
    std::fs::rename(&next, &file).unwrap();
    server.log.wait_for(&["model reloaded"]).await;
    let answer = server.post(body.to_string()).await;
    assert_eq!(answer.json()["result"], json!(["yes", "yes", "yes", "yes"]));
    assert_ne!(answer.header("x-model-version"), Some(before.as_str()));
    // What is broken is not taken over.
    std::fs::write(&next, document(3.0).to_string().replace("\"logistic\"", "\"softmax\"")).unwrap();
    std::fs::rename(&next, &file).unwrap();
    let log = server.log.wait_for(&["model not reloaded"]).await;
    assert!(log.contains("link: Softmax makes nothing for 2 classes"), "{log}");
    assert_eq!(server.post(body.to_string()).await.status, 200);
}
