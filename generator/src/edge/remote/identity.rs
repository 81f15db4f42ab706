//! The managed identities behind service connections.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::azure::{
    IDENTITY, arm, failed, merge_tags, note_tags, observation, owner, region, scope_of, spelled, subscriptions, tag,
    tags, text,
};
use super::error::RemoteError;
use super::handler::Handler;
use super::site::Site;
use crate::edge::azure::path::ArmPath;
use crate::remote::desired::azure::CONNECTION_TAG;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Fields, Key, Kind, Resource};

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
        let mut state = State::new();
        for found in try_join_all(subscriptions(wanted, "scope").iter().map(list)).await?.iter().flatten() {
            let id = found["id"].as_str().unwrap_or_default();
            let stands = |resource: &&&Resource| {
                let name = resource.fields["name"].as_str().unwrap_or_default();
                let scope = resource.fields["scope"].as_str().unwrap_or_default();
                scope_of(id).eq_ignore_ascii_case(scope)
                    && found["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name))
            };
            let connection = tag(found, CONNECTION_TAG);
            let marked = connection.filter(|_| owner(found, &at.project.name) == Owner::Ours);
            let known = wanted.iter().find(stands).copied();
            // an identity of a connection that is wanted elsewhere now: seen under its connection's name, and moved
            let moved = || wanted.iter().find(|resource| Some(resource.key.name.as_str()) == marked).copied();
            match (known, marked) {
                (Some(known), _) => drop(state.insert(known.key.clone(), observed(at, found, Some(known)))),
                (None, Some(connection)) => {
                    let key = Key::new(Kind::Identity, connection);
                    state.entry(key).or_insert_with(|| observed(at, found, moved()));
                }
                (None, None) => {}
            }
        }
        Ok(state)
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let arm = arm(at, "create", Some(&wanted.key))?;
        let path = ArmPath::of(&text(at, wanted, "scope")?).resource(TYPE, &text(at, wanted, "name")?);
        let body = json!({ "location": text(at, wanted, "location")?, "tags": tags(wanted) });
        let made = arm.put(&path, IDENTITY, &body).await.map_err(failed("create", Some(&wanted.key)))?;
        Ok(observed(at, &made, Some(wanted)))
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let arm = arm(at, "update", Some(&wanted.key))?;
        merge_tags(arm, &found.id, tags(wanted)).await.map_err(failed("update", Some(&wanted.key)))?;
        Ok(Observed { owner: Owner::Ours, fields: wanted.fields.clone(), ..found.clone() })
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let arm = arm(at, "delete", Some(key))?;
        arm.delete(&ArmPath::of(&found.id), IDENTITY).await.map_err(failed("delete", Some(key)))
    }
}

fn observed(at: &Site, found: &Value, wanted: Option<&Resource>) -> Observed {
    let mut fields = Fields::new();
    let of = |name: &str| wanted.and_then(|wanted| wanted.fields.get(name));
    fields.insert("name".into(), spelled(found["name"].as_str().unwrap_or_default(), of("name")));
    fields.insert("scope".into(), spelled(scope_of(found["id"].as_str().unwrap_or_default()), of("scope")));
    fields.insert("location".into(), json!(region(found)));
    note_tags(&mut fields, found, wanted);
    // the mark of an identity includes the connection: without it, the identity is somebody's, of the same name
    let owner = if tag(found, CONNECTION_TAG).is_some() { owner(found, &at.project.name) } else { Owner::Foreign };
    let fact = |name: &str| found["properties"][name].as_str().unwrap_or_default().to_owned();
    observation(found, owner, fields)
        .with_fact("clientId", fact("clientId"))
        .with_fact("principalId", fact("principalId"))
}
