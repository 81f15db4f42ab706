//! What the identities behind service connections, and those of scoring, may do before the first deployment:
//! [`given`](crate::artifacts::infra::given) says it, with reasons; here it becomes resources.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Target, guid, identity};
use crate::artifacts::infra::given::{At, Given, Holder, Role, given};
use crate::remote::desired::Wanted;
use crate::remote::later::Later;
use crate::remote::mark;
use crate::remote::resource::{Key, Kind, Resource};
use crate::verify::permissions::condition;

/// The assignments of all connections and of scoring.
pub fn desired(wanted: &Wanted<'_>, targets: &[Target<'_>]) -> Vec<Resource> {
    let mut all: Vec<Resource> = Vec::new();
    for one in given(wanted.project) {
        let new = resource(wanted, targets, &one);
        all.extend(new.filter(|new| !all.iter().any(|old| old.key == new.key)));
    }
    all
}

fn resource(wanted: &Wanted<'_>, targets: &[Target<'_>], given: &Given) -> Option<Resource> {
    let (holder, key) = match &given.holder {
        Holder::Connection(name) => (name.clone(), identity::key(name)),
        Holder::Workload(name) => (identity::workload_key(name), identity::key(&identity::workload_key(name))),
    };
    let scope = match &given.at {
        At::Group(site) => {
            let target = targets.get(*site)?;
            Scope { id: target.group_id(), name: target.place.resource_group.as_str(), key: target.group_key() }
        }
        At::Identity(site, name) => {
            let key = identity::key(&identity::workload_key(name));
            Scope { id: identity::workload_id(targets.get(*site)?, name), name, key }
        }
    };
    // One connection may serve two places; it may give what either of them needs.
    let condition = given.limited.then(|| {
        let served = targets.iter().filter(|target| target.connection.as_str().eq_ignore_ascii_case(&holder));
        condition::only(&served.flat_map(|target| granted(wanted, target)).collect())
    });
    Some(assignment(wanted, &holder, key, given.role, scope, condition))
}

/// Where a role is given.
struct Scope<'a> {
    id: String,
    name: &'a str,
    key: Key,
}

/// The name of an assignment: the same for the same connection, role and scope.
pub fn name(project: &str, connection: &str, role: Role, scope: &str) -> String {
    guid(&["role-assignment", project, connection, role.id, &scope.to_lowercase()])
}

fn assignment(
    wanted: &Wanted<'_>,
    holder: &str,
    identity: Key,
    role: Role,
    scope: Scope<'_>,
    condition: Option<String>,
) -> Resource {
    let key = format!("{holder}/{}@{}", role.name, scope.name);
    let project = &wanted.project.name;
    let mut resource = Resource::new(Kind::RoleAssignment, key)
        .field("name", name(project.as_str(), holder, role, &scope.id))
        .field("role", role.name)
        .field("scope", scope.id)
        .field("principalId", Later::fact(identity.clone(), "principalId"))
        .field("description", mark::put("what the pipelines of this service connection do", project))
        .fixed(&["name", "role", "scope", "principalId"])
        .needs(identity)
        .needs(scope.key);
    if let Some(condition) = condition {
        resource = resource.field("condition", condition);
    }
    resource
}

/// Ids of the roles that the template of a place gives.
fn granted(wanted: &Wanted<'_>, target: &Target<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Some(template) = template(wanted, target) {
        roles_of(&template, &mut found);
    }
    found
}

fn template(wanted: &Wanted<'_>, target: &Target<'_>) -> Option<Value> {
    let file = wanted.tree.get(&format!("{}/main.json", target.folder))?;
    serde_json::from_slice(&file.bytes).ok()
}

/// The role definitions of a template's assignments, nested templates included. Other GUIDs (an application's, a
/// tenant's) are no roles.
fn roles_of(template: &Value, found: &mut BTreeSet<String>) {
    let resources: Vec<&Value> = match &template["resources"] {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    for resource in resources {
        if let Some(inner) = resource.pointer("/properties/template") {
            roles_of(inner, found);
        }
        let kind = resource["type"].as_str().unwrap_or_default();
        if kind.eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments")
            && let Some(definition) = resource.pointer("/properties/roleDefinitionId").and_then(Value::as_str)
        {
            guids(definition, &template["variables"], found);
        }
    }
}

/// Every GUID that an expression can mean, by itself and through variables.
fn guids(expression: &str, variables: &Value, found: &mut BTreeSet<String>) {
    let pieces = expression.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|piece| piece.len() == 36);
    found.extend(pieces.filter(|piece| uuid::Uuid::parse_str(piece).is_ok()).map(str::to_lowercase));
    for rest in expression.split("variables('").skip(1) {
        let Some((name, after)) = rest.split_once("')") else { continue };
        let property: String =
            after.strip_prefix('.').unwrap_or_default().chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        let value = if property.is_empty() { &variables[name] } else { &variables[name][&property] };
        texts(value, &mut |text| guids(text, variables, found));
    }
}

/// Calls `act` with every text inside `value`.
fn texts(value: &Value, act: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => act(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, act)),
        Value::Object(map) => map.values().for_each(|item| texts(item, act)),
        _ => {}
    }
}

/// The key of the assignment of `role` on the group of `at` to a connection.
pub fn key(connection: &str, role: Role, group: &str) -> Key {
    Key::new(Kind::RoleAssignment, format!("{connection}/{}@{group}", role.name))
}
