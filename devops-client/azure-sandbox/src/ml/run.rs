//! A job from its start to its end: pipelines of components, in the order of what they need.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::access::{self, Nodes};
use super::bind::{Bound, needs, of_parent};
use super::command::{self, Ended};
use super::log::say;
use super::registry::{Judge, Registry};
use super::sweep;
use super::work::{Work, is_cancelled};
use super::{job, places};
use crate::store::{Store, at, slot};

/// How deep pipelines may stand in each other.
const DEEPEST: usize = 10;

/// Carries out a job that is there, and writes down what it came to. Errors if it is not there.
pub(crate) fn run(store: &Store, workspace: &str, name: &str) -> Result<(), String> {
    let body = job(store, workspace, name)?;
    let set = |status: &str, more: Map<String, Value>| {
        store.change(|state| {
            let place = slot(state, &["ml", workspace, "jobs", name]);
            place["status"] = json!(status);
            for (key, value) in more {
                place[&key] = value;
            }
            Ok::<(), String>(())
        })
    };
    set("Running", Map::new())?;
    let compute = access::compute(&body).unwrap_or_default().to_owned();
    let nodes = match Nodes::of(store, workspace, &compute) {
        Ok(nodes) => nodes,
        Err(message) => {
            say(store, name, &format!("job {name} failed: {message}"));
            return set("Failed", Map::from_iter([("error".to_owned(), json!(message))]));
        }
    };
    let judge = nodes.map(|nodes| Judge { nodes, job: name.to_owned() });
    let registry = Registry::start(store.clone(), workspace.to_owned(), judge)?;
    let experiment = body["experiment_name"].as_str().unwrap_or("Default").to_owned();
    let work = Work { store, workspace, name, registry: &registry, experiment, compute };
    let folder = places::job(store, name);
    let outputs = folders(&work, &body, &folder.join("outputs"))?;
    let inputs = inputs(&work, &body, &Bound::default(), &body["inputs"]);
    let ended = inputs.and_then(|inputs| {
        let bound = Bound { inputs, outputs: outputs.clone(), jobs: BTreeMap::new() };
        node(&work, &body, bound, &folder, 0)
    });
    let shown: Map<String, Value> =
        outputs.iter().map(|(name, path)| (name.clone(), json!(path.display().to_string()))).collect();
    let mut more = Map::from_iter([("output_folders".to_owned(), Value::Object(shown))]);
    let status = match ended {
        Ok(Ended::Well) => "Completed",
        Ok(Ended::Cancelled) => "Canceled",
        Ok(Ended::Badly(message)) | Err(message) => {
            say(store, name, &format!("job {name} failed: {message}"));
            more.insert("error".to_owned(), json!(message));
            "Failed"
        }
    };
    set(status, more)
}

/// A folder for each output: where its path says, or one of the job's own.
fn folders(work: &Work<'_>, body: &Value, own: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let outputs = body["outputs"].as_object().cloned().unwrap_or_default();
    let one = |(name, output): (String, Value)| {
        let named = places::path_of(&output).filter(|path| path.contains("://"));
        let placed = named.map(|path| places::in_datastore(work.store, work.workspace, path)).transpose()?.flatten();
        let folder = placed.unwrap_or_else(|| own.join(&name));
        std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        Ok((name, folder))
    };
    outputs.into_iter().map(one).collect()
}

