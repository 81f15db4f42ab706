//! What an organization holds, without what differs from run to run: ids, times, hashes.

use std::collections::BTreeMap;

use devops_emulator::Organization;
use serde_json::Value;

/// Parts of the state that say nothing about what was made.
const LEFT_OUT: [&str; 10] =
    ["ids", "id", "counters", "operations", "identities", "settings", "vaults", "scripted", "tenant", "builds"];

/// Everything that is there, in a form that can be compared: the same things give the same value, and a thing that is
/// there twice is there twice.
pub fn snapshot(organization: &Organization) -> Value {
    let mut state = organization.print().unwrap();
    let map = state.as_object_mut().unwrap();
    LEFT_OUT.iter().for_each(|name| drop(map.remove(*name)));
    let repositories = organization.repositories.values().filter(|repository| repository.deleted.is_none());
    let files: Vec<Value> = repositories
        .map(|repository| {
            let branches: Vec<&String> = repository.refs.keys().collect();
            let pushes =
                repository.pushes.iter().filter(|push| !format!("{push:?}").contains("mlops-gen/lock")).count();
            let requests = repository.pull_requests.len();
            serde_json::json!({
                "name": repository.name, "default": repository.default_branch, "branches": branches, "pushes": pushes,
                "pullRequests": requests,
            })
        })
        .collect();
    map.insert("repositories".to_owned(), files.into());
    map.insert("permissions".to_owned(), permissions(organization).into());
    let names = names(organization);
    plain(state, &names)
}

/// Which pipelines may use what, by name.
fn permissions(organization: &Organization) -> Vec<Value> {
    let group = |id: &str| organization.groups.get(&id.parse().ok()?).map(|group| group.name.clone());
    let environment = |id: &str| organization.environments.get(&id.parse().ok()?).map(|found| found.name.clone());
    let named = organization.permissions.iter().filter(|given| given.all || !given.pipelines.is_empty()).map(|given| {
        let resource = match given.kind.as_str() {
            "variablegroup" => group(&given.id),
            "environment" => environment(&given.id),
            _ => None,
        };
        let pipeline =
            |id: &i64| organization.definitions.get(id).map_or("gone", |pipeline| pipeline.name()).to_owned();
        let pipelines: Vec<String> = given.pipelines.iter().map(|(id, ..)| pipeline(id)).collect();
        let resource = resource.unwrap_or_else(|| given.id.clone());
        serde_json::json!({ "kind": given.kind, "resource": resource, "all": given.all, "pipelines": pipelines })
    });
    named.collect()
}

/// Ids and the names of what they stand for.
fn names(organization: &Organization) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let mut put = |id: String, name: &str| drop(names.insert(id, format!("<{name}>")));
    organization.projects.iter().for_each(|(id, project)| put(id.to_string(), &project.name));
    organization.repositories.iter().for_each(|(id, repository)| put(id.to_string(), &repository.name));
    organization.endpoints.iter().for_each(|(id, endpoint)| put(id.to_string(), endpoint.name()));
    names
}

/// `value` with ids, times and hashes made plain, and lists and maps by id in order of their content.
pub fn plain(value: Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Object(map) => {
            let by_id = !map.is_empty() && map.keys().all(|key| is_id(key));
            let plain = |(key, value): (String, Value)| {
                let value =
                    if is_number_of_a_thing(&key) && is_numeric(&value) { "#".into() } else { plain(value, names) };
                (names.get(&key).cloned().unwrap_or(key), value)
            };
            if by_id {
                return ordered(map.into_iter().map(plain).map(|(_, value)| value).collect());
            }
            let mut fields: Vec<(String, Value)> = map.into_iter().map(plain).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(list) => ordered(list.into_iter().map(|value| plain(value, names)).collect()),
        Value::String(text) => Value::String(match names.get(&text) {
            Some(name) => name.clone(),
            None if is_id(&text) && text.len() > 3 || text.parse::<jiff::Timestamp>().is_ok() => "#".to_owned(),
            None => without_ids(&text),
        }),
        other => other,
    }
}

fn ordered(mut list: Vec<Value>) -> Value {
    list.sort_by_cached_key(Value::to_string);
    Value::Array(list)
}

/// `text` without the ids in it, and without the port of the emulator, which is another one each time.
fn without_ids(text: &str) -> String {
    const HOST: &str = "http://127.0.0.1:";
    let text = match text.split_once(HOST) {
        Some((before, after)) => [before, HOST, after.trim_start_matches(|c: char| c.is_ascii_digit())].concat(),
        None => text.to_owned(),
    };
    let plain = |part: &str| if part.len() > 3 && is_id(part) { "#".to_owned() } else { part.to_owned() };
    text.split('/').map(plain).collect::<Vec<_>>().join("/")
}

fn is_numeric(value: &Value) -> bool {
    value.is_number() || value.as_str().is_some_and(|text| text.parse::<u64>().is_ok())
}

/// A GUID, a number, or a git id.
fn is_id(text: &str) -> bool {
    let hex = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
    (text.len() == 36 && text.split('-').all(hex)) || (text.len() == 40 && hex(text)) || text.parse::<u64>().is_ok()
}

/// Whether a number under this key is one that the service has given away.
fn is_number_of_a_thing(key: &str) -> bool {
    let key = key.to_lowercase();
    key == "id" || key.ends_with("id") || key == "revision" || key == "version" || key == "resource"
}

/// The first difference between two snapshots, for a message.
pub fn difference(a: &Value, b: &Value) -> Option<String> {
    fn walk(path: &str, a: &Value, b: &Value) -> Option<String> {
        match (a, b) {
            (Value::Object(x), Value::Object(y)) => {
                let keys: std::collections::BTreeSet<&String> = x.keys().chain(y.keys()).collect();
                keys.into_iter().find_map(|key| {
                    walk(
                        &format!("{path}/{key}"),
                        x.get(key).unwrap_or(&Value::Null),
                        y.get(key).unwrap_or(&Value::Null),
                    )
                })
            }
            (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
                x.iter().zip(y).enumerate().find_map(|(n, (x, y))| walk(&format!("{path}/{n}"), x, y))
            }
            _ if a == b => None,
            _ => Some(format!("{path}: {a} is not {b}")),
        }
    }
    walk("", a, b)
}
