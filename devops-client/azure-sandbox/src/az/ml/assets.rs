//! Compute, datastores, environments, data and components.

use std::path::Path;

use serde_json::{Value, json};

use super::super::call::{Answer, Call};
use super::super::failure::Failure;
use super::files::{beside, given, load, reference};
use super::workspace::text;
use crate::folders::copy;
use crate::images::keep_context;
use crate::ml::places;

pub(super) fn show_compute(call: &Call<'_>) -> Answer {
    call.found("computes", call.need("name")?)
}

pub(super) fn create_compute(call: &Call<'_>) -> Answer {
    let (body, _) = given(call)?;
    let name = call.name_of(&body)?;
    call.put("computes", &name, body)
}

pub(super) fn create_datastore(call: &Call<'_>) -> Answer {
    let (body, _) = given(call)?;
    let name = call.name_of(&body)?;
    if body["type"] != "azure_blob"
        || body["container_name"].as_str().is_none()
        || body["account_name"].as_str().is_none()
    {
        return Err(Failure::refused(format!(
            "datastore {name} is no azure_blob with account_name and container_name"
        )));
    }
    call.put("datastores", &name, body)
}

/// Keeps what an image is built from, without what `.amlignore` names.
pub(super) fn create_environment(call: &Call<'_>) -> Answer {
    let (mut body, file) = given(call)?;
    let (name, version) = (call.name_of(&body)?, text(&body, "version"));
    body["name"] = json!(name);
    if version.is_empty() {
        return Err(Failure::refused(format!("environment {name} needs a version: --version")));
    }
    if let Some(context) = body["build"]["path"].as_str() {
        let from = beside(&file, context);
        let to = call.store.folder().join("contexts").join(&name).join(&version);
        keep_context(&from, &to, &[".amlignore", ".gitignore"])?;
        body["build"]["path"] = json!(to.display().to_string());
    }
    call.put_version("environments", body)
}

fn one_version(call: &Call<'_>, kind: &str) -> Answer {
    let version = call.arguments.one("version");
    match (version, call.arguments.one("label")) {
        (None, None) => Err(Failure::usage("one of --version and --label is required")),
        (None, Some(label)) if label != "latest" => Err(Failure::refused(format!("there is no label {label}"))),
        _ => call.version(kind, call.need("name")?, version),
    }
}

pub(super) fn show_environment(call: &Call<'_>) -> Answer {
    one_version(call, "environments")
}

pub(super) fn show_data(call: &Call<'_>) -> Answer {
    one_version(call, "data")
}

pub(super) fn show_component(call: &Call<'_>) -> Answer {
    one_version(call, "components")
}

/// Uploads a file or folder, or keeps the address of one that is in a datastore.
pub(super) fn create_data(call: &Call<'_>) -> Answer {
    let (mut body, file) = given(call)?;
    let (name, version) = (call.name_of(&body)?, text(&body, "version"));
    body["name"] = json!(name);
    let path = body["path"].as_str().unwrap_or_default().to_owned();
    if version.is_empty() || path.is_empty() {
        return Err(Failure::refused(format!("data {name} needs a version and a path")));
    }
    if !path.contains("://") {
        let from = beside(&file, &path);
        let to = places::uploads(call.store).join(&name).join(&version);
        let to = if from.is_dir() { to } else { to.join(from.file_name().unwrap_or_default()) };
        copy(&from, &to)?;
        body["path"] = json!(to.display().to_string());
    }
    call.put_version("data", body)
}

pub(super) fn create_component(call: &Call<'_>) -> Answer {
    let (body, file) = given(call)?;
    let mut body = resolved(call, body, &file)?;
    body["name"] = json!(call.name_of(&body)?);
    if text(&body, "version").is_empty() {
        body["version"] = json!("1");
    }
    call.put_version("components", body)
}

/// A component with everything put in that it names: components of files, and the exact versions of others.
pub(super) fn resolved(call: &Call<'_>, mut body: Value, file: &Path) -> Answer {
    if let Some(name) = body["environment"].as_str()
        && let Some((name, version)) = reference(name)
    {
        let found = call.version("environments", name, version)?;
        body["environment"] = json!(format!("azureml:{name}:{}", text(&found, "version")));
    }
    let Some(jobs) = body["jobs"].as_object().cloned() else { return Ok(body) };
    for (name, mut job) in jobs {
        // what a sweep tries is a component too
        for key in ["component", "trial"] {
            let Some(component) = job[key].as_str().map(str::to_owned) else { continue };
            job[key] = match reference(&component) {
                Some((name, version)) => call.version("components", name, version)?,
                None => {
                    let path = beside(file, &component);
                    resolved(call, load(&path)?, &path)?
                }
            };
        }
        body["jobs"][&name] = job;
    }
    Ok(body)
}
