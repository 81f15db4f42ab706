//! What a workspace keeps, by kind, name and version.

use serde_json::{Map, Value, json};

use super::super::call::{Answer, Call};
use super::super::failure::Failure;
use crate::store::{at, slot};

impl Call<'_> {
    pub(super) fn workspace(&self) -> Result<&str, Failure> {
        self.need("resource-group")?;
        self.need("workspace-name")
    }

    /// The name that is asked for, or that the file gives.
    pub(super) fn name_of(&self, body: &Value) -> Result<String, Failure> {
        let own = body["name"].as_str().filter(|name| !name.is_empty());
        let name = self.arguments.one("name").or(own);
        name.map(str::to_owned).ok_or_else(|| Failure::usage("a name is needed: --name, or `name` in the file"))
    }

    /// Something of the workspace by kind and name.
    pub(super) fn found(&self, kind: &str, name: &str) -> Result<Value, Failure> {
        let workspace = self.workspace()?;
        let found = self.store.read(|state| at(state, &["ml", workspace, kind, name]).cloned())?;
        found.ok_or_else(|| {
            Failure::missing(format!("(UserError) {kind} {name} was not found in workspace {workspace}."))
        })
    }

    pub(super) fn all(&self, kind: &str) -> Result<Map<String, Value>, Failure> {
        let workspace = self.workspace()?;
        let found = self.store.read(|state| at(state, &["ml", workspace, kind]).and_then(Value::as_object).cloned())?;
        Ok(found.unwrap_or_default())
    }

    pub(super) fn put(&self, kind: &str, name: &str, body: Value) -> Answer {
        let workspace = self.workspace()?;
        self.store.change(|state| {
            *slot(state, &["ml", workspace, kind, name]) = body.clone();
            Ok(body)
        })
    }

    /// A version of something: the one that is asked for, or the newest.
    pub(super) fn version(&self, kind: &str, name: &str, version: Option<&str>) -> Result<Value, Failure> {
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
    pub(super) fn put_version(&self, kind: &str, mut body: Value) -> Answer {
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

/// A member as text.
pub(super) fn text(body: &Value, key: &str) -> String {
    match &body[key] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
