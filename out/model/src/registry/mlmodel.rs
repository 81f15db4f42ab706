//! The files of a registered model: `model.json`, and the `MLmodel` that says what it is ("MLflow Models", storage
//! format).

use super::Registration;
use crate::artifact::MODEL_FILE;
use crate::contract::ColumnType;
use serde_json::{Value, json};

/// Names and contents.
pub(super) type ModelFiles = Vec<(&'static str, Vec<u8>)>;

/// The files, for the run that trained the model.
pub(super) fn files(registration: &Registration<'_>, run: &str) -> ModelFiles {
    let description = description(registration, run);
    vec![(MODEL_FILE, registration.model_file.clone()), ("MLmodel", format!("{description:#}\n").into_bytes())]
}

/// The content of `MLmodel`. JSON is YAML, which the file is read as.
fn description(registration: &Registration<'_>, run: &str) -> Value {
    let file = registration.model.file();
    let column = |name: &str, kind, required: bool| {
        let kind = match kind {
            ColumnType::Number => "double",
            ColumnType::Integer => "long",
            ColumnType::Boolean => "boolean",
            ColumnType::Datetime => "datetime",
            ColumnType::Category | ColumnType::Text => "string",
        };
        json!({"type": kind, "name": name, "required": required})
    };
    let inputs: Vec<Value> =
        file.features.iter().map(|f| column(&f.input.name, f.input.kind, !f.input.is_optional())).collect();
    let outputs = [column(&file.target.name, ColumnType::Number, true)];
    json!({
        "artifact_path": FOLDER,
        "flavors": {"ridge": {"data": MODEL_FILE, "schema_version": file.schema_version, "code_version": file.code_version}},
        "run_id": run,
        "signature": {"inputs": json!(inputs).to_string(), "outputs": json!(outputs).to_string()},
    })
}

/// The folder of the model within the run's artifacts.
pub(super) const FOLDER: &str = "model";
