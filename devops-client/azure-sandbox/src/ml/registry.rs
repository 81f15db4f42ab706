//! The tracking server of a workspace: the part of MLflow's REST API 2.0 that a registration uses. What it registers is what
//! `az ml model` finds.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::access::Nodes;
use super::log::say;
use crate::events::raise;
use crate::http::{Request, serve};
use crate::services::Services;
use crate::store::{Store, at, slot};

/// A tracking server that goes as long as the job's process.
pub(super) struct Registry {
    address: String,
    store: Store,
    workspace: String,
}

impl Registry {
    pub fn start(store: Store, workspace: String, judge: Option<Judge>) -> Result<Self, String> {
        let (own, named) = (store.clone(), workspace.clone());
        let address = serve(move |request| {
            let tracking = Tracking { store: &own, workspace: &named, judge: judge.as_ref() };
            let (status, body) = tracking.answer(&request);
            (status, body.to_string())
        })?;
        Ok(Self { address: format!("http://{address}"), store, workspace })
    }

    fn own(&self) -> Tracking<'_> {
        Tracking { store: &self.store, workspace: &self.workspace, judge: None }
    }

    /// Begins a run of an experiment, as the service does for each trial of a sweep; gives back its id.
    pub fn begin(&self, experiment: &str, name: &str) -> Result<String, String> {
        let ask = |call: &str, given: Value| self.own().call(call, &given).map_err(|(_, _, message)| message);
        let known = self.own().look(&["experiments", experiment]).map_err(|(_, _, message)| message)?;
        let id = match known {
            Some(id) => id,
            None => ask("experiments/create", json!({ "name": experiment }))?["experiment_id"].clone(),
        };
        let made = ask("runs/create", json!({ "experiment_id": id, "run_name": name, "tags": [] }))?;
        Ok(made["run"]["info"]["run_id"].as_str().unwrap_or_default().to_owned())
    }

    /// A metric of a run as it was logged last; none where it was not, or was no number.
    pub fn metric(&self, run: &str, name: &str) -> Result<Option<f64>, String> {
        let metrics = self.own().look(&["runs", run, "data", "metrics"]).map_err(|(_, _, message)| message)?;
        let metrics = metrics.unwrap_or_default();
        let logged = metrics.as_array().into_iter().flatten().filter(|metric| metric["key"] == name);
        let last = logged.max_by_key(|metric| metric["step"].as_i64().unwrap_or(0));
        Ok(last.and_then(|metric| metric["value"].as_f64()))
    }

    pub fn address(&self) -> String {
        self.address.clone()
    }
}

/// Whose calls a tracking server gets, where role assignments decide: those of a job on nodes.
pub(super) struct Judge {
    pub nodes: Nodes,
    pub job: String,
}

struct Tracking<'a> {
    store: &'a Store,
    workspace: &'a str,
    judge: Option<&'a Judge>,
}

