//! `az ml`: assets of a workspace, endpoints, jobs, models.

mod assets;
mod endpoints;
mod files;
mod jobs;
mod models;

use serde_json::{Map, Value, json};

use super::{Answer, Call, Command, Failure};
use crate::store::{at, slot};

pub(super) const COMMANDS: &[Command] = &[
    Command { words: "ml compute show", options: NAMED, run: assets::show_compute },
    Command { words: "ml compute create", options: FILE, run: assets::create_compute },
    Command { words: "ml datastore create", options: FILE, run: assets::create_datastore },
    Command { words: "ml environment create", options: FILE, run: assets::create_environment },
    Command { words: "ml environment show", options: VERSIONED, run: assets::show_environment },
    Command { words: "ml data create", options: FILE, run: assets::create_data },
    Command { words: "ml data show", options: VERSIONED, run: assets::show_data },
    Command { words: "ml component create", options: FILE, run: assets::create_component },
    Command { words: "ml component show", options: VERSIONED, run: assets::show_component },
    Command { words: "ml batch-endpoint create", options: FILE, run: endpoints::create },
    Command { words: "ml batch-endpoint show", options: NAMED, run: endpoints::show },
    Command { words: "ml batch-deployment create", options: DEPLOYMENT, run: endpoints::deploy },
    Command { words: "ml batch-deployment list", options: OF_ENDPOINT, run: endpoints::deployments },
    Command { words: "ml batch-deployment delete", options: OF_ENDPOINT, run: endpoints::undeploy },
    Command { words: "ml schedule create", options: FILE, run: endpoints::schedule },
    Command { words: "ml schedule list", options: SCOPE, run: endpoints::schedules },
    Command { words: "ml schedule disable", options: NAMED, run: endpoints::disable },
    Command { words: "ml job create", options: FILE, run: jobs::create },
    Command { words: "ml job show", options: NAMED, run: jobs::show },
    Command { words: "ml job list", options: JOBS, run: jobs::list },
    Command { words: "ml job cancel", options: NAMED, run: jobs::cancel },
    Command { words: "ml job download", options: DOWNLOAD, run: jobs::download },
    Command { words: "ml model show", options: VERSIONED, run: models::show },
    Command { words: "ml model list", options: NAMED, run: models::list },
    Command { words: "ml model update", options: UPDATE, run: models::update },
    Command { words: "ml model download", options: DOWNLOAD, run: models::download },
];

const SCOPE: &[&str] = &["resource-group", "workspace-name"];
const NAMED: &[&str] = &["resource-group", "workspace-name", "name"];
const VERSIONED: &[&str] = &["resource-group", "workspace-name", "name", "version", "label"];
const JOBS: &[&str] = &["resource-group", "workspace-name", "parent-job-name"];
const FILE: &[&str] = &["resource-group", "workspace-name", "file", "name", "version", "set"];
const DEPLOYMENT: &[&str] = &["resource-group", "workspace-name", "file", "set", "set-default"];
const OF_ENDPOINT: &[&str] = &["resource-group", "workspace-name", "endpoint-name", "name", "yes"];
const UPDATE: &[&str] = &["resource-group", "workspace-name", "name", "version", "set"];
const DOWNLOAD: &[&str] = &["resource-group", "workspace-name", "name", "version", "output-name", "download-path"];

impl Call<'_> {
    fn workspace(&self) -> Result<&str, Failure> {
        self.need("resource-group")?;
        self.need("workspace-name")
    }

    /// The name that is asked for, or that the file gives.
    fn name_of(&self, body: &Value) -> Result<String, Failure> {
        let own = body["name"].as_str().filter(|name| !name.is_empty());
        let name = self.arguments.one("name").or(own);
        name.map(str::to_owned).ok_or_else(|| Failure::usage("a name is needed: --name, or `name` in the file"))
    }

    /// Something of the workspace by kind and name.
    fn found(&self, kind: &str, name: &str) -> Result<Value, Failure> {
        let workspace = self.workspace()?;
        let found = self.store.read(|state| at(state, &["ml", workspace, kind, name]).cloned())?;
        found.ok_or_else(|| {
            Failure::missing(format!("(UserError) {kind} {name} was not found in workspace {workspace}."))
        })
    }

    fn all(&self, kind: &str) -> Result<Map<String, Value>, Failure> {
        let workspace = self.workspace()?;
        let found = self.store.read(|state| at(state, &["ml", workspace, kind]).and_then(Value::as_object).cloned())?;
        Ok(found.unwrap_or_default())
    }

    fn put(&self, kind: &str, name: &str, body: Value) -> Answer {
        let workspace = self.workspace()?;
        self.store.change(|state| {
            *slot(state, &["ml", workspace, kind, name]) = body.clone();
            Ok(body)
        })
    }

    /// A version of something: the one that is asked for, or the newest.
    fn version(&self, kind: &str, name: &str, version: Option<&str>) -> Result<Value, Failure> {
        let workspace = self.workspace()?;
        let versions =
            self.store.read(|state| at(state, &["ml", workspace, kind, name]).and_then(Value::as_object).cloned())?;
        let versions = versions.unwrap_or_default();
        let found = match version {
            Some(version) => versions.get(version).cloned(),
            None => versions.values().max_by_key(|body| body["made"].as_i64()).cloned(),
        };
        let shown = version.unwrap_or("latest");
        found.ok_or_else(|| {
            Failure::missing(format!("(UserError) {kind} {name}:{shown} was not found in workspace {workspace}."))
        })
    }

    /// Keeps a version, which cannot be written twice.
    fn put_version(&self, kind: &str, mut body: Value) -> Answer {
        let workspace = self.workspace()?;
        let (name, version) = (text(&body, "name"), text(&body, "version"));
        self.store.change(|state| {
            let made = slot(state, &["made"]);
            *made = json!(made.as_i64().unwrap_or(0) + 1);
            body["made"] = made.clone();
            let place = slot(state, &["ml", workspace, kind, &name, &version]);
            if !place.is_null() {
                return Err(Failure::refused(format!(
                    "(UserError) {kind} {name}:{version} exists already, and a version is written once."
                )));
            }
            *place = body.clone();
            Ok(body)
        })
    }
}

fn text(body: &Value, key: &str) -> String {
    match &body[key] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
