//! What the identities behind service connections may do.

use std::time::Instant;

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::azure::{AUTHORIZATION, IDENTITY, arm, failed, observation, side, spelled, text};
use super::error::RemoteError;
use super::handler::Handler;
use super::site::Site;
use crate::artifacts::infra::given::ROLES;
use crate::edge::azure::error::ArmError;
use crate::edge::azure::path::ArmPath;
use crate::remote::desired::azure::{homes, identity, targets};
use crate::remote::mark;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Fields, Key, Kind, Resource};

/// Type of role assignments.
const TYPE: &str = "Microsoft.Authorization/roleAssignments";

/// Reads and writes role assignments. Ours are known by their names, which are functions of project, connection, role
/// and scope, and by the mark in their descriptions.
pub struct RoleAssignments;

#[async_trait]
impl Handler for RoleAssignments {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let arm = arm(at, "list role assignments", None)?;
        let mut scopes: Vec<&str> = wanted.iter().filter_map(|wanted| wanted.fields["scope"].as_str()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let list = async |scope: &&str| {
            let found =
                arm.list(&ArmPath::of(scope).collection(TYPE), AUTHORIZATION, &[("$filter", "atScope()")]).await;
            found.map_err(failed("list role assignments", None))
        };
        let found: Vec<Value> = try_join_all(scopes.iter().map(list)).await?.into_iter().flatten().collect();
        let mut state = State::new();
        for resource in wanted {
            let named =
                |assignment: &&Value| assignment["name"] == resource.fields["name"] && at_scope(assignment, resource);
            if let Some(assignment) = found.iter().find(named) {
                state.insert(resource.key.clone(), observed(assignment, Some(resource)));
            } else if let Some(assignment) = equal(at, &found, resource).await? {
                state.insert(resource.key.clone(), observed(assignment, Some(resource)));
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
        let path = ArmPath::of(&text(at, wanted, "scope")?).resource(TYPE, &text(at, wanted, "name")?);
        put(at, wanted, &path, "create").await
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        put(at, wanted, &ArmPath::of(&found.id), "update").await
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let arm = arm(at, "delete", Some(key))?;
        arm.delete(&ArmPath::of(&found.id), AUTHORIZATION).await.map_err(failed("delete", Some(key)))
    }
}

fn at_scope(assignment: &Value, wanted: &Resource) -> bool {
    let scope = wanted.fields["scope"].as_str().unwrap_or_default();
    assignment["properties"]["scope"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(scope))
}

fn role_id(wanted: &Resource) -> &'static str {
    let name = wanted.fields.get("role").and_then(Value::as_str).unwrap_or_default();
    ROLES.iter().find(|role| role.name == name).map_or("", |role| role.id)
}

/// An assignment that somebody made by hand and that gives the same: Azure refuses a second one beside it.
async fn equal<'a>(at: &Site, found: &'a [Value], wanted: &Resource) -> Result<Option<&'a Value>, RemoteError> {
    let role = role_id(wanted);
    let same = |assignment: &&Value| {
        let definition = assignment["properties"]["roleDefinitionId"].as_str().unwrap_or_default();
        at_scope(assignment, wanted) && definition.to_lowercase().ends_with(role)
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
    let principal = &identity["properties"]["principalId"];
    Ok(candidates.into_iter().find(|found| !principal.is_null() && found["properties"]["principalId"] == *principal))
}

async fn put(at: &Site, wanted: &Resource, path: &ArmPath, operation: &'static str) -> Result<Observed, RemoteError> {
    let arm = arm(at, operation, Some(&wanted.key))?;
    let subscription = path.subscription_id().unwrap_or_default();
    let role = ArmPath::subscription(subscription).resource("Microsoft.Authorization/roleDefinitions", role_id(wanted));
    let mut properties = json!({
        "roleDefinitionId": role.id(),
        "principalId": text(at, wanted, "principalId")?,
        "principalType": "ServicePrincipal",
        "description": text(at, wanted, "description")?,
    });
    if let Some(condition) = wanted.fields.get("condition") {
        properties["condition"] = condition.clone();
        properties["conditionVersion"] = json!("2.0");
    }
    let body = json!({ "properties": properties });
    let (start, mut tried) = (Instant::now(), 1);
    loop {
        let error = match arm.put(path, AUTHORIZATION, &body).await {
            Ok(made) => return Ok(observed(&made, Some(wanted))),
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
            _ => return Err(refused(operation, wanted, error)),
        }
    }
}

fn refused(operation: &'static str, wanted: &Resource, error: ArmError) -> RemoteError {
    let next = match error.code.as_str() {
        "RoleAssignmentExists" => "run the command again: it takes the assignment that is there already".to_owned(),
        "AuthorizationFailed" => format!(
            "ask for the role Owner or Role Based Access Control Administrator on {}, or use `--only devops`, which prints \
             what an administrator must run",
            wanted.fields["scope"].as_str().unwrap_or_default()
        ),
        _ => error.next_step(),
    };
    RemoteError::new(operation, &wanted.key, error, next)
}

fn observed(found: &Value, wanted: Option<&Resource>) -> Observed {
    let properties = &found["properties"];
    let of = |name: &str| wanted.and_then(|wanted| wanted.fields.get(name));
    let text = |name: &str| properties[name].as_str().unwrap_or_default();
    let definition = text("roleDefinitionId").to_lowercase();
    let id = definition.rsplit('/').next().unwrap_or_default();
    let role = ROLES.iter().find(|role| role.id == id).map_or(id, |role| role.name);
    let mut fields = Fields::new();
    // an assignment that was made by hand has a name of its own, which is as good
    fields.insert("name".into(), of("name").cloned().unwrap_or_else(|| found["name"].clone()));
    fields.insert("role".into(), json!(role));
    fields.insert("scope".into(), spelled(text("scope"), of("scope")));
    for name in ["principalId", "description", "condition"] {
        if !text(name).is_empty() {
            fields.insert(name.into(), json!(text(name)));
        }
    }
    observation(found, Owner::Ours, fields)
}
