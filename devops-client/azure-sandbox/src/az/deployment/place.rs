//! A place that a parameter file describes: compiled and evaluated here, kept by the sandbox's Azure Resource Manager.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use azure_templates::Located;
use azure_templates::arm::{Setting, evaluate, evaluate_with};
use azure_templates::bicep::{Compiler, Sources};
use serde_json::{Map, Value, json};

use crate::az::call::{Answer, Call};
use crate::az::failure::Failure;
use crate::az::groups::{find, resources};
use crate::kubernetes;
use crate::services::{Services, message};
use crate::store::{at, slot};

use super::cloud::{Secrets, wrong};

/// Version of the requests.
const VERSION: &str = "2024-03-01";

/// Looks that a deployment is given until it is done.
const LOOKS: usize = 50;

/// A template and its parameters, compiled.
struct Compiled {
    template: Value,
    parameters: Map<String, Value>,
}

pub(super) fn create(call: &Call<'_>) -> Answer {
    let group = call.need("resource-group")?;
    let name = call.need("name")?;
    let compiled = compiled(call)?;
    let Some(services) = Services::of(call.store)? else {
        return keep(call, group, name, &compiled);
    };
    let id = deployment(&services, group, name)?;
    let setting = setting(&services, &id, group, name);
    let made = evaluate_with(&compiled.template, &compiled.parameters, &setting, &Secrets(call.store))
        .map_err(|message| wrong(&message))?;
    let (status, answer) = services.arm("PUT", &id, VERSION, &body(&compiled, None))?;
    if status >= 300 {
        return Err(Failure::refused(message(&answer)));
    }
    for _ in 0..LOOKS {
        let (status, answer) = services.arm("GET", &id, VERSION, &Value::Null)?;
        match answer["properties"]["provisioningState"].as_str() {
            Some("Succeeded") => {
                kubernetes::install_routers(call.store, &made.resources)?;
                return Ok(answer);
            }
            Some("Failed" | "Canceled") => {
                return Err(Failure::refused(format!("(DeploymentFailed) {}", answer["properties"]["error"])));
            }
            _ if status >= 300 => return Err(Failure::refused(message(&answer))),
            _ => std::thread::sleep(std::time::Duration::from_millis(100)),
        }
    }
    Err(Failure::refused(format!("deployment {name} does not come to an end")))
}

pub(super) fn what_if(call: &Call<'_>) -> Answer {
    Ok(asked(call, "whatIf")?["properties"].clone())
}

/// A deployment that was made, with its outputs; all of a group.
pub(super) fn show(call: &Call<'_>) -> Answer {
    let (group, name) = (call.need("resource-group")?, call.need("name")?);
    let missing = || Failure::missing(format!("(DeploymentNotFound) Deployment '{name}' could not be found."));
    let Some(services) = Services::of(call.store)? else {
        return kept(call, group)?.into_iter().find(|one| one["name"] == name).ok_or_else(missing);
    };
    match services.arm("GET", &deployment(&services, group, name)?, VERSION, &Value::Null)? {
        (200, found) => Ok(found),
        (404, _) => Err(missing()),
        (_, answer) => Err(Failure::refused(message(&answer))),
    }
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let group = call.need("resource-group")?;
    match Services::of(call.store)? {
        None => Ok(Value::Array(kept(call, group)?)),
        Some(services) => Ok(Value::Array(resources(&services, group, "Microsoft.Resources/deployments")?)),
    }
}

/// The deployments of a group that a sandbox without services keeps.
fn kept(call: &Call<'_>, group: &str) -> Result<Vec<Value>, Failure> {
    let found = call.store.read(|state| at(state, &["deployments", group]).and_then(Value::as_object).cloned())?;
    let one = |name: String| json!({ "name": name, "properties": { "provisioningState": "Succeeded" } });
    Ok(found.unwrap_or_default().into_iter().map(|(name, _)| one(name)).collect())
}

pub(super) fn validate(call: &Call<'_>) -> Answer {
    asked(call, "validate")
}

/// What Azure Resource Manager says of a deployment that is not made.
fn asked(call: &Call<'_>, question: &str) -> Answer {
    let group = call.need("resource-group")?;
    let compiled = compiled(call)?;
    let services = Services::of(call.store)?;
    let services =
        services.ok_or_else(|| Failure::refused("the sandbox has no Azure Resource Manager that could say"))?;
    let name = call.arguments.one("name").unwrap_or("deployment");
    let id = deployment(&services, group, name)?;
    made(&compiled, &setting(&services, &id, group, name))?;
    let format = call.arguments.one("result-format");
    let (status, answer) = services.arm("POST", &format!("{id}/{question}"), VERSION, &body(&compiled, format))?;
    let location = answer["location"].as_str();
    match status {
        202 => services.until(location.unwrap_or_default()).map_err(Failure::from),
        200..=299 => Ok(answer),
        _ => Err(Failure::refused(message(&answer))),
    }
}