type Answer = Result<Value, (u16, &'static str, String)>;

impl Tracking<'_> {
    fn answer(&self, request: &Request) -> (u16, Value) {
        let given: Value = match request.body.is_empty() {
            true => request.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect(),
            false => serde_json::from_slice(&request.body).unwrap_or_default(),
        };
        let name = request.path.strip_prefix("/api/2.0/mlflow/").unwrap_or_default();
        if !["GET", "POST", "PATCH"].contains(&request.method.as_str()) {
            return (405, json!({ "error_code": "BAD_REQUEST", "message": format!("no {} here", request.method) }));
        }
        match self.judged(name).and_then(|()| self.call(name, &given)) {
            Ok(body) => (200, body),
            Err((status, code, message)) => (status, json!({ "error_code": code, "message": message })),
        }
    }

    /// That whoever calls may do so; what is refused stands in the job's log too.
    fn judged(&self, call: &str) -> Result<(), (u16, &'static str, String)> {
        let Some(judge) = self.judge else { return Ok(()) };
        judge.nodes.track(call).map_err(|message| {
            say(self.store, &judge.job, &format!("{call}: {message}"));
            (403, "PERMISSION_DENIED", message)
        })
    }

    fn call(&self, name: &str, given: &Value) -> Answer {
        let text = |key: &str| given[key].as_str().unwrap_or_default();
        match name {
            "experiments/get-by-name" => {
                let wanted = text("experiment_name");
                match self.look(&["experiments", wanted])? {
                    Some(id) => Ok(json!({ "experiment": experiment(wanted, &id) })),
                    None => Err(missing(format!("Could not find experiment with name '{wanted}'"))),
                }
            }
            "experiments/get" => {
                let all = self.look(&["experiments"])?.unwrap_or_default();
                let found = all.as_object().into_iter().flatten().find(|(_, id)| **id == given["experiment_id"]);
                match found {
                    Some((name, id)) => Ok(json!({ "experiment": experiment(name, id) })),
                    None => Err(missing(format!("No Experiment with id={} exists", text("experiment_id")))),
                }
            }
            "experiments/create" => {
                let id = self.number()?;
                self.set(&["experiments", text("name")], json!(id))?;
                Ok(json!({ "experiment_id": id }))
            }
            "runs/create" => {
                let id = format!("{:032x}", self.number()?.parse::<u64>().unwrap_or_default());
                let folder = self.store.folder().join("artifacts").join(&id);
                let run = json!({
                    "info": {
                        "run_id": id,
                        "experiment_id": given["experiment_id"],
                        "run_name": given["run_name"],
                        "run_uuid": id,
                        "user_id": given["user_id"],
                        "start_time": given["start_time"],
                        "lifecycle_stage": "active",
                        "status": "RUNNING",
                        "artifact_uri": format!("file://{}", folder.display()),
                    },
                    "data": { "tags": given["tags"], "metrics": [], "params": [] },
                });
                self.set(&["runs", &id], run.clone())?;
                Ok(json!({ "run": run }))
            }
            "runs/get" => match self.look(&["runs", text("run_id")])? {
                Some(run) => Ok(json!({ "run": run })),
                None => Err(missing(format!("Run with id={} not found", text("run_id")))),
            },
            "runs/search" => {
                let all = self.look(&["runs"])?.unwrap_or_default();
                let wanted = filter(text("filter"));
                let fits =
                    |run: &&Value| wanted.as_ref().is_none_or(|(key, value)| has_tag(&run["data"]["tags"], key, value));
                let found: Vec<&Value> =
                    all.as_object().into_iter().flat_map(|all| all.values()).filter(fits).collect();
                Ok(json!({ "runs": found }))
            }
            "runs/log-batch" => {
                let run = ["runs", text("run_id"), "data"];
                self.change(&run, |data| {
                    for kind in ["metrics", "params", "tags"] {
                        let mut all = data[kind].as_array().cloned().unwrap_or_default();
                        all.extend(given[kind].as_array().cloned().unwrap_or_default());
                        data[kind] = json!(all);
                    }
                })?;
                Ok(json!({}))
            }
            "runs/log-parameter" | "runs/log-metric" | "runs/set-tag" => {
                let kind = match name {
                    "runs/log-parameter" => "params",
                    "runs/log-metric" => "metrics",
                    _ => "tags",
                };
                let mut one = given.clone();
                if let Some(fields) = one.as_object_mut() {
                    fields.retain(|key, _| !matches!(key.as_str(), "run_id" | "run_uuid"));
                }
                let id = if text("run_id").is_empty() { text("run_uuid") } else { text("run_id") };
                self.change(&["runs", id, "data"], |data| {
                    let mut all = data[kind].as_array().cloned().unwrap_or_default();
                    all.push(one);
                    data[kind] = json!(all);
                })?;
                Ok(json!({}))
            }
            "runs/log-inputs" => Ok(json!({})),
            "runs/update" => {
                self.change(&["runs", text("run_id"), "info"], |info| info["status"] = given["status"].clone())?;
                Ok(json!({ "run_info": self.look(&["runs", text("run_id"), "info"])? }))
            }
            "registered-models/create" => {
                let name = text("name");
                if self.look(&["models", name])?.is_some() {
                    let message = format!("Registered Model (name={name}) already exists.");
                    return Err((400, "RESOURCE_ALREADY_EXISTS", message));
                }
                self.set(&["models", name], json!({}))?;
                Ok(json!({ "registered_model": { "name": name } }))
            }
            "registered-models/get" => match self.look(&["models", text("name")])? {
                Some(_) => Ok(json!({ "registered_model": { "name": text("name") } })),
                None => Err(missing(format!("Registered Model with name={} not found", text("name")))),
            },
            "model-versions/create" => self.create_version(given),
            "model-versions/get" => match self.look(&["models", text("name"), text("version")])? {
                Some(model) => Ok(json!({ "model_version": mlflow(&model) })),
                None => Err(missing("Model Version not found".to_owned())),
            },
            "model-versions/search" => {
                let wanted = filter(text("filter")).map(|(_, name)| name).unwrap_or_default();
                let all = self.look(&["models", &wanted])?.unwrap_or_default();
                let versions: Vec<Value> =
                    all.as_object().into_iter().flat_map(|all| all.values()).map(mlflow).collect();
                Ok(json!({ "model_versions": versions }))
            }
            other => Err((404, "ENDPOINT_NOT_FOUND", format!("the sandbox's tracking server does not know {other}"))),
        }
    }

    /// A version of a model, with the files that its run has left.
    fn create_version(&self, given: &Value) -> Answer {
        let text = |key: &str| given[key].as_str().unwrap_or_default();
        let (name, source) = (text("name"), text("source"));
        let path = PathBuf::from(source.strip_prefix("file://").unwrap_or(source));
        if !path.exists() {
            return Err((400, "INVALID_PARAMETER_VALUE", format!("there is nothing at {source}")));
        }
        let pair = |tag: &Value| Some((tag["key"].as_str()?.to_owned(), tag["value"].clone()));
        let tags: serde_json::Map<String, Value> =
            given["tags"].as_array().into_iter().flatten().filter_map(pair).collect();
        let made = self.number()?.parse::<i64>().unwrap_or_default();
        let version = self.store.change(|state| {
            let versions = slot(state, &["ml", self.workspace, "models", name]);
            let taken = versions.as_object().into_iter().flat_map(|all| all.keys());
            let version = taken.filter_map(|key| key.parse::<u64>().ok()).max().unwrap_or(0) + 1;
            let model = json!({
                "name": name,
                "version": version.to_string(),
                "type": "custom_model",
                "path": path.display().to_string(),
                "source": source,
                "run_id": given["run_id"],
                "tags": tags,
                "made": made,
            });
            *slot(versions, &[&version.to_string()]) = model.clone();
            Ok::<Value, String>(model)
        });
        let model = version.map_err(broken)?;
        self.tell(&model).map_err(broken)?;
        Ok(json!({ "model_version": mlflow(&model) }))
    }

    /// Whoever listens to the workspace hears of a version.
    fn tell(&self, model: &Value) -> Result<(), String> {
        let Some(services) = Services::of(self.store)? else { return Ok(()) };
        match services.resource_named("Microsoft.MachineLearningServices/workspaces", self.workspace)? {
            Some(workspace) => raise::model_registered(self.store, &workspace, model, jiff::Timestamp::now()),
            None => Ok(()),
        }
    }

    fn path<'a>(&'a self, path: &[&'a str]) -> Vec<&'a str> {
        // models are where `az ml model` looks; the rest is the tracking server's own
        let first = if path.first() == Some(&"models") { "ml" } else { "mlflow" };
        [first, self.workspace].into_iter().chain(path.iter().copied()).collect()
    }

    fn look(&self, path: &[&str]) -> Result<Option<Value>, (u16, &'static str, String)> {
        let path = self.path(path);
        self.store.read(|state| at(state, &path).cloned()).map_err(broken)
    }

    fn change(&self, path: &[&str], change: impl FnOnce(&mut Value)) -> Result<(), (u16, &'static str, String)> {
        let path = self.path(path);
        let done = self.store.change(|state| {
            change(slot(state, &path));
            Ok::<(), String>(())
        });
        done.map_err(broken)
    }

    fn set(&self, path: &[&str], value: Value) -> Result<(), (u16, &'static str, String)> {
        self.change(path, |place| *place = value)
    }

    fn number(&self) -> Result<String, (u16, &'static str, String)> {
        let next = self.store.change(|state| {
            let made = slot(state, &["made"]);
            *made = json!(made.as_i64().unwrap_or(0) + 1);
            Ok::<String, String>(made.to_string())
        });
        next.map_err(broken)
    }
}

/// An experiment as MLflow shows it.
fn experiment(name: &str, id: &Value) -> Value {
    json!({ "experiment_id": id, "name": name, "lifecycle_stage": "active" })
}

fn missing(message: String) -> (u16, &'static str, String) {
    (404, "RESOURCE_DOES_NOT_EXIST", message)
}

fn broken(message: String) -> (u16, &'static str, String) {
    (500, "INTERNAL_ERROR", message)
}

/// Key and value of `name='x'` or `tags.key = 'x'`.
fn filter(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once('=')?;
    let key = key.trim().strip_prefix("tags.").unwrap_or(key.trim());
    Some((key.to_owned(), value.trim().trim_matches('\'').replace("\\'", "'")))
}

fn has_tag(tags: &Value, key: &str, value: &str) -> bool {
    tags.as_array().into_iter().flatten().any(|tag| tag["key"] == key && tag["value"] == value)
}

/// A model as MLflow shows a version of it.
fn mlflow(model: &Value) -> Value {
    let tags = model["tags"].as_object().cloned().unwrap_or_default();
    let tags: Vec<Value> = tags.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    json!({
        "name": model["name"], "version": model["version"], "run_id": model["run_id"], "source": model["source"],
        "status": "READY", "tags": tags,
    })
}
