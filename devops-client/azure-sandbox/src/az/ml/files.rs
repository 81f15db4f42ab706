//! YAML files of Azure ML, and `--set`.

use std::path::{Path, PathBuf};

use azure_pipelines::yaml::parse;
use serde_json::{Value, json};

use super::super::call::Call;
use super::super::failure::Failure;
use crate::store::slot;

/// The file of a call with what `--set` changes, and where it is.
pub(super) fn given(call: &Call<'_>) -> Result<(Value, PathBuf), Failure> {
    let path = call.here.join(call.need("file")?);
    let mut body = load(&path)?;
    for pair in call.arguments.all("set") {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(Failure::usage(format!("argument --set: `{pair}` is not KEY=VALUE")));
        };
        *slot(&mut body, &key.split('.').collect::<Vec<_>>()) = json!(value);
    }
    for option in ["name", "version"] {
        if let Some(value) = call.arguments.one(option) {
            body[option] = json!(value);
        }
    }
    Ok((body, path))
}

/// A file as JSON.
pub(super) fn load(path: &Path) -> Result<Value, Failure> {
    let shown = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::refused(format!("cannot read {shown}: {error}")))?;
    let node = parse(&shown.to_string(), &text).map_err(|problem| Failure::refused(problem.to_string()))?;
    let mut body = node.to_json();
    if let Some(map) = body.as_object_mut() {
        map.shift_remove("$schema");
        return Ok(body);
    }
    Err(Failure::refused(format!("{shown} is no mapping")))
}

/// The path that a file names, from where the file is.
pub(super) fn beside(file: &Path, named: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new(".")).join(named)
}

/// Name and version of `azureml:name:version`, `azureml:name@latest` or `azureml:name`; no version is the newest.
pub(super) fn reference(text: &str) -> Option<(&str, Option<&str>)> {
    let rest = text.strip_prefix("azureml:")?;
    if rest.starts_with("//") {
        return None;
    }
    Some(match (rest.split_once('@'), rest.split_once(':')) {
        (Some((name, _)), _) => (name, None),
        (None, Some((name, version))) => (name, Some(version)),
        (None, None) => (rest, None),
    })
}
