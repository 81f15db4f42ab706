//! What deployments would change, asked of Azure while a plan is made: validation, then what-if.
//!
//! Lines name resources and properties, never values: a parameter may have put a secret into one of them.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::Value;

use super::azure::{RESOURCES, arm};
use super::deployment::{body, path};
use super::error::RemoteError;
use super::site::Site;
use crate::edge::azure::error::ArmError;
use crate::remote::plan::{Action, RemotePlan};
use crate::remote::resource::{Key, Kind, Resource};
use crate::spec::{counted, verb_of};

/// Most lines about one deployment.
const LINES: usize = 200;

/// For each deployment of `plan` that is to be made or changed, what Azure says would happen, as lines without sign
/// and without values. A refusal is a line too: `apply` would meet it, and the plan is where it should be seen.
pub async fn what_if(at: &Site, desired: &[Resource], plan: &RemotePlan) -> BTreeMap<Key, Vec<String>> {
    let changed = |key: &Key| {
        let step = plan.changes().find(|step| step.key == *key);
        step.is_some_and(|step| {
            matches!(step.action, Action::Create | Action::Update | Action::Adopt | Action::Replace)
        })
    };
    let deployments = desired.iter().filter(|resource| resource.key.kind == Kind::Deployment && changed(&resource.key));
    let ask = async |resource: &Resource| {
        let needs_group = resource.needs.iter().find(|key| key.kind == Kind::ResourceGroup);
        let lines = match needs_group.filter(|group| at.known(group).is_none()) {
            Some(group) => vec![format!("{group} is not there yet: Azure is asked once it is made")],
            None => match asked(at, resource).await {
                Ok(lines) => lines,
                Err(error) => vec![format!("Azure would refuse: {}; {}", error.why, error.next)],
            },
        };
        (resource.key.clone(), lines)
    };
    join_all(deployments.map(ask)).await.into_iter().collect()
}

async fn asked(at: &Site, resource: &Resource) -> Result<Vec<String>, RemoteError> {
    let arm = arm(at, "preview", Some(&resource.key))?;
    let failed = |error: ArmError| {
        let next = error.next_step();
        RemoteError::new("preview", &resource.key, error, next)
    };
    let (path, body) = (path(resource)?, body(at, resource)?);
    arm.post(&path.clone().then("validate"), RESOURCES, &body).await.map_err(failed)?;
    let result = arm.post(&path.then("whatIf"), RESOURCES, &body).await.map_err(failed)?;
    if let Some(error) = result.get("error").filter(|error| error.is_object()) {
        return Err(failed(ArmError::of(200, error, "what-if")));
    }
    let found = result["properties"].get("changes").or_else(|| result.get("changes")).cloned().unwrap_or_default();
    Ok(told(found.as_array().map(Vec::as_slice).unwrap_or_default()))
}

// Invariant: what Azure says would change is shown without values (test: changes_are_told_without_values).
/// The changes of a what-if as lines: a sign, the resource below its group, and the properties that differ.
fn told(changes: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut same = 0;
    for change in changes {
        let sign = match change["changeType"].as_str().unwrap_or_default() {
            "Create" => "+",
            "Modify" => "~",
            "Delete" => "-",
            "Deploy" | "Unsupported" => "?",
            _ => {
                same += 1;
                continue;
            }
        };
        lines.push(format!("{sign} {}", short(change["resourceId"].as_str().unwrap_or_default())));
        if sign == "~" {
            let mut paths = Vec::new();
            properties(&change["delta"], "", &mut paths, 0);
            lines.extend(paths.into_iter().map(|path| format!("    {path}")));
        }
    }
    if lines.len() > LINES {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("and {} more", counted(more, "line")));
    }
    if same > 0 {
        lines.push(format!("{} {}", counted(same, "resource"), verb_of(same, "stays as it is", "stay as they are")));
    }
    lines
}

/// Dotted paths of the properties that differ.
fn properties(delta: &Value, above: &str, paths: &mut Vec<String>, depth: usize) {
    for change in delta.as_array().into_iter().flatten() {
        let name = change["path"].as_str().unwrap_or_default();
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
        match change.get("children").and_then(Value::as_array).filter(|children| !children.is_empty()) {
            Some(_) if depth < 20 => properties(&change["children"], &path, paths, depth + 1),
            _ => paths.push(path),
        }
    }
}

/// An id without subscription; in its own group, without that too.
fn short(id: &str) -> String {
    let text = id.split('/').skip(4).collect::<Vec<_>>().join("/");
    let text = text.split_once("providers/").map_or(text.as_str(), |(_, rest)| rest);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_told_without_values() {
        let id = |name: &str| format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/{name}");
        let changes = json!([
            { "resourceId": id("new"), "changeType": "Create", "after": { "properties": { "key": "planted-secret" } } },
            { "resourceId": id("old"), "changeType": "Modify", "delta": [
                { "path": "properties", "propertyChangeType": "Modify", "children": [
                    { "path": "sku", "propertyChangeType": "Modify", "before": "planted-secret", "after": "planted-secret-2" },
                ] },
                { "path": "tags.team", "propertyChangeType": "Create", "after": "planted-secret" },
            ] },
            { "resourceId": id("same"), "changeType": "NoChange" },
            { "resourceId": id("kept"), "changeType": "Ignore" },
        ]);
        assert_eq!(
            told(changes.as_array().unwrap()),
            [
                "+ Microsoft.KeyVault/vaults/new",
                "~ Microsoft.KeyVault/vaults/old",
                "    properties.sku",
                "    tags.team",
                "2 resources stay as they are"
            ]
        );
    }
}
