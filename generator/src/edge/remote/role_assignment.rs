//! What the identities behind service connections may do.

use std::time::Instant;

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::azure::{AUTHORIZATION, IDENTITY, arm, failed, observation, side, spelling};
use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::{all_typed, typed};
use super::site::Site;
use crate::artifacts::infra::given::ROLES;
use crate::edge::azure::error::ArmError;
use crate::edge::azure::path::ArmPath;
use crate::remote::desired::azure::{homes, targets};
use crate::remote::kinds::field::{Text, Typed as _};
use crate::remote::kinds::identity::{self, PRINCIPAL_ID};
use crate::remote::kinds::role_assignment::RoleAssignment;
use crate::remote::mark;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Kind, Resource};

/// Type of role assignments.
const TYPE: &str = "Microsoft.Authorization/roleAssignments";

/// Reads and writes role assignments. Ours are known by their names, which are functions of project, connection, role
/// and scope, and by the mark in their descriptions.
pub struct RoleAssignments;

#[async_trait]
impl Handler for RoleAssignments {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let arm = arm(at, "list role assignments", None)?;
        let wanted = all_typed::<RoleAssignment<Text>>(wanted)?;
        let mut scopes: Vec<&str> = wanted.iter().map(|(_, assignment)| assignment.scope.as_str()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let list = async |scope: &&str| {
            let found =
                arm.list(&ArmPath::of(scope).collection(TYPE), AUTHORIZATION, &[("$filter", "atScope()")]).await;
            found.map_err(failed("list role assignments", None))
        };
        let found: Vec<Value> = try_join_all(scopes.iter().map(list)).await?.into_iter().flatten().collect();
        let mut state = State::new();
        for (resource, want) in &wanted {
            let named = |found: &&Value| found["name"] == want.name && at_scope(found, &want.scope);
            let there = match found.iter().find(named) {
                Some(there) => Some(there),
                None => equal(at, &found, resource, want).await?,
            };
            if let Some(there) = there {
                state.insert(resource.key.clone(), observed(there, Some((want.name.as_str(), want.scope.as_str()))));
            }
        }
        let taken: Vec<String> = state.values().map(|found| found.id.clone()).collect();
        for assignment in found.iter().filter(|found| !taken.iter().any(|id| *id == found["id"])) {
            let scope = assignment["properties"]["scope"].as_str().unwrap_or_default();
            let described = assignment["properties"]["description"].as_str().unwrap_or_default();
            // what is inherited from above is not of these groups
            if scopes.iter().any(|own| own.eq_ignore_ascii_case(scope)) && mark::is_on(described, &at.project.name) {
                let group = scope.rsplit('/').next().unwrap_or_default();
                let name = assignment["name"].as_str().unwrap_or_default();
                state.insert(Key::new(Kind::RoleAssignment, format!("{name}@{group}")), observed(assignment, None));
            }
        }
        Ok(state)
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let want: RoleAssignment = typed("write", wanted)?;
        put(at, wanted, &want, &ArmPath::of(&want.scope).resource(TYPE, &want.name), "create").await
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        put(at, wanted, &typed("write", wanted)?, &ArmPath::of(&found.id), "update").await
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let arm = arm(at, "delete", Some(key))?;
        arm.delete(&ArmPath::of(&found.id), AUTHORIZATION).await.map_err(failed("delete", Some(key)))
    }
}

fn at_scope(found: &Value, scope: &str) -> bool {
    found["properties"]["scope"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(scope))
}

fn role_id(name: &str) -> &'static str {
    ROLES.iter().find(|role| role.name == name).map_or("", |role| role.id)
}

