//! What the identities behind service connections may do: what the rendered pipelines do, on the groups where they do it.
//!
//! | role | scope | what for |
//! |---|---|---|
//! | Contributor | own group | deployments, `az container`, `az ml`, images, clusters |
//! | Role Based Access Control Administrator, for the roles that the templates give and no other | own group | the role assignments in the templates |
//! | Key Vault Secrets Officer | own group | `ensure-scoring-key.sh`; variable groups that read the vault |
//! | Storage Blob Data Contributor | platform | `publish-training.sh` uploads data, `report-retrain.sh` downloads outputs |
//! | Azure Kubernetes Service RBAC Cluster Admin | group of an environment with a cluster | `prepare-namespace.sh` and what follows |
//! | Contributor and the limited administrator | platform, for environments whose template has modules there | `registry-pull.bicep` and the like |
//!
//! Scopes are groups, not the resources in them: the resources do not exist yet, and the templates give some of the same
//! roles on single resources, under names of their own.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Target, guid, homes, identity, same};
use crate::project::environment::Target as Runs;
use crate::remote::desired::Wanted;
use crate::remote::later::Later;
use crate::remote::mark;
use crate::remote::resource::{Key, Kind, Resource};

/// A built-in role of Azure: Microsoft Learn, "Azure built-in roles".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: &'static str,
    /// Its id, the same in every tenant.
    pub id: &'static str,
}

/// Manages resources, grants nothing.
pub const CONTRIBUTOR: Role = Role { name: "Contributor", id: "b24988ac-6180-42a0-ab88-20f7382dd24c" };
/// Grants roles; here limited by a condition.
pub const ACCESS_ADMINISTRATOR: Role =
    Role { name: "Role Based Access Control Administrator", id: "f58310d9-a9f6-439a-9e8d-f62e7b41a168" };
/// Reads and writes secrets.
pub const SECRETS_OFFICER: Role =
    Role { name: "Key Vault Secrets Officer", id: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7" };
/// Reads and writes blobs.
pub const BLOB_CONTRIBUTOR: Role =
    Role { name: "Storage Blob Data Contributor", id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe" };
/// Does everything inside clusters.
pub const CLUSTER_ADMIN: Role =
    Role { name: "Azure Kubernetes Service RBAC Cluster Admin", id: "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b" };

/// All roles that service connections may get.
pub const ROLES: [Role; 5] = [CONTRIBUTOR, ACCESS_ADMINISTRATOR, SECRETS_OFFICER, BLOB_CONTRIBUTOR, CLUSTER_ADMIN];

/// The assignments of all connections.
pub fn desired(wanted: &Wanted<'_>, targets: &[Target<'_>]) -> Vec<Resource> {
    let Some((platform, _)) = targets.split_first() else { return Vec::new() };
    let mut all: Vec<Resource> = Vec::new();
    for target in targets {
        let mut roles = vec![(CONTRIBUTOR, target), (ACCESS_ADMINISTRATOR, target), (SECRETS_OFFICER, target)];
        match target.environment {
            None => roles.push((BLOB_CONTRIBUTOR, target)),
            Some(environment) => {
                if matches!(environment.target, Runs::Kubernetes(_) | Runs::KubernetesEndpoint { .. }) {
                    roles.push((CLUSTER_ADMIN, target));
                }
                if deploys_into_platform(wanted, target) {
                    roles.extend([(CONTRIBUTOR, platform), (ACCESS_ADMINISTRATOR, platform)]);
                }
            }
        }
        // one connection may serve two places; it may give what either of them needs
        let home = homes(targets).into_iter().find(|home| same(home.connection, target.connection)).unwrap_or(target);
        let served = targets.iter().filter(|other| same(other.connection, target.connection));
        let granted: BTreeSet<String> = served.flat_map(|other| granted(wanted, other)).collect();
        for (role, at) in roles {
            let condition = (role == ACCESS_ADMINISTRATOR).then(|| condition(&granted));
            let new = assignment(wanted, home.connection.as_str(), role, at, condition);
            if !all.iter().any(|old| old.key == new.key) {
                all.push(new);
            }
        }
    }
    all
}

/// The name of an assignment: the same for the same connection, role and scope.
pub fn name(project: &str, connection: &str, role: Role, scope: &str) -> String {
    guid(&["role-assignment", project, connection, role.id, &scope.to_lowercase()])
}

fn assignment(
    wanted: &Wanted<'_>,
    connection: &str,
    role: Role,
    at: &Target<'_>,
    condition: Option<String>,
) -> Resource {
    let key = format!("{connection}/{}@{}", role.name, at.place.resource_group);
    let project = &wanted.project.name;
    let mut resource = Resource::new(Kind::RoleAssignment, key)
        .field("name", name(project.as_str(), connection, role, &at.group_id()))
        .field("role", role.name)
        .field("scope", at.group_id())
        .field("principalId", Later::fact(identity::key(connection), "principalId"))
        .field("description", mark::put("what the pipelines of this service connection do", project))
        .fixed(&["name", "role", "scope", "principalId"])
        .needs(identity::key(connection))
        .needs(at.group_key());
    if let Some(condition) = condition {
        resource = resource.field("condition", condition);
    }
    resource
}

/// The condition under which roles may be given and taken: only those of `roles` (Microsoft Learn, "Delegate Azure role
/// assignment management to others with conditions").
pub fn condition(roles: &BTreeSet<String>) -> String {
    let set: Vec<&str> = roles.iter().map(String::as_str).collect();
    let set = set.join(", ");
    let part = |action: &str, of: &str| {
        format!(
            "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{action}'}})) OR \
             (@{of}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{set}}}))"
        )
    };
    format!("{} AND {}", part("write", "Request"), part("delete", "Resource"))
}

/// Ids of the roles that the template of a place gives.
fn granted(wanted: &Wanted<'_>, target: &Target<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Some(template) = template(wanted, target) {
        guids(&template, &mut found);
    }
    found
}

/// Whether the template of a place has modules in the platform's group.
fn deploys_into_platform(wanted: &Wanted<'_>, target: &Target<'_>) -> bool {
    let modules = template(wanted, target).map(|template| template["resources"].clone());
    let elsewhere = |module: &Value| module.get("resourceGroup").is_some();
    match modules {
        Some(Value::Array(items)) => items.iter().any(elsewhere),
        Some(Value::Object(map)) => map.values().any(elsewhere),
        _ => false,
    }
}

fn template(wanted: &Wanted<'_>, target: &Target<'_>) -> Option<Value> {
    let file = wanted.tree.get(&format!("{}/main.json", target.folder))?;
    serde_json::from_slice(&file.bytes).ok()
}

/// Every GUID in the strings of a template: roles are all that the templates have of them.
fn guids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let pieces = text.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|piece| piece.len() == 36);
            found.extend(pieces.filter(|piece| uuid::Uuid::parse_str(piece).is_ok()).map(str::to_lowercase));
        }
        Value::Array(items) => items.iter().for_each(|item| guids(item, found)),
        Value::Object(map) => map.values().for_each(|item| guids(item, found)),
        _ => {}
    }
}

/// The key of the assignment of `role` on the group of `at` to a connection.
pub fn key(connection: &str, role: Role, group: &str) -> Key {
    Key::new(Kind::RoleAssignment, format!("{connection}/{}@{group}", role.name))
}