/// The inputs of a job: texts, and paths of what is in the workspace.
fn inputs(work: &Work<'_>, body: &Value, parent: &Bound, given: &Value) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let declared = body["inputs"].as_object().cloned().unwrap_or_default();
    for (name, declaration) in &declared {
        if let Some(default) = declaration.get("default") {
            found.insert(name.clone(), shown(default));
        }
    }
    for (name, value) in given.as_object().cloned().unwrap_or_default() {
        // a declaration of a component that is given nothing
        if value.is_object() && value.get("path").is_none() {
            continue;
        }
        let text = parent.fill(&places::path_of(&value).map_or_else(|| shown(&value), str::to_owned))?;
        found.insert(name, asset(work, &text)?);
    }
    Ok(found)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The path of `azureml:name:version`, of a datastore's address; any other text is itself.
fn asset(work: &Work<'_>, text: &str) -> Result<String, String> {
    if let Some(path) = places::in_datastore(work.store, work.workspace, text)? {
        return Ok(path.display().to_string());
    }
    let Some(rest) = text.strip_prefix("azureml:") else { return Ok(text.to_owned()) };
    let (name, version) = match (rest.split_once('@'), rest.split_once(':')) {
        (Some((name, _)), _) => (name, None),
        (None, Some((name, version))) => (name, Some(version)),
        (None, None) => (rest, None),
    };
    let versions = work.store.read(|state| {
        let of = |kind: &str| at(state, &["ml", work.workspace, kind, name]).and_then(Value::as_object).cloned();
        of("data").or_else(|| of("models"))
    })?;
    let versions = versions.unwrap_or_default();
    let found = match version {
        Some(version) => versions.get(version),
        None => versions.values().max_by_key(|body| body["made"].as_i64()),
    };
    let path = found.and_then(|body| body["path"].as_str()).ok_or_else(|| format!("there is no asset `{text}`"))?;
    asset(work, path)
}

/// A job or component: a command, or a pipeline of them.
fn node(work: &Work<'_>, body: &Value, bound: Bound, folder: &Path, depth: usize) -> Result<Ended, String> {
    let component = &body["component"];
    // a job of a component is that component with the job's own settings
    let own = if component.is_object() { component } else { body };
    match own["type"].as_str().unwrap_or_default() {
        "pipeline" => pipeline(work, own, bound, folder, depth),
        "command" => command::run(work, body, own, &bound, folder),
        "sweep" => sweep::run(work, body, &bound, folder),
        other => Err(format!("jobs of the type `{other}` are not carried out here; command, pipeline and sweep are")),
    }
}

fn pipeline(work: &Work<'_>, body: &Value, mut bound: Bound, folder: &Path, depth: usize) -> Result<Ended, String> {
    if depth > DEEPEST {
        return Err(format!("pipelines stand deeper in each other than {DEEPEST}"));
    }
    let mut waiting: Vec<(String, Value)> = body["jobs"].as_object().cloned().unwrap_or_default().into_iter().collect();
    while !waiting.is_empty() {
        let ready = |(_, job): &(String, Value)| {
            let inputs = job["inputs"].as_object().cloned().unwrap_or_default();
            inputs.values().filter_map(places::path_of).filter_map(needs).all(|name| bound.jobs.contains_key(name))
        };
        let Some(at) = waiting.iter().position(ready) else {
            let names: Vec<&str> = waiting.iter().map(|(name, _)| name.as_str()).collect();
            return Err(format!("jobs wait for each other or for none: {}", names.join(", ")));
        };
        let (name, job) = waiting.remove(at);
        if is_cancelled(work) {
            return Ok(Ended::Cancelled);
        }
        let component = ["component", "trial"].map(|key| &job[key]).into_iter().find(|one| one.is_object());
        let component = component.unwrap_or(&job);
        let own = folder.join(&name);
        let mut outputs = folders(work, component, &own.join("outputs"))?;
        for (output, binding) in job["outputs"].as_object().cloned().unwrap_or_default() {
            let folder = match binding.as_str().and_then(of_parent) {
                Some(parent) => bound.outputs.get(parent).cloned(),
                None => places::path_of(&binding)
                    .map(|path| places::in_datastore(work.store, work.workspace, path))
                    .transpose()?
                    .flatten(),
            };
            if let Some(folder) = folder {
                std::fs::create_dir_all(&folder)
                    .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
                outputs.insert(output, folder);
            }
        }
        let inputs = inputs(work, component, &bound, &job["inputs"])?;
        let inner = Bound { inputs, outputs: outputs.clone(), jobs: BTreeMap::new() };
        match node(work, &job, inner, &own, depth + 1)? {
            Ended::Well => {}
            Ended::Badly(message) => return Ok(Ended::Badly(format!("{name}: {message}"))),
            Ended::Cancelled => return Ok(Ended::Cancelled),
        }
        bound.jobs.insert(name, outputs);
    }
    Ok(Ended::Well)
}
