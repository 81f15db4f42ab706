//! The areas of the service, one file each.

pub mod approvals;
pub mod artifacts;
pub mod builds;
pub mod checks;
pub mod definitions;
pub mod deployments;
pub mod endpoint_proxy;
pub mod environments;
pub mod follow;
pub mod graph;
pub mod identities;
pub mod items;
pub mod logs;
pub mod operations;
pub mod pipeline_permissions;
pub mod pipelines;
pub mod policies;
pub mod preview;
pub mod projects;
pub mod pull_requests;
pub mod pushes;
pub mod queues;
pub mod refs;
pub mod repositories;
pub mod runs;
pub mod security;
pub mod service_endpoints;
pub mod service_hooks;
pub mod stages;
pub mod test_runs;
pub mod timelines;
pub mod variable_groups;
pub mod variables;
pub mod yaml_schema;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::extra::Extra;
use crate::id::ProjectId;

/// A user or group, where another thing refers to it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IdentityRef {
    /// Its id; a GUID in all cases seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The name signed in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_name: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A project, where another thing refers to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProjectReference {
    /// The project.
    pub id: ProjectId,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ProjectReference {
    /// A project by id and name.
    pub fn new(id: ProjectId, name: impl Into<String>) -> Self {
        Self { id, name: Some(name.into()), extra: Extra::new() }
    }
}

/// A project in which a group or connection is known, and the name that it has there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SharedWith {
    /// The name in that project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The description in that project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The project.
    pub project_reference: ProjectReference,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Whether `actual` has everything that `wanted` has. The service adds fields of its own, writes numbers as strings
/// and the other way round, and changes the case of GUIDs.
pub(crate) fn covers(actual: &Value, wanted: &Value) -> bool {
    match (actual, wanted) {
        (Value::Object(actual), Value::Object(wanted)) => wanted.iter().all(|(key, wanted)| match actual.get(key) {
            Some(actual) => covers(actual, wanted),
            None => wanted.is_null(),
        }),
        (Value::Array(actual), Value::Array(wanted)) => {
            actual.len() == wanted.len() && actual.iter().zip(wanted).all(|(actual, wanted)| covers(actual, wanted))
        }
        (Value::String(a), Value::String(b)) => a.eq_ignore_ascii_case(b),
        (Value::String(text), other) | (other, Value::String(text)) => other.to_string().eq_ignore_ascii_case(text),
        (actual, wanted) => actual == wanted,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    #[test]
    fn every_area_has_an_example_that_compiles() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
        let mut without = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            // `variables` has values alone, which the examples of groups and runs use
            if path.extension().is_none() || ["mod.rs", "variables.rs"].iter().any(|name| path.ends_with(name)) {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let docs: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
            if !docs.contains(&"//! ```no_run") {
                without.push(path);
            }
        }
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn what_the_service_adds_is_no_difference_and_what_it_lacks_is() {
        assert!(covers(&json!({"a": 1, "b": [{"c": "X", "d": 2}]}), &json!({"a": "1", "b": [{"c": "x"}]})));
        assert!(covers(&json!({"a": "true"}), &json!({"a": true, "b": null})));
        assert!(!covers(&json!({"a": 1}), &json!({"a": 2})));
        assert!(!covers(&json!({"a": 1}), &json!({"b": 1})));
        assert!(!covers(&json!([1]), &json!([1, 2])));
    }
}
