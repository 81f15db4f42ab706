//! The model registry.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::call::{Answer, Call};
use super::super::failure::Failure;
use crate::folders::copy;
use crate::store::slot;

pub(super) fn show(call: &Call<'_>) -> Answer {
    let version = call.arguments.one("version");
    if version.is_none() && call.arguments.one("label") != Some("latest") {
        return Err(Failure::usage("one of --version and --label is required"));
    }
    call.version("models", call.need("name")?, version)
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let all = match call.arguments.one("name") {
        Some(name) => call.all("models")?.get(name).cloned().into_iter().collect::<Vec<_>>(),
        None => call.all("models")?.into_iter().map(|(_, versions)| versions).collect(),
    };
    Ok(all.iter().filter_map(Value::as_object).flat_map(|versions| versions.values().cloned()).collect())
}

pub(super) fn update(call: &Call<'_>) -> Answer {
    let (name, version, workspace) = (call.need("name")?, call.need("version")?, call.workspace()?);
    call.version("models", name, Some(version))?;
    call.store.change(|state| {
        let model = slot(state, &["ml", workspace, "models", name, version]);
        for pair in call.arguments.all("set") {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(Failure::usage(format!("argument --set: `{pair}` is not KEY=VALUE")));
            };
            if !key.starts_with("tags.") && !key.starts_with("properties.") && key != "description" {
                return Err(Failure::refused(format!("`{key}` of a model cannot be changed")));
            }
            // what follows the first full stop is one name: tags may have full stops in theirs
            let path: Vec<&str> = key.splitn(2, '.').collect();
            *slot(model, &path) = json!(value);
        }
        Ok(model.clone())
    })
}

/// The model's files come in a folder that is named after the artifact, as the real command brings them.
pub(super) fn download(call: &Call<'_>) -> Answer {
    let name = call.need("name")?;
    let model = call.version("models", name, Some(call.need("version")?))?;
    let path = PathBuf::from(model["path"].as_str().unwrap_or_default());
    let to = call.here.join(call.arguments.one("download-path").unwrap_or(".")).join(name);
    copy(&path, &to.join(path.file_name().unwrap_or_default()))?;
    Ok(Value::Null)
}
