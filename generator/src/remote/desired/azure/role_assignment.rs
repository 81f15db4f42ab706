//! What the identities behind service connections may do: what the rendered pipelines do, on the groups where they do it.
//!
//! | role | scope | what for |
//! |---|---|---|
//! | Contributor | own group | deployments, `az container`, `az ml`, images, clusters |
//! | Role Based Access Control Administrator, for the roles that the templates give and no other | own group | the role assignments in the templates |
//! | Key Vault Secrets Officer | own group | `ensure-scoring-key.sh`; variable groups that read the vault |
//! | Storage Blob Data Contributor | platform | `publish-training.sh` uploads data, `report-retrain.sh` downloads outputs |
//! | Azure Kubernetes Service RBAC Cluster Admin | group of an environment with a cluster | `prepare-namespace.sh` and what follows |
//! | Managed Identity Operator | scoring identity of a managed endpoint, for the platform's connection | endpoints are made in its workspace |
//! | AzureML Compute Operator, Azure Deployment Stack Owner | platform, for an environment whose cluster the workspace uses | `kubernetes-compute.bicep`: the first attaches, the second may deploy a template and reads and writes no resource |
//! | Reader | platform, for the environment whose scoring log training reads | `container-read.bicep` names the training identity |
//! | AcrPull | platform, for scoring servers and nodes | the image |
//! | Network Contributor | group of each environment of a private network, for the platform's connection | it makes and peers the networks |
//! | Private DNS Zone Contributor | platform, for environments of a private network and their control planes | names of private endpoints and API servers |
//! | Storage Blob Data Reader | platform, for scoring behind a managed endpoint | it mounts assets |
//!
//! No connection of an environment manages or grants anything on the platform: whoever takes over qa must not get at what
//! production pulls.
//!
//! Scopes are groups, not the resources in them: the resources do not exist yet, and the templates give some of the same
//! roles on single resources, under names of their own.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Target, guid, homes, identity, same};
use crate::project::environment::Target as Runs;
use crate::project::network::Network;
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

/// Hands out identities.
pub const IDENTITY_OPERATOR: Role =
    Role { name: "Managed Identity Operator", id: "f1a07417-d97a-45cb-824c-7a7467783830" };
/// Attaches clusters to workspaces.
pub const COMPUTE_OPERATOR: Role =
    Role { name: "AzureML Compute Operator", id: "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815" };
/// Deploys templates: of the built-in roles that may, the one that may nothing else to a resource.
pub const STACK_OWNER: Role = Role { name: "Azure Deployment Stack Owner", id: "adb29209-aa1d-457b-a786-c913953d2891" };
/// Reads everything but data and secrets.
pub const READER: Role = Role { name: "Reader", id: "acdd72a7-3385-48ef-bd42-f606fba81ae7" };
/// Pulls images.
pub const ACR_PULL: Role = Role { name: "AcrPull", id: "7f951dda-4ed3-4680-a7ca-43fe172d538d" };
/// Reads blobs.
pub const BLOB_READER: Role = Role { name: "Storage Blob Data Reader", id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1" };

/// Makes and peers networks.
pub const NETWORK_CONTRIBUTOR: Role = Role { name: "Network Contributor", id: "4d97b98b-1d4f-4787-a291-c67834d212e7" };
/// Registers names in private zones.
pub const ZONE_CONTRIBUTOR: Role =
    Role { name: "Private DNS Zone Contributor", id: "b12aa53e-6015-4669-85d0-8515ebb3ae7f" };

/// All roles that identities may get before the first deployment.
pub const ROLES: [Role; 13] = [
    CONTRIBUTOR,
    ACCESS_ADMINISTRATOR,
    SECRETS_OFFICER,
    BLOB_CONTRIBUTOR,
    CLUSTER_ADMIN,
    IDENTITY_OPERATOR,
    COMPUTE_OPERATOR,
    STACK_OWNER,
    READER,
    ACR_PULL,
    BLOB_READER,
    NETWORK_CONTRIBUTOR,
    ZONE_CONTRIBUTOR,
];

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
                if matches!(environment.target, Runs::KubernetesEndpoint { .. }) {
                    roles.extend([(COMPUTE_OPERATOR, platform), (STACK_OWNER, platform)]);
                }
                if own_zones(wanted) {
                    roles.push((ZONE_CONTRIBUTOR, platform));
                }
                let logs = wanted.project.training.scoring_logs.as_ref();
                if logs.is_some_and(|logs| logs.environment == environment.name) {
                    roles.push((READER, platform));
                }
            }
        }
        // one connection may serve two places; it may give what either of them needs
        let home = homes(targets).into_iter().find(|home| same(home.connection, target.connection)).unwrap_or(target);
        let served = targets.iter().filter(|other| same(other.connection, target.connection));
        let granted: BTreeSet<String> = served.flat_map(|other| granted(wanted, other)).collect();
        for (role, at) in roles {
            let condition = (role == ACCESS_ADMINISTRATOR).then(|| condition(&granted));
            let scope = Scope { id: at.group_id(), name: at.place.resource_group.as_str(), key: at.group_key() };
            let new = assignment(wanted, home.connection.as_str(), role, scope, condition);
            if !all.iter().any(|old| old.key == new.key) {
                all.push(new);
            }
        }
    }
    all.extend(targets.iter().flat_map(|target| workloads(wanted, target, platform)));
    all
}