/// What a deployment is asked for with; what-if is told how much to say.
fn body(compiled: &Compiled, format: Option<&str>) -> Value {
    let mut body = json!({
        "properties": { "mode": "Incremental", "template": compiled.template, "parameters": compiled.parameters },
    });
    if let Some(format) = format {
        body["properties"]["whatIfSettings"] = json!({ "resultFormat": format });
    }
    body
}

/// The id of a deployment to a group.
pub(super) fn deployment(services: &Services, group: &str, name: &str) -> Result<String, Failure> {
    let missing = || Failure::missing(format!("(ResourceGroupNotFound) Resource group '{group}' could not be found."));
    let (id, _) = find(services, group)?.ok_or_else(missing)?;
    Ok(format!("{id}/providers/Microsoft.Resources/deployments/{name}"))
}

fn setting(services: &Services, id: &str, group: &str, name: &str) -> Setting {
    Setting {
        subscription: id.split('/').nth(2).unwrap_or_default().to_owned(),
        tenant: services.tenant.clone(),
        resource_group: Some(group.to_owned()),
        location: Some("westeurope".to_owned()),
        deployment: name.to_owned(),
    }
}

/// The resources that a deployment makes.
fn made(compiled: &Compiled, setting: &Setting) -> Result<Vec<Value>, Failure> {
    let made = evaluate(&compiled.template, &compiled.parameters, setting)
        .map_err(|message| Failure::refused(format!("(InvalidTemplate) {message}")))?;
    Ok(made.resources)
}

/// A sandbox without services keeps which vaults there are.
fn keep(call: &Call<'_>, group: &str, name: &str, compiled: &Compiled) -> Answer {
    let setting = Setting {
        subscription: "5a4db000-0000-4000-8000-000000000002".to_owned(),
        tenant: "5a4db000-0000-4000-8000-000000000001".to_owned(),
        resource_group: Some(group.to_owned()),
        location: Some("westeurope".to_owned()),
        deployment: name.to_owned(),
    };
    let resources = made(compiled, &setting)?;
    let count = resources.len();
    call.store.change(|state| {
        for vault in resources.iter().filter(|resource| resource["type"] == "Microsoft.KeyVault/vaults") {
            let name = vault["name"].as_str().unwrap_or_default();
            *slot(state, &["vaults", name, "resourceGroup"]) = json!(group);
        }
        *slot(state, &["deployments", group, name]) = json!({ "resources": count });
        Ok(json!({ "properties": { "provisioningState": "Succeeded", "duration": "PT1S" } }))
    })
}

/// What `--parameters` compiles to: a parameter file, and the template that it is for.
fn compiled(call: &Call<'_>) -> Result<Compiled, Failure> {
    let [file] = call.arguments.all("parameters") else {
        return Err(Failure::usage("the sandbox's az takes one parameter file here (.bicepparam)"));
    };
    let file = whole(&call.here.join(file));
    if file.extension().is_none_or(|ending| ending != "bicepparam") {
        return Err(Failure::usage(format!("{} is no .bicepparam file", file.display())));
    }
    let text = std::fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let used =
        text.lines().find_map(|line| line.trim().strip_prefix("using ")).map(|rest| rest.trim().trim_matches('\''));
    let used = used.ok_or_else(|| Failure::refused(format!("{} says no template (`using`)", file.display())))?;
    let template = whole(&file.parent().unwrap_or(&file).join(used));
    let (parameters, template) = (below(&file), below(&template));
    let sources = Sources::gather([parameters.clone(), template.clone()], |path| {
        std::fs::read(Path::new("/").join(path)).ok().map(Cow::Owned)
    });
    let compiler = Compiler::new(&sources);
    let wrong = |problems: Vec<Located>| Failure::refused(shown(&problems));
    let template = compiler.template(&template).map_err(wrong)?;
    let parameters = compiler.parameters(&parameters, &|name| std::env::var(name).ok()).map_err(wrong)?;
    Ok(Compiled { template, parameters: parameters["parameters"].as_object().cloned().unwrap_or_default() })
}

/// What is wrong, a line each.
pub(crate) fn shown(problems: &[Located]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A path without `.` and `..`.
pub(crate) fn whole(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

/// A path as the compiler names it: from the root of the disk.
pub(crate) fn below(path: &Path) -> String {
    path.strip_prefix("/").unwrap_or(path).display().to_string()
}
