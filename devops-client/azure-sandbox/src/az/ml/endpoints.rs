//! Batch endpoints, their deployments, and schedules.

use serde_json::{Value, json};

use super::super::call::{Answer, Call};
use super::super::failure::Failure;
use super::assets::resolved;
use super::files::{beside, given, load, reference};
use super::workspace::text;
use crate::store::slot;

pub(super) fn create(call: &Call<'_>) -> Answer {
    let (mut body, _) = given(call)?;
    let name = call.name_of(&body)?;
    body["defaults"] = json!({});
    body["deployments"] = json!({});
    call.put("batch-endpoints", &name, body)
}

pub(super) fn show(call: &Call<'_>) -> Answer {
    call.found("batch-endpoints", call.need("name")?)
}

pub(super) fn deploy(call: &Call<'_>) -> Answer {
    let (mut body, file) = given(call)?;
    let (name, endpoint) = (text(&body, "name"), text(&body, "endpoint_name"));
    call.found("batch-endpoints", &endpoint)?;
    if let Some(component) = body["component"].as_str() {
        body["component"] = match reference(component) {
            Some((name, version)) => call.version("components", name, version)?,
            None => {
                let path = beside(&file, component);
                resolved(call, load(&path)?, &path)?
            }
        };
    }
    let workspace = call.workspace()?;
    call.store.change(|state| {
        let place = slot(state, &["ml", workspace, "batch-endpoints", &endpoint]);
        *slot(place, &["deployments", &name]) = body.clone();
        if call.arguments.flag("set-default") {
            *slot(place, &["defaults", "deployment_name"]) = json!(name);
        }
        Ok(body)
    })
}

pub(super) fn deployments(call: &Call<'_>) -> Answer {
    let endpoint = call.found("batch-endpoints", call.need("endpoint-name")?)?;
    Ok(endpoint["deployments"].as_object().map(|all| all.values().cloned().collect()).unwrap_or_default())
}

pub(super) fn undeploy(call: &Call<'_>) -> Answer {
    let (endpoint, name, workspace) = (call.need("endpoint-name")?, call.need("name")?, call.workspace()?);
    call.store.change(|state| {
        let place = slot(state, &["ml", workspace, "batch-endpoints", endpoint]);
        if place["defaults"]["deployment_name"] == name {
            return Err(Failure::refused(format!("deployment {name} is the default of {endpoint} and stays")));
        }
        let gone = place["deployments"].as_object_mut().and_then(|all| all.remove(name));
        gone.map(|_| Value::Null).ok_or_else(|| Failure::missing(format!("deployment {name} was not found")))
    })
}

pub(super) fn schedule(call: &Call<'_>) -> Answer {
    let (mut body, _) = given(call)?;
    let name = call.name_of(&body)?;
    body["is_enabled"] = json!(true);
    call.put("schedules", &name, body)
}

pub(super) fn schedules(call: &Call<'_>) -> Answer {
    Ok(call.all("schedules")?.into_iter().map(|(_, body)| body).filter(|body| body["is_enabled"] == true).collect())
}

pub(super) fn disable(call: &Call<'_>) -> Answer {
    let name = call.need("name")?;
    let mut body = call.found("schedules", name)?;
    body["is_enabled"] = json!(false);
    call.put("schedules", name, body)
}
