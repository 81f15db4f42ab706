//! `register` against a workspace of Azure Machine Learning: every file is there before a version says so.

#[path = "support/stub.rs"]
mod stub;

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use stub::{Answer, Asked, Stub};

const DIABETES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/diabetes.csv");
const SCOPE: &str = "subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w";
const SIGNATURE: &str = "sig=not-for-anybody";
const REFUSAL: &str = "<Error><Code>AuthorizationFailure</Code><Message>sig=not-for-anybody</Message></Error>";

fn run(folder: &Path, program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments);
    for name in ["TF_BUILD", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

/// A folder with a model in `m` that an evaluation promotes.
fn promoted() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let header = std::fs::read_to_string(DIABETES).unwrap().lines().next().unwrap().to_owned();
    let columns: Vec<Value> = header.split(',').map(|name| json!({"name": name, "type": "number"})).collect();
    let contract = json!({"version": 1, "target": "target", "columns": columns,
        "holdout": {"fraction": 0.2, "seed": 0}, "distribution": {"psi": 0.2, "mean_sigmas": 3.0}});
    std::fs::write(folder.path().join("contract.json"), contract.to_string()).unwrap();
    let data = ["--data", DIABETES, "--contract", "contract.json"];
    let train = [&data[..], &["--alpha", "1", "--output", "m"]].concat();
    let evaluate = ["--metric", "mse", "--output", "e.json", "--challenger", "m", "--champion", "none"];
    let evaluate = [&data[..], &evaluate].concat();
    for (program, arguments) in [(env!("CARGO_BIN_EXE_train"), train), (env!("CARGO_BIN_EXE_evaluate"), evaluate)] {
        let output = run(folder.path(), program, &arguments, &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    folder
}

fn register(folder: &Path, stub: &Stub) -> Output {
    let uri = stub.url(&format!("/mlflow/v1.0/{SCOPE}"));
    let arguments = ["--model", "m", "--name", "n", "--evaluation", "e.json", "--output", "r.json"];
    let variables = [("MLFLOW_RUN_ID", "r1"), ("MLFLOW_TRACKING_TOKEN", "token"), ("MLFLOW_TRACKING_URI", &uri)];
    run(folder, env!("CARGO_BIN_EXE_register"), &arguments, &variables)
}

fn answer(status: u16, body: &Value) -> Answer {
    Some((status, vec![], body.to_string().into_bytes()))
}

/// The workspace: `taken` folders have entries already, and storage answers `storage`.
fn workspace(request: &Asked, taken: &[&str], storage: u16) -> Answer {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let path = request.path.split('?').next().unwrap_or_default();
    if path.starts_with("/store/") {
        return Some((storage, vec![], if storage == 201 { vec![] } else { REFUSAL.into() }));
    }
    if path == format!("/history/v1.0/{SCOPE}/experiments/e/runs/r1/artifacts/batch/metadata") {
        let paths = body["paths"].as_array().unwrap().iter().map(|p| p["path"].as_str().unwrap());
        let (mut places, mut errors) = (json!({}), json!({}));
        for path in paths {
            if taken.iter().any(|folder| path.starts_with(&format!("{folder}/"))) {
                errors[path] = json!({"error": {"code": "UserError", "message": "Resource Conflict: already exists"}});
            } else {
                let host = request.header("host").unwrap();
                places[path] = json!({"contentUri": format!("http://{host}/store/{path}?{SIGNATURE}")});
            }
        }
        return answer(200, &json!({"artifactContentInformation": places, "errors": errors}));
    }
    let run = json!({"run": {"info": {"run_id": "r1",
        "artifact_uri": format!("azureml://h/mlflow/v2.0/{SCOPE}/experiments/e/runs/r1/artifacts")}}});
    match path.rsplit("/mlflow/").next().unwrap_or_default() {
        "model-versions/search" => answer(200, &json!({})),
        "runs/get" => answer(200, &run),
        "model-versions/create" => {
            answer(200, &json!({"model_version": {"version": "1", "run_id": "r1", "source": body["source"]}}))
        }
        _ => answer(200, &json!({})),
    }
}

#[test]
fn every_file_is_uploaded_before_a_version_is_registered() {
    let folder = promoted();
    for (taken, used) in [(vec![], "model"), (vec!["model", "model-2"], "model-3")] {
        let stub = Stub::start(move |request| workspace(request, &taken, 201));
        let output = register(folder.path(), &stub);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let asked = stub.asked();
        let version = asked.iter().position(|a| a.path.ends_with("/model-versions/create")).unwrap();
        let body: Value = serde_json::from_slice(&asked[version].body).unwrap();
        assert!(body["source"].as_str().unwrap().ends_with(&format!("/runs/r1/artifacts/{used}")), "{body}");
        for file in ["model.json", "MLmodel"] {
            let place = format!("/store/{used}/{file}?{SIGNATURE}");
            let put = asked.iter().position(|a| a.path == place).unwrap_or_else(|| panic!("{file}: {asked:?}"));
            assert!(put < version);
            assert_eq!((asked[put].method.as_str(), asked[put].header("x-ms-blob-type")), ("PUT", Some("BlockBlob")));
            // The address is permission enough: storage is not shown the workspace's token.
            assert_eq!(asked[put].header("authorization"), None);
            assert!(!asked[put].body.is_empty());
        }
        let model = std::fs::read(folder.path().join("m/model.json")).unwrap();
        assert!(asked.iter().any(|a| a.method == "PUT" && a.body == model));
        // Nothing waits for the end of the job.
        assert!(!folder.path().join("outputs").exists());
    }
}

#[test]
fn a_file_that_is_not_taken_leaves_no_version_and_no_secret_in_the_message() {
    let folder = promoted();
    let every: Vec<String> = (1..=9).map(|n| if n == 1 { "model".into() } else { format!("model-{n}") }).collect();
    for (taken, storage) in [(vec![], 403), (every, 201)] {
        let stub = Stub::start(move |request| {
            let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
            workspace(request, &taken, storage)
        });
        let output = register(folder.path(), &stub);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("upload the model") && !said.contains("not-for-anybody"), "{said}");
        assert_eq!(said.contains("403: AuthorizationFailure"), storage == 403, "{said}");
        assert!(!stub.asked().iter().any(|a| a.path.ends_with("/model-versions/create")));
    }
}
