//! What a sandbox's Azure holds, for people to look at: models, drift, endpoints, as parts of a page.

mod drift;
mod endpoints;
mod models;
#[cfg(test)]
mod tests;

pub use drift::drift;
pub use endpoints::{Endpoint, Reply, endpoints};
pub use models::models;

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

/// The entries of an object; none of anything else.
fn each(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The text of a value; what is no text as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a job left in a file of one of its outputs, if it is there and JSON.
fn left(job: &Value, output: &str, file: &str) -> Option<Value> {
    let folder = job["output_folders"][output].as_str()?;
    // a pipeline's component may leave it in a folder of its own
    let path = Path::new(folder).join(file);
    let text = fs::read_to_string(path).ok()?;
    serde_json::from_str(&text).ok()
}

/// Jobs of all workspaces that left a file, the oldest first: workspace, name, what is in the file, the job itself.
fn jobs_with<'a>(state: &'a Value, output: &str, file: &str) -> Vec<(&'a String, &'a String, Value, &'a Value)> {
    let mut found = Vec::new();
    for (workspace, content) in each(&state["ml"]) {
        for (name, job) in each(&content["jobs"]) {
            found.extend(left(job, output, file).map(|left| (workspace, name, left, job)));
        }
    }
    found
}

/// Numbers by name, of an object; what is no number is left out.
fn numbers(value: &Value) -> Map<String, Value> {
    each(value).filter(|(_, value)| value.is_number()).map(|(name, value)| (name.clone(), value.clone())).collect()
}
