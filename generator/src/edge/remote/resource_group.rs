//! Resource groups.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::azure::{
    RESOURCES, arm, failed, merge_tags, note_tags, observation, owner, region, spelled, subscriptions, tags, text,
};
use super::error::RemoteError;
use super::handler::Handler;
use super::site::Site;
use crate::edge::azure::path::ArmPath;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Fields, Key, Kind, Resource};

/// Reads and writes resource groups.
pub struct ResourceGroups;

#[async_trait]
impl Handler for ResourceGroups {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let arm = arm(at, "list resource groups", None)?;
        let list = async |subscription: &String| {
            let path = ArmPath::subscription(subscription).then("resourcegroups");
            arm.list(&path, RESOURCES, &[]).await.map_err(failed("list resource groups", None))
        };
        let mut state = State::new();
        for found in try_join_all(subscriptions(wanted, "subscription").iter().map(list)).await?.iter().flatten() {
            let name = found["name"].as_str().unwrap_or_default();
            let known = wanted.iter().find(|resource| resource.key.name.eq_ignore_ascii_case(name)).copied();
            let found = observed(at, found, known);
            if known.is_some() || found.owner == Owner::Ours {
                let key = known.map_or_else(|| Key::new(Kind::ResourceGroup, name), |resource| resource.key.clone());
                state.insert(key, found);
            }
        }
        Ok(state)
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let arm = arm(at, "create", Some(&wanted.key))?;
        let path = ArmPath::subscription(&text(at, wanted, "subscription")?).group(&wanted.key.name);
        let body = json!({ "location": text(at, wanted, "location")?, "tags": tags(wanted) });
        let made = arm.put(&path, RESOURCES, &body).await.map_err(failed("create", Some(&wanted.key)))?;
        Ok(observed(at, &made, Some(wanted)))
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let arm = arm(at, "update", Some(&wanted.key))?;
        let place = text(at, wanted, "location")?;
        let stands = found.fields.get("location").and_then(Value::as_str).unwrap_or_default();
        if stands != place {
            let why = format!("the group is in {stands}, the spec says {place}, and Azure moves no group");
            let next = format!(
                "say {stands} in the spec, or name another `resourceGroup`: this one holds data and is not made anew"
            );
            return Err(RemoteError::new("update", &wanted.key, why, next));
        }
        let failed = failed("update", Some(&wanted.key));
        merge_tags(arm, &found.id, tags(wanted)).await.map_err(&failed)?;
        let fields = wanted.fields.clone();
        Ok(Observed { owner: Owner::Ours, fields, ..found.clone() })
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let arm = arm(at, "delete", Some(key))?;
        arm.delete(&ArmPath::of(&found.id), RESOURCES).await.map_err(failed("delete", Some(key)))
    }
}

fn observed(at: &Site, found: &Value, wanted: Option<&Resource>) -> Observed {
    let mut fields = Fields::new();
    let id = ArmPath::of(found["id"].as_str().unwrap_or_default());
    let subscription = id.subscription_id().unwrap_or_default();
    fields.insert(
        "subscription".into(),
        spelled(subscription, wanted.and_then(|wanted| wanted.fields.get("subscription"))),
    );
    fields.insert("location".into(), json!(region(found)));
    note_tags(&mut fields, found, wanted);
    observation(found, owner(found, &at.project.name), fields)
}
