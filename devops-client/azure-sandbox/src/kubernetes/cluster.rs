//! The objects of a cluster.

use std::path::Path;

use serde_json::{Value, json};

use crate::store::{Store, at, slot};

/// A cluster, by the name that its kubeconfig has.
#[derive(Clone, Debug)]
pub(super) struct Cluster<'a> {
    pub store: &'a Store,
    pub name: String,
}

/// The content of a kubeconfig for a cluster.
pub(crate) fn kubeconfig(cluster: &str) -> String {
    json!({ "apiVersion": "v1", "kind": "Config", "current-context": cluster }).to_string() + "\n"
}

impl<'a> Cluster<'a> {
    /// The one that a kubeconfig names.
    pub fn of(store: &'a Store, kubeconfig: Option<&Path>) -> Result<Self, String> {
        let path = kubeconfig.ok_or("there is no kubeconfig: KUBECONFIG is not set")?;
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let body: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        match body["current-context"].as_str() {
            Some(name) => Ok(Self { store, name: name.to_owned() }),
            None => Err(format!("{} names no cluster", path.display())),
        }
    }

    fn path<'b>(&'b self, rest: &[&'b str]) -> Vec<&'b str> {
        ["clusters", self.name.as_str()].into_iter().chain(rest.iter().copied()).collect()
    }

    /// An object by kind, namespace and name.
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Result<Option<Value>, String> {
        let kind = kind.to_lowercase();
        let path = self.path(&[&kind, namespace, name]);
        self.store.read(|state| at(state, &path).cloned())
    }

    /// Every object of a kind in a namespace.
    pub fn all(&self, kind: &str, namespace: &str) -> Result<Vec<Value>, String> {
        let path = self.path(&[kind, namespace]);
        let found = self.store.read(|state| at(state, &path).and_then(Value::as_object).cloned())?;
        Ok(found.unwrap_or_default().into_iter().map(|(_, object)| object).collect())
    }

    pub fn put(&self, kind: &str, namespace: &str, name: &str, object: Value) -> Result<(), String> {
        self.change(kind, namespace, name, |place| *place = object)
    }

    pub fn change<T>(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value) -> T,
    ) -> Result<T, String> {
        let kind = kind.to_lowercase();
        let path = self.path(&[&kind, namespace, name]);
        self.store.change(|state| Ok::<T, String>(change(slot(state, &path))))
    }

    /// Takes an object away; false if it was not there.
    pub fn remove(&self, kind: &str, namespace: &str, name: &str) -> Result<bool, String> {
        let kind = kind.to_lowercase();
        let path = self.path(&[&kind, namespace]);
        self.store.change(|state| {
            let gone = slot(state, &path).as_object_mut().and_then(|all| all.remove(name));
            Ok::<bool, String>(gone.is_some_and(|object| !object.is_null()))
        })
    }
}

/// Whether labels have all of a selector's.
pub(super) fn selects(selector: &Value, labels: &Value) -> bool {
    selector
        .as_object()
        .is_some_and(|wanted| !wanted.is_empty() && wanted.iter().all(|(key, value)| &labels[key] == value))
}
