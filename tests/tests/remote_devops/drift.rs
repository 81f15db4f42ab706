//! Changes that somebody makes by hand on the server, one for each field that a spec sets.

use devops_emulator::Organization;
use devops_emulator::areas::permissions::Permissions;
use mlops_gen::remote::mark;
use mlops_gen::remote::resource::{Kind, Resource};
use serde_json::{Value, json};

use crate::remote_devops::world::World;

/// Changes `field` of a thing on the server to something else.
pub fn change(world: &World, thing: &Resource, field: &str) {
    let known = world.target.site.known(&thing.key).expect("the thing was observed");
    let mark = mark::of(&world.target.site.project.name);
    let id = known.id.as_str();
    world.change(|state| match thing.key.kind {
        Kind::ServiceConnection => {
            let endpoint = state.endpoints.get_mut(&id.parse().unwrap()).unwrap();
            other(&mut endpoint.body, field, &mark);
        }
        Kind::VariableGroup => group(state, id.parse().unwrap(), field, &mark),
        Kind::Environment => {
            assert_eq!(field, "description");
            state.environments.get_mut(&id.parse().unwrap()).unwrap().description = format!("other {mark}");
        }
        Kind::Check => check(state, id.parse().unwrap(), field, &mark),
        Kind::Pipeline => pipeline(state, id.parse().unwrap(), field, &mark),
        Kind::Permission => permission(state, thing, id, field),
        kind => panic!("no test changes a {}", kind.as_str()),
    });
}

/// Puts another value at a dotted name; a description keeps its mark.
fn other(body: &mut Value, field: &str, mark: &str) {
    let pointer = format!("/{}", field.replace('.', "/"));
    let value = body.pointer_mut(&pointer).unwrap_or_else(|| panic!("{field} is on the server"));
    *value = match value {
        Value::String(_) if ["description", "instructions"].contains(&field) => json!(format!("other {mark}")),
        Value::String(text) => json!(format!("{text}x")),
        Value::Number(number) => json!(number.as_u64().unwrap() + 7),
        Value::Bool(flag) => json!(!*flag),
        value => panic!("{field} is {value}"),
    };
}

fn group(state: &mut Organization, id: i64, field: &str, mark: &str) {
    // A connection of somebody else's, which a group may be led to by hand.
    let endpoints: Vec<_> = state.endpoints.keys().copied().collect();
    let group = state.groups.get_mut(&id).unwrap();
    match field {
        "description" => group.description = format!("other {mark}"),
        "type" if group.kind == "Vsts" => group.kind = "AzureKeyVault".to_owned(),
        "type" => group.kind = "Vsts".to_owned(),
        "providerData.vault" => group.provider_data["vault"] = json!("other"),
        "providerData.serviceEndpoint" => {
            let now = group.provider_data["serviceEndpointId"].as_str().unwrap().to_owned();
            let other = endpoints.iter().map(ToString::to_string).find(|id| *id != now).unwrap();
            group.provider_data["serviceEndpointId"] = json!(other);
        }
        field => {
            let name = field.strip_prefix("variables.").unwrap();
            match group.kind.as_str() {
                "Vsts" => group.variables[name] = json!({ "value": "other" }),
                _ => drop(group.variables.remove(name).unwrap()),
            }
        }
    }
}

fn check(state: &mut Organization, id: i64, field: &str, mark: &str) {
    let somebody = state.add_identity("Somebody", "somebody@contoso.example", false);
    let check = state.checks.get_mut(&id).unwrap();
    match field {
        "isDisabled" => check.disabled = true,
        "timeout" => check.timeout += 1,
        "approvers" => {
            let mut other = check.settings["approvers"][0].clone();
            other["id"] = json!(somebody);
            other["displayName"] = json!("Somebody");
            other["uniqueName"] = json!("somebody@contoso.example");
            check.settings["approvers"].as_array_mut().unwrap().push(other);
        }
        field => other(&mut check.settings, field, mark),
    }
}

fn pipeline(state: &mut Organization, id: i64, field: &str, mark: &str) {
    let project = state.definitions[&id].project;
    let repository = state.find_repository(project, "elsewhere").map(|repository| repository.id);
    let queue = state.queues.values().find(|queue| queue.project == project && queue.name == "Azure Pipelines");
    let queue = queue.map(|queue| queue.id);
    let body = &mut state.definitions.get_mut(&id).unwrap().revisions.last_mut().unwrap().body;
    match field {
        "repository.name" => {
            body["repository"]["id"] = json!(repository.expect("there is another repository"));
            body["repository"]["name"] = json!("elsewhere");
        }
        "queue.name" => body["queue"]["id"] = json!(queue),
        "triggers" => {
            let schedule = json!({ "triggerType": "schedule", "schedules": [{ "startHours": 3 }] });
            body["triggers"].as_array_mut().unwrap().push(schedule);
        }
        field => other(body, field, mark),
    }
}

/// Lets a pipeline of somebody else use a thing, or all of them.
fn permission(state: &mut Organization, thing: &Resource, id: &str, field: &str) {
    let foreign = state.definitions.values().find(|definition| definition.name() == "foreign").unwrap();
    let (pipeline, project) = (foreign.id, foreign.project);
    let kind = thing.key.name.split('/').next().unwrap();
    let kind = match kind {
        "service-connection" => "endpoint",
        "variable-group" => "variablegroup",
        kind => kind,
    };
    let by = state.identities[0].id;
    let on = state.definitions[&pipeline].revisions[0].on;
    let is_it = |entry: &Permissions| entry.kind == kind && entry.id.eq_ignore_ascii_case(id);
    if !state.permissions.iter().any(is_it) {
        let none = Permissions { project, kind: kind.to_owned(), id: id.to_owned(), all: false, pipelines: Vec::new() };
        state.permissions.push(none);
    }
    let entry = state.permissions.iter_mut().find(|entry| is_it(entry)).unwrap();
    match (field, kind) {
        ("allPipelines", _) => entry.all = true,
        // Of a queue, which is not ours, only the lack of our own pipelines is drift.
        ("pipelines", "queue") => drop(entry.pipelines.remove(0)),
        ("pipelines", _) => entry.pipelines.push((pipeline, by, on)),
        (field, _) => panic!("no test changes {field} of a permission"),
    }
}
