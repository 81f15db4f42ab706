//! The managed identities behind service connections.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::azure::{
    IDENTITY, arm, failed, merge_tags, observation, owner, region, scope_of, spelling, subscriptions, tag, tags,
};
use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::{all_typed, typed};
use super::site::Site;
use crate::edge::azure::path::ArmPath;
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::identity::{CLIENT_ID, Identity, PRINCIPAL_ID};
use crate::remote::kinds::tags::CONNECTION_TAG;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Kind, Resource};

/// Type of user-assigned identities.
const TYPE: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

/// Reads and writes identities. Other identities of the project (those that the templates make) have no tag that names
/// a service connection, and are left alone.
pub struct Identities;

#[async_trait]
impl Handler for Identities {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let arm = arm(at, "list identities", None)?;
        let list = async |subscription: &String| {
            let path = ArmPath::subscription(subscription).collection(TYPE);
            arm.list(&path, IDENTITY, &[]).await.map_err(failed("list identities", None))
        };
        let wanted = all_typed::<Identity>(wanted)?;
        let subscriptions = subscriptions(wanted.iter().map(|(_, identity)| &identity.scope));
        let mut state = State::new();
        for found in try_join_all(subscriptions.iter().map(list)).await?.iter().flatten() {
            let id = found["id"].as_str().unwrap_or_default();
            let stands = |(_, identity): &&(&Resource, Identity)| {
                scope_of(id).eq_ignore_ascii_case(&identity.scope)
                    && found["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(&identity.name))
            };
            let connection = tag(found, CONNECTION_TAG);
            let marked = connection.filter(|_| owner(found, &at.project.name) == Owner::Ours);
            // an identity of a connection that is wanted elsewhere now: seen under its connection's name, and moved
            let moved = || wanted.iter().find(|(resource, _)| Some(resource.key.name.as_str()) == marked);
            match (wanted.iter().find(stands), marked) {
                (Some((resource, identity)), _) => {
                    state.insert(resource.key.clone(), observed(at, found, Some(identity)));
                }
                (None, Some(connection)) => {
                    let key = Key::new(Kind::Identity, connection);
                    state.entry(key).or_insert_with(|| observed(at, found, moved().map(|(_, identity)| identity)));
                }
                (None, None) => {}
            }
        }
        Ok(state)
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let arm = arm(at, "create", Some(&wanted.key))?;
        let identity: Identity = typed("write", wanted)?;
        let path = ArmPath::of(&identity.scope).resource(TYPE, &identity.name);
        let body = json!({ "location": identity.location, "tags": identity.tags });
        let made = arm.put(&path, IDENTITY, &body).await.map_err(failed("create", Some(&wanted.key)))?;
        Ok(observed(at, &made, Some(&identity)))
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let arm = arm(at, "update", Some(&wanted.key))?;
        let identity: Identity = typed("write", wanted)?;
        merge_tags(arm, &found.id, &identity.tags).await.map_err(failed("update", Some(&wanted.key)))?;
        Ok(Observed { owner: Owner::Ours, fields: wanted.fields.clone(), ..found.clone() })
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let arm = arm(at, "delete", Some(key))?;
        arm.delete(&ArmPath::of(&found.id), IDENTITY).await.map_err(failed("delete", Some(key)))
    }
}

fn observed(at: &Site, found: &Value, wanted: Option<&Identity>) -> Observed {
    let name = found["name"].as_str().unwrap_or_default();
    let scope = scope_of(found["id"].as_str().unwrap_or_default());
    let identity = Identity {
        name: spelling(name, wanted.map(|wanted| wanted.name.as_str())),
        scope: spelling(scope, wanted.map(|wanted| wanted.scope.as_str())),
        location: region(found),
        tags: tags(found, wanted.map(|wanted| &wanted.tags)),
    };
    // the mark of an identity includes the connection: without it, the identity is somebody's, of the same name
    let owner = if tag(found, CONNECTION_TAG).is_some() { owner(found, &at.project.name) } else { Owner::Foreign };
    let fact = |name: &str| found["properties"][name].as_str().unwrap_or_default().to_owned();
    observation(found, owner, identity.to_fields())
        .with_fact(CLIENT_ID, fact(CLIENT_ID))
        .with_fact(PRINCIPAL_ID, fact(PRINCIPAL_ID))
}
