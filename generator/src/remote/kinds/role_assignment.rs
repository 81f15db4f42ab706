//! What the identities behind service connections, and those of scoring, may do before the first deployment:
//! [`given`](crate::artifacts::infra::given) says it, with reasons; here it becomes resources.

use std::collections::BTreeSet;

use serde_json::Value;

use super::field::{FieldError, FieldValue, Text, Typed, fields, get};
use super::identity::{self, PRINCIPAL_ID};
use crate::artifacts::infra::given::{At, Given, Holder, Role, given};
use crate::remote::desired::Wanted;
use crate::remote::desired::azure::{Target, guid};
use crate::remote::later::Later;
use crate::remote::mark;
use crate::remote::resource::{Fields, Key, Kind, Resource};
use crate::verify::permissions::condition;

const NAME: &str = "name";
const ROLE: &str = "role";
const SCOPE: &str = "scope";
const PRINCIPAL: &str = "principalId";
const DESCRIPTION: &str = "description";
const CONDITION: &str = "condition";

/// A role assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleAssignment<V = String> {
    /// Its name, a GUID.
    pub name: String,
    /// Name of the role; of one that the tool does not give, its GUID.
    pub role: String,
    /// Id of what the role is given on.
    pub scope: String,
    /// Object id of whom it is given to.
    pub principal: V,
    /// Its description with the mark.
    pub description: V,
    /// What limits it.
    pub condition: Option<String>,
}

impl<V: FieldValue> Typed for RoleAssignment<V> {
    fn to_fields(&self) -> Fields {
        fields([
            (NAME, self.name.to_value()),
            (ROLE, self.role.to_value()),
            (SCOPE, self.scope.to_value()),
            (PRINCIPAL, self.principal.to_value()),
            (DESCRIPTION, self.description.to_value()),
            (CONDITION, self.condition.to_value()),
        ])
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self {
            name: get(fields, NAME)?,
            role: get(fields, ROLE)?,
            scope: get(fields, SCOPE)?,
            principal: get(fields, PRINCIPAL)?,
            description: get(fields, DESCRIPTION)?,
            condition: get(fields, CONDITION)?,
        })
    }
}

/// The assignments of all connections and of scoring.
pub(crate) fn desired(wanted: &Wanted<'_>, targets: &[Target<'_>]) -> Vec<Resource> {
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
    let assignment = RoleAssignment {
        name: name(project.as_str(), holder, role, &scope.id),
        role: role.name.to_owned(),
        scope: scope.id,
        principal: Text::Later(Later::Fact { of: identity.clone(), fact: PRINCIPAL_ID.to_owned() }),
        description: mark::put("what the pipelines of this service connection do", project).into(),
        condition,
    };
    Resource::new(Kind::RoleAssignment, key)
        .with(&assignment.to_fields())
        .fixed(&[NAME, ROLE, SCOPE, PRINCIPAL])
        .needs(identity)
        .needs(scope.key)
}

// Invariant: a connection may give only the roles that the templates give
// (test: roles_are_those_that_the_pipelines_need_and_limited_to_what_the_templates_give).
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
