//! Jobs: made, looked at, cancelled, their outputs fetched.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::call::{Answer, Call};
use super::super::failure::Failure;
use super::assets::resolved;
use super::files::given;
use crate::folders::copy;
use crate::ml::start;
use crate::store::{at, slot};

/// Makes a job and starts it: it goes on when the command has ended.
pub(super) fn create(call: &Call<'_>) -> Answer {
    let (body, file) = given(call)?;
    let name = call.name_of(&body)?;
    let mut body = resolved(call, body, &file)?;
    let workspace = call.workspace()?;
    body["name"] = json!(name);
    body["status"] = json!("Preparing");
    body["services"] =
        json!({ "Studio": { "endpoint": format!("https://ml.azure.com/runs/{name}?wsid={workspace}") } });
    call.store.change(|state| {
        let place = slot(state, &["ml", workspace, "jobs", &name]);
        if !place.is_null() {
            return Err(Failure::refused(format!("(UserError) A job with this name already exists: {name}")));
        }
        *place = body.clone();
        Ok(())
    })?;
    start(call.store, workspace, &name)?;
    Ok(body)
}

pub(super) fn show(call: &Call<'_>) -> Answer {
    call.found("jobs", call.need("name")?)
}

/// The steps of a job, or the jobs of the workspace.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let row = |(name, status): (&String, &Value)| json!({ "name": name, "status": status });
    if let Some(parent) = call.arguments.one("parent-job-name") {
        let job = call.found("jobs", parent)?;
        return Ok(job["steps"].as_object().into_iter().flatten().map(row).collect());
    }
    let workspace = call.workspace()?;
    let all = call.store.read(|state| at(state, &["ml", workspace, "jobs"]).and_then(Value::as_object).cloned())?;
    Ok(all.unwrap_or_default().iter().map(|(name, job)| row((name, &job["status"]))).collect())
}

pub(super) fn cancel(call: &Call<'_>) -> Answer {
    let name = call.need("name")?;
    let job = call.found("jobs", name)?;
    if ["Completed", "Failed", "Canceled"].contains(&job["status"].as_str().unwrap_or_default()) {
        return Err(Failure::refused(format!("(UserError) job {name} is {} and cannot be cancelled", job["status"])));
    }
    let workspace = call.workspace()?;
    call.store.change(|state| {
        *slot(state, &["ml", workspace, "jobs", name, "cancel"]) = json!(true);
        Ok(Value::Null)
    })
}

/// One named output, or all of them.
pub(super) fn download(call: &Call<'_>) -> Answer {
    let name = call.need("name")?;
    let job = call.found("jobs", name)?;
    let all = job["output_folders"].as_object().cloned().unwrap_or_default();
    let to = call.here.join(call.arguments.one("download-path").unwrap_or("."));
    let wanted = call.arguments.one("output-name");
    if let Some(wanted) = wanted.filter(|wanted| !all.contains_key(*wanted)) {
        return Err(Failure::missing(format!("(UserError) job {name} has no output {wanted}")));
    }
    for (output, folder) in all.iter().filter(|(output, _)| wanted.is_none_or(|wanted| wanted == output.as_str())) {
        let from = PathBuf::from(folder.as_str().unwrap_or_default());
        copy(&from, &to.join("named-outputs").join(output))?;
    }
    Ok(Value::Null)
}