/// An assignment that somebody made by hand and that gives the same: Azure refuses a second one beside it.
async fn equal<'a>(
    at: &Site,
    found: &'a [Value],
    wanted: &Resource,
    want: &RoleAssignment<Text>,
) -> Result<Option<&'a Value>, RemoteError> {
    let role = role_id(&want.role);
    let same = |assignment: &&Value| {
        let definition = assignment["properties"]["roleDefinitionId"].as_str().unwrap_or_default();
        at_scope(assignment, &want.scope) && definition.to_lowercase().ends_with(role)
    };
    let candidates: Vec<&Value> = found.iter().filter(same).collect();
    if candidates.is_empty() {
        return Ok(None);
    }
    let side = side(at, "read", Some(&wanted.key))?;
    let places = targets(&at.project, &side.values).unwrap_or_default();
    let connection = wanted.key.name.split_once('/').map_or("", |(connection, _)| connection);
    let Some(home) = homes(&places).into_iter().find(|home| home.connection.as_str() == connection) else {
        return Ok(None);
    };
    let identity = side.azure.arm.get(&ArmPath::of(&identity::id(home)), IDENTITY).await;
    let identity = identity.map_err(failed("read", Some(&wanted.key)))?.unwrap_or_default();
    let principal = &identity["properties"][PRINCIPAL_ID];
    Ok(candidates.into_iter().find(|found| !principal.is_null() && found["properties"][PRINCIPAL_ID] == *principal))
}

async fn put(
    at: &Site,
    wanted: &Resource,
    want: &RoleAssignment,
    path: &ArmPath,
    operation: &'static str,
) -> Result<Observed, RemoteError> {
    let arm = arm(at, operation, Some(&wanted.key))?;
    let subscription = path.subscription_id().unwrap_or_default();
    let role = role_id(&want.role);
    let role = ArmPath::subscription(subscription).resource("Microsoft.Authorization/roleDefinitions", role);
    let mut properties = json!({
        "roleDefinitionId": role.id(),
        "principalId": want.principal,
        "principalType": "ServicePrincipal",
        "description": want.description,
    });
    if let Some(condition) = &want.condition {
        properties["condition"] = json!(condition);
        properties["conditionVersion"] = json!("2.0");
    }
    let body = json!({ "properties": properties });
    let (start, mut tried) = (Instant::now(), 1);
    loop {
        let error = match arm.put(path, AUTHORIZATION, &body).await {
            Ok(made) => return Ok(observed(&made, Some((want.name.as_str(), want.scope.as_str())))),
            Err(error) => error,
        };
        tried += 1;
        match error.code.as_str() {
            // a new identity is not known everywhere at once
            "PrincipalNotFound" if start.elapsed() < arm.pace().replication => {
                tokio::time::sleep(arm.pace().retry.backoff(tried - 1)).await;
            }
            // the name is taken by the assignment of an identity that was removed
            "RoleAssignmentUpdateNotPermitted" if tried == 2 => {
                arm.delete(path, AUTHORIZATION).await.map_err(failed(operation, Some(&wanted.key)))?;
            }
            _ => return Err(refused(operation, &wanted.key, &want.scope, error)),
        }
    }
}

fn refused(operation: &'static str, key: &Key, scope: &str, error: ArmError) -> RemoteError {
    let next = match error.code.as_str() {
        "RoleAssignmentExists" => "run the command again: it takes the assignment that is there already".to_owned(),
        "AuthorizationFailed" => format!(
            "ask for the role Owner or Role Based Access Control Administrator on {scope}, or use `--only devops`, which \
             prints what an administrator must run"
        ),
        _ => error.next_step(),
    };
    RemoteError::new(operation, key, error, next)
}

/// An assignment as it is; `wanted` are name and scope as the spec has them.
fn observed(found: &Value, wanted: Option<(&str, &str)>) -> Observed {
    let properties = &found["properties"];
    let text = |name: &str| properties[name].as_str().unwrap_or_default();
    let some = |name: &str| Some(text(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let definition = text("roleDefinitionId").to_lowercase();
    let id = definition.rsplit('/').next().unwrap_or_default();
    let assignment = RoleAssignment {
        // an assignment that was made by hand has a name of its own, which is as good
        name: wanted.map_or(found["name"].as_str().unwrap_or_default(), |(name, _)| name).to_owned(),
        role: ROLES.iter().find(|role| role.id == id).map_or(id, |role| role.name).to_owned(),
        scope: spelling(text("scope"), wanted.map(|(_, scope)| scope)),
        principal: some(PRINCIPAL_ID),
        description: some("description"),
        condition: some("condition"),
    };
    observation(found, Owner::Ours, assignment.to_fields())
}
