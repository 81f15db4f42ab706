//! Online endpoints and their deployments: containers of this machine behind a front that stays.

use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::super::call::{Answer, Call};
use super::super::failure::Failure;
use super::files::given;
use super::workspace::text;
use crate::access;
use crate::client::{Ask, Way, ask};
use crate::containers::{self, Wanted};
use crate::docker;
use crate::ml::online_place as place;
use crate::processes;
use crate::program::Program;
use crate::store::{Store, at, slot};

const KIND: &str = "online-endpoints";

/// How long the front has to listen, and an instance to become ready.
const PATIENCE: [Duration; 2] = [Duration::from_secs(20), Duration::from_secs(60)];

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// An endpoint without what it keeps to itself.
fn shown(mut endpoint: Value) -> Value {
    for own in ["deployments", "secrets", "process", "port", "group"] {
        endpoint.as_object_mut().map(|map| map.shift_remove(own));
    }
    endpoint
}

fn shown_deployment(mut deployment: Value) -> Value {
    for own in ["containers", "log"] {
        deployment.as_object_mut().map(|map| map.shift_remove(own));
    }
    deployment
}

/// The identities that an endpoint is given.
fn identities(endpoint: &Value) -> Vec<String> {
    let all = endpoint["identity"]["user_assigned_identities"].as_array().into_iter().flatten();
    let id = |one: &Value| one["resource_id"].as_str().or(one.as_str()).map(str::to_owned);
    all.filter_map(id).map(|id| id.trim_start_matches("azureml:").to_owned()).collect()
}