/// What the identities of an environment's scoring may do on the platform, and who may hand them out.
fn workloads(wanted: &Wanted<'_>, target: &Target<'_>, platform: &Target<'_>) -> Vec<Resource> {
    let Some(environment) = target.environment else { return Vec::new() };
    let on_platform =
        || Scope { id: platform.group_id(), name: platform.place.resource_group.as_str(), key: platform.group_key() };
    let mut all: Vec<Resource> = Vec::new();
    if wanted.project.network != Network::Public && !same(target.connection, platform.connection) {
        let scope =
            Scope { id: target.group_id(), name: target.place.resource_group.as_str(), key: target.group_key() };
        all.push(assignment(wanted, platform.connection.as_str(), NETWORK_CONTRIBUTOR, scope, None));
    }
    for workload in identity::workloads(target) {
        if workload.control_plane && own_zones(wanted) {
            all.push(assignment(wanted, &workload.key, ZONE_CONTRIBUTOR, on_platform(), None));
        }
        if workload.pulls {
            all.push(assignment(wanted, &workload.key, ACR_PULL, on_platform(), None));
        }
        if matches!(environment.target, Runs::ManagedEndpoint { .. }) {
            all.push(assignment(wanted, &workload.key, BLOB_READER, on_platform(), None));
            if !same(target.connection, platform.connection) {
                let scope = Scope { id: workload.id.clone(), name: &workload.name, key: identity::key(&workload.key) };
                all.push(assignment(wanted, platform.connection.as_str(), IDENTITY_OPERATOR, scope, None));
            }
        }
    }
    all
}

/// Whether the platform has private DNS zones that others register their names in.
fn own_zones(wanted: &Wanted<'_>) -> bool {
    match &wanted.project.network {
        Network::Public => false,
        Network::Private(network) => network.hub.as_ref().is_none_or(|hub| hub.zones.is_none()),
    }
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
    connection: &str,
    role: Role,
    scope: Scope<'_>,
    condition: Option<String>,
) -> Resource {
    let key = format!("{connection}/{}@{}", role.name, scope.name);
    let project = &wanted.project.name;
    let mut resource = Resource::new(Kind::RoleAssignment, key)
        .field("name", name(project.as_str(), connection, role, &scope.id))
        .field("role", role.name)
        .field("scope", scope.id)
        .field("principalId", Later::fact(identity::key(connection), "principalId"))
        .field("description", mark::put("what the pipelines of this service connection do", project))
        .fixed(&["name", "role", "scope", "principalId"])
        .needs(identity::key(connection))
        .needs(scope.key);
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
