//! What starts runs by itself: a push, a pull request with build validation, an incoming webhook.

use azure_pipelines::yaml;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::definitions::file_text;
use super::queue::{Wanted, queue};
use crate::core::json::{items, shown, text, wildcard};
use crate::core::{Call, Event};
use crate::git::history::changes;
use crate::git::object::ObjectId;
use crate::state::repositories::{PullRequest, Push};
use crate::state::runs::Definition;

/// Starts what an event starts.
pub fn on(call: &mut Call<'_>, event: &Event) {
    match event {
        Event::Pushed { repository, push } => on_push(call, *repository, push),
        Event::PullRequest { repository, pull_request } => on_pull_request(call, *repository, pull_request),
    }
}

/// Starts the pipelines whose YAML at the pushed commit has a trigger for the branch and the changed paths.
fn on_push(call: &mut Call<'_>, repository: Uuid, push: &Push) {
    if !call.organization.settings.triggers || push.new.is_zero() || !push.reference.starts_with("refs/heads/") {
        return;
    }
    let own = &call.organization.repositories[&repository];
    let changed = changes(&own.objects.files_at(push.old), &own.objects.files_at(push.new));
    let paths: Vec<String> = changed.into_iter().map(|(path, _)| path).collect();
    for definition in definitions_of(call, repository) {
        let Some(root) = root_at(call, &definition, push.new) else { continue };
        if fires(root.get("trigger"), &push.reference, &paths) {
            start(call, &definition, push.reference.clone(), push.new, Map::new(), "individualCI");
        }
    }
}

/// Queues the build validations of a pull request's target.
fn on_pull_request(call: &mut Call<'_>, repository: Uuid, pull_request: &PullRequest) {
    let own = &call.organization.repositories[&repository];
    let (project, commit) = (own.project, own.refs.get(&pull_request.source).copied().unwrap_or_default());
    for id in call.organization.validations(project, repository, pull_request) {
        if let Some(definition) = call.organization.definitions.get(&id).cloned() {
            start(call, &definition, format!("refs/pull/{}/merge", pull_request.id), commit, Map::new(), "pullRequest");
        }
    }
}

/// Starts the pipelines that have the webhook as a resource; gives back the runs. A filter must match, and an event whose
/// payload is no mapping starts nothing.
pub fn on_webhook(call: &mut Call<'_>, webhook: &str, connection: &str, payload: &Value) -> Vec<Value> {
    let mut runs = Vec::new();
    for definition in call.organization.definitions.values().cloned().collect::<Vec<_>>() {
        let Some((branch, commit)) = super::queue::source(call.organization, &definition, None, None).ok() else {
            continue;
        };
        let Some(root) = root_at(call, &definition, commit) else { continue };
        let hooks = root.get("resources").map(|resources| items(resources, "webhooks")).unwrap_or_default();
        let hook = hooks.iter().find(|hook| {
            text(hook, "connection")
                .is_some_and(|own| own.eq_ignore_ascii_case(connection) || own.eq_ignore_ascii_case(webhook))
        });
        let Some(hook) = hook.filter(|_| payload.is_object()) else { continue };
        let passes = items(hook, "filters").iter().all(|filter| {
            let path = text(filter, "path").unwrap_or_default();
            let found = path.split('.').try_fold(payload, |value, key| value.get(key));
            found.is_some_and(|found| shown(found) == filter.get("value").map(shown).unwrap_or_default())
        });
        if !passes {
            continue;
        }
        let alias = text(hook, "webhook").unwrap_or(webhook).to_owned();
        let payloads = Map::from_iter([(alias, payload.clone())]);
        if let Some(id) = start(call, &definition, branch, commit, payloads, "resourceTrigger") {
            runs.push(json!({ "id": id, "pipelineId": definition.id }));
        }
    }
    runs
}

fn definitions_of(call: &Call<'_>, repository: Uuid) -> Vec<Definition> {
    call.organization.definitions.values().filter(|definition| definition.repository() == repository).cloned().collect()
}

fn root_at(call: &Call<'_>, definition: &Definition, commit: ObjectId) -> Option<Value> {
    let repository = call.organization.repositories.get(&definition.repository())?;
    let path = definition.yaml_path();
    Some(yaml::parse(&path, &file_text(repository, commit, &path)?).ok()?.to_json())
}

/// A run that does not compile or may not run is not started: nobody asked for it who could be told.
fn start(
    call: &mut Call<'_>,
    definition: &Definition,
    branch: String,
    commit: ObjectId,
    payloads: Map<String, Value>,
    reason: &str,
) -> Option<i64> {
    let wanted = Wanted {
        branch,
        commit,
        parameters: Map::new(),
        payloads,
        variables: Map::new(),
        skip: Vec::new(),
        yaml: None,
        reason: reason.to_owned(),
    };
    queue(call, definition.id, wanted).ok()
}

/// Whether a `trigger` fires for a branch and paths. Without one, every branch does.
fn fires(trigger: Option<&Value>, reference: &str, paths: &[String]) -> bool {
    let branch = reference.trim_start_matches("refs/heads/");
    match trigger {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) if text == "none" => false,
        Some(Value::String(name)) => wildcard(name, branch),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(|name| wildcard(name, branch)),
        Some(trigger) => {
            let branches = trigger.get("branches");
            let listed = |block: Option<&Value>, key: &str, test: &dyn Fn(&str) -> bool| {
                block.map(|block| items(block, key)).unwrap_or_default().iter().filter_map(Value::as_str).any(test)
            };
            let on_branch = |name: &str| wildcard(name.trim_start_matches("refs/heads/"), branch);
            let included = branches.is_none_or(|block| items(block, "include").is_empty())
                || listed(branches, "include", &on_branch);
            let block = trigger.get("paths");
            let under = |path: &str, pattern: &str| {
                let pattern = pattern.trim_matches('/');
                pattern.is_empty()
                    || path == pattern
                    || path.starts_with(&format!("{pattern}/"))
                    || wildcard(pattern, path)
            };
            let counts = paths.iter().any(|path| {
                let included = block.is_none_or(|block| items(block, "include").is_empty())
                    || listed(block, "include", &|pattern| under(path, pattern));
                included && !listed(block, "exclude", &|pattern| under(path, pattern))
            });
            included && !listed(branches, "exclude", &on_branch) && counts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_fire_for_their_branches_and_paths() {
        let paths = |list: &[&str]| list.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        let check = |trigger: Value, branch: &str, changed: &[&str]| {
            fires(Some(&trigger), &format!("refs/heads/{branch}"), &paths(changed))
        };
        assert!(fires(None, "refs/heads/x", &paths(&["a"])));
        assert!(!check(json!("none"), "main", &["a"]));
        assert!(check(json!(["main", "rel/*"]), "rel/1", &["a"]));
        assert!(!check(json!(["main"]), "dev", &["a"]));
        let block = json!({ "branches": { "include": ["main"], "exclude": ["main2"] }, "paths": { "include": ["src"], "exclude": ["src/docs"] } });
        assert!(check(block.clone(), "main", &["src/a"]));
        assert!(!check(block.clone(), "main", &["src/docs/a"]));
        assert!(!check(block.clone(), "main", &["other"]));
        assert!(!check(block, "main2", &["src/a"]));
    }
}