/// A secret that nobody can guess.
fn secret() -> Result<String, Failure> {
    let mut bytes = [0_u8; 24];
    let read =
        std::fs::File::open("/dev/urandom").and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes));
    read.map_err(|error| Failure::refused(format!("cannot make a key: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub(super) fn create(call: &Call<'_>) -> Answer {
    let (mut body, _) = given(call)?;
    let (name, workspace) = (call.name_of(&body)?, call.workspace()?);
    let mode = body["auth_mode"].as_str().unwrap_or("key").to_lowercase();
    if !["key", "aml_token", "aad_token"].contains(&mode.as_str()) {
        return Err(Failure::refused(format!("(UserError) auth_mode `{mode}` is none of key, aml_token, aad_token")));
    }
    for identity in identities(&body) {
        access::assign(call.store, &identity)?;
    }
    let there = call.all(KIND)?.remove(&name);
    body["name"] = json!(name);
    body["secrets"] = match mode.as_str() {
        "key" => json!({ "primaryKey": secret()?, "secondaryKey": secret()? }),
        _ => json!({ "accessToken": secret()? }),
    };
    body["auth_mode"] = json!(mode);
    body["group"] = json!(call.need("resource-group")?);
    body["provisioning_state"] = json!("Succeeded");
    for kept in ["traffic", "deployments", "process"] {
        let nothing = if kept == "process" { Value::Null } else { json!({}) };
        body[kept] = there.as_ref().map_or(nothing, |there| there[kept].clone());
    }
    call.put(KIND, &name, body)?;
    front(call.store, workspace, &name)?;
    call.found(KIND, &name).map(shown)
}

/// Starts the process that answers for an endpoint, in the place of the one before.
fn front(store: &Store, workspace: &str, name: &str) -> Result<(), String> {
    let place = place(workspace, name);
    let before = store.read(|state| at(state, &place).and_then(|endpoint| endpoint["process"].as_u64()))?;
    if let Some(id) = before.and_then(|id| u32::try_from(id).ok()) {
        processes::end(store, id);
    }
    store.change(|state| {
        slot(state, &place).as_object_mut().map(|endpoint| endpoint.shift_remove("port"));
        Ok::<(), String>(())
    })?;
    let mut command = Program::of(store)?.command(&["online", workspace, name]);
    command.env_remove("VSTS_PROCESS_LOOKUP_ID").process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let id = command.spawn().map_err(|error| format!("cannot start endpoint {name}: {error}"))?.id();
    processes::note(store, id)?;
    store.change(|state| {
        slot(state, &place)["process"] = json!(id);
        Ok::<(), String>(())
    })?;
    let until = Instant::now() + PATIENCE[0];
    while Instant::now() < until {
        if store.read(|state| at(state, &place).is_some_and(|endpoint| endpoint["port"].is_u64()))? {
            return Ok(());
        }
        thread::sleep(LOOK);
    }
    Err(format!("endpoint {name} did not start"))
}

pub(super) fn show(call: &Call<'_>) -> Answer {
    call.found(KIND, call.need("name")?).map(shown)
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    Ok(call.all(KIND)?.into_iter().map(|(_, endpoint)| shown(endpoint)).collect())
}

/// Other shares of the traffic; those that are not named stay.
pub(super) fn update(call: &Call<'_>) -> Answer {
    let (name, workspace) = (call.need("name")?, call.workspace()?);
    let endpoint = call.found(KIND, name)?;
    let mut traffic = endpoint["traffic"].as_object().cloned().unwrap_or_default();
    for rule in call.arguments.all("traffic").iter().flat_map(|rules| rules.split_whitespace()) {
        let Some((deployment, share)) = rule.split_once('=') else {
            return Err(Failure::usage(format!("argument --traffic: `{rule}` is not DEPLOYMENT=PERCENT")));
        };
        let share: u64 = share
            .trim_end_matches('%')
            .parse()
            .map_err(|_| Failure::usage(format!("argument --traffic: `{share}` is no whole number of percent")))?;
        if endpoint["deployments"].get(deployment).is_none() {
            return Err(Failure::missing(format!(
                "(UserError) The traffic of endpoint {name} names deployment {deployment}, which is not there."
            )));
        }
        traffic.insert(deployment.to_owned(), json!(share));
    }
    let sum: u64 = traffic.values().filter_map(Value::as_u64).sum();
    if sum != 0 && sum != 100 {
        return Err(Failure::refused(format!("(BadArgument) The traffic must sum to 0 or 100, and not to {sum}.")));
    }
    call.store.change(|state| {
        let place = slot(state, &place(workspace, name));
        place["traffic"] = Value::Object(traffic);
        Ok(shown(place.clone()))
    })
}

pub(super) fn credentials(call: &Call<'_>) -> Answer {
    Ok(call.found(KIND, call.need("name")?)?["secrets"].clone())
}

pub(super) fn delete(call: &Call<'_>) -> Answer {
    let (name, workspace) = (call.need("name")?, call.workspace()?);
    confirmed(call)?;
    let endpoint = call.found(KIND, name)?;
    for deployment in endpoint["deployments"].as_object().into_iter().flatten().map(|(_, deployment)| deployment) {
        remove(call.store, deployment)?;
    }
    if let Some(id) = endpoint["process"].as_u64().and_then(|id| u32::try_from(id).ok()) {
        processes::end(call.store, id);
    }
    call.store.change(|state| {
        slot(state, &["ml", workspace, KIND]).as_object_mut().map(|all| all.shift_remove(name));
        Ok(Value::Null)
    })
}

fn confirmed(call: &Call<'_>) -> Result<(), Failure> {
    match call.arguments.flag("yes") {
        true => Ok(()),
        false => Err(Failure::refused("Unable to prompt for confirmation as no tty available. Use --yes.")),
    }
}

fn remove(store: &Store, deployment: &Value) -> Result<(), String> {
    let all = deployment["containers"].as_array().into_iter().flatten().filter_map(Value::as_str);
    all.into_iter().try_for_each(|container| containers::remove(store, container))
}

/// Starts the instances of a deployment, and waits until each is ready.
pub(super) fn deploy(call: &Call<'_>) -> Answer {
    let (mut body, _) = given(call)?;
    let (endpoint, workspace) = (call.need("endpoint-name")?, call.workspace()?);
    let name = call.name_of(&body)?;
    let whole = call.found(KIND, endpoint)?;
    let image = text(&body["environment"], "image");
    let refused = |message: String| {
        Failure::refused(format!(
            "(ImageBuildFailure) The image '{image}' of deployment {name} cannot be had: {message}"
        ))
    };
    for identity in identities(&whole) {
        access::pull(call.store, &identity, &image).map_err(refused)?;
    }
    let folder = docker::folder(call.store, &image).map_err(refused)?;
    let routes = &body["environment"]["inference_config"];
    let port = routes["scoring_route"]["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or_else(|| Failure::refused("inference_config.scoring_route.port is no port"))?;
    let ready = text(&routes["readiness_route"], "path");
    let variables = body["environment_variables"].as_object().cloned().unwrap_or_default();
    let variables = variables.iter().map(|(name, _)| (name.clone(), text(&body["environment_variables"], name)));
    // the sandbox has neither Storage nor Application Insights: what points there is left out
    let reached = |(name, value): &(String, String)| !value.is_empty() && !name.ends_with("_CONTAINER_URL");
    let environment: Vec<(String, String)> = variables.filter(reached).collect();
    let count = body["instance_count"].as_u64().or(body["scale_settings"]["min_instances"].as_u64()).unwrap_or(1);
    let names: Vec<String> = (1..=count).map(|nth| format!("online-{workspace}-{endpoint}-{name}-{nth}")).collect();
    remove(call.store, &whole["deployments"][&name])?;
    let wanted = Wanted { image: folder, environment, port, ..Wanted::default() };
    let mut problem = None;
    for container in &names {
        let started = containers::start(call.store, container, &wanted);
        let stands = started.and_then(|port| await_ready(call.store, container, port, &ready));
        problem = problem.or(stands.err());
    }
    body["name"] = json!(name);
    body["endpoint_name"] = json!(endpoint);
    body["containers"] = json!(names);
    if problem.is_some() {
        let log: Vec<String> = names.iter().map(|container| containers::log(call.store, container)).collect();
        remove(call.store, &body)?;
        body["containers"] = json!([]);
        body["log"] = json!(log.concat());
    }
    body["provisioning_state"] = json!(if problem.is_some() { "Failed" } else { "Succeeded" });
    call.store.change(|state| {
        *slot(state, &[&place(workspace, endpoint)[..], &["deployments", &name]].concat()) = body.clone();
        Ok::<(), Failure>(())
    })?;
    match problem {
        Some(problem) => Err(Failure::refused(format!("(ResourceNotReady) {problem}"))),
        None => Ok(shown_deployment(body)),
    }
}

fn await_ready(store: &Store, container: &str, port: u16, path: &str) -> Result<(), String> {
    let until = Instant::now() + PATIENCE[1];
    let timeout = Duration::from_secs(2);
    let address = ("127.0.0.1", port);
    while Instant::now() < until {
        let asked = ask(&Ask { method: "GET", address, path, headers: &[], body: &[], way: &Way::Clear, timeout });
        if asked.is_ok_and(|answer| (200..300).contains(&answer.status)) {
            return Ok(());
        }
        if containers::find(store, container)?.is_none_or(|found| found["ended"] == true) {
            return Err("User container has crashed or terminated. Please see the logs of the deployment.".to_owned());
        }
        thread::sleep(LOOK);
    }
    Err(format!("the readiness probe at {path} did not succeed within {} s", PATIENCE[1].as_secs()))
}

/// The deployment that a call names.
fn deployment(call: &Call<'_>) -> Answer {
    let (endpoint, name) = (call.need("endpoint-name")?, call.need("name")?);
    let found = call.found(KIND, endpoint)?["deployments"].get(name).cloned();
    found
        .ok_or_else(|| Failure::missing(format!("(UserError) deployment {name} was not found in endpoint {endpoint}.")))
}

pub(super) fn show_deployment(call: &Call<'_>) -> Answer {
    deployment(call).map(shown_deployment)
}

pub(super) fn deployments(call: &Call<'_>) -> Answer {
    let whole = call.found(KIND, call.need("endpoint-name")?)?;
    let all = whole["deployments"].as_object().cloned().unwrap_or_default();
    Ok(all.into_iter().map(|(_, deployment)| shown_deployment(deployment)).collect())
}

pub(super) fn undeploy(call: &Call<'_>) -> Answer {
    let (endpoint, name, workspace) = (call.need("endpoint-name")?, call.need("name")?, call.workspace()?);
    confirmed(call)?;
    let found = deployment(call)?;
    if call.found(KIND, endpoint)?["traffic"][name].as_u64().is_some_and(|share| share > 0) {
        return Err(Failure::refused(format!(
            "(UserError) Deployment {name} has traffic of endpoint {endpoint} and cannot be deleted: set it to 0 first."
        )));
    }
    remove(call.store, &found)?;
    call.store.change(|state| {
        let place = slot(state, &place(workspace, endpoint));
        for part in ["deployments", "traffic"] {
            place[part].as_object_mut().map(|all: &mut Map<String, Value>| all.shift_remove(name));
        }
        Ok(Value::Null)
    })
}

/// The last lines that the instances have said.
pub(super) fn logs(call: &Call<'_>) -> Answer {
    let found = deployment(call)?;
    let all = found["containers"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let said: String = all.map(|container| containers::log(call.store, container)).collect();
    let said = if said.is_empty() { text(&found, "log") } else { said };
    let lines: Vec<&str> = said.lines().collect();
    let count = call.arguments.one("lines").and_then(|text| text.parse().ok()).unwrap_or(50);
    Ok(json!(lines[lines.len().saturating_sub(count)..].join("\n")))
}

/// Starts every endpoint and its instances again; what could not be started is said.
pub(crate) fn revive(store: &Store) -> Result<Vec<String>, String> {
    let all = store.read(|state| at(state, &["ml"]).and_then(Value::as_object).cloned())?.unwrap_or_default();
    let mut problems = Vec::new();
    for (workspace, own) in &all {
        for (name, endpoint) in own[KIND].as_object().into_iter().flatten() {
            let deployments = endpoint["deployments"].as_object().into_iter().flatten();
            let instances = deployments.flat_map(|(_, deployment)| deployment["containers"].as_array()).flatten();
            for container in instances.filter_map(Value::as_str) {
                problems.extend(containers::again(store, container).err());
            }
            let started = front(store, workspace, name).err();
            problems.extend(started.map(|message| format!("online endpoint {name} of {workspace}: {message}")));
        }
    }
    Ok(problems)
}
