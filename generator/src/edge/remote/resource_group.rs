//! Resource groups.

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::azure::{RESOURCES, arm, failed, merge_tags, observation, owner, region, spelling, subscriptions, tags};
use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::{all_typed, typed};
use super::site::Site;
use crate::edge::azure::path::ArmPath;
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::resource_group::ResourceGroup;
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Kind, Resource};

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
        let wanted = all_typed::<ResourceGroup>(wanted)?;
        let subscriptions = subscriptions(wanted.iter().map(|(_, group)| &group.subscription));
        let mut state = State::new();
        for found in try_join_all(subscriptions.iter().map(list)).await?.iter().flatten() {
            let name = found["name"].as_str().unwrap_or_default();
            let known = wanted.iter().find(|(resource, _)| resource.key.name.eq_ignore_ascii_case(name));
            let found = observed(at, found, known.map(|(_, group)| group));
            if known.is_some() || found.owner == Owner::Ours {
                let key =
                    known.map_or_else(|| Key::new(Kind::ResourceGroup, name), |(resource, _)| resource.key.clone());
                state.insert(key, found);
            }
        }
        Ok(state)
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let arm = arm(at, "create", Some(&wanted.key))?;
        let group: ResourceGroup = typed("write", wanted)?;
        let path = ArmPath::subscription(&group.subscription).group(&wanted.key.name);
        let body = json!({ "location": group.location, "tags": group.tags });
        let made = arm.put(&path, RESOURCES, &body).await.map_err(failed("create", Some(&wanted.key)))?;
        Ok(observed(at, &made, Some(&group)))
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let arm = arm(at, "update", Some(&wanted.key))?;
        let group: ResourceGroup = typed("write", wanted)?;
        let stands = ResourceGroup::from_fields(&found.fields).map(|group| group.location).unwrap_or_default();
        if stands != group.location {
            let why = format!("the group is in {stands}, the spec says {}, and Azure moves no group", group.location);
            let next = format!(
                "say {stands} in the spec, or name another `resourceGroup`: this one holds data and is not made anew"
            );
            return Err(RemoteError::new("update", &wanted.key, why, next));
        }
        merge_tags(arm, &found.id, &group.tags).await.map_err(failed("update", Some(&wanted.key)))?;
        let fields = wanted.fields.clone();
        Ok(Observed { owner: Owner::Ours, fields, ..found.clone() })
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let arm = arm(at, "delete", Some(key))?;
        arm.delete(&ArmPath::of(&found.id), RESOURCES).await.map_err(failed("delete", Some(key)))
    }
}

fn observed(at: &Site, found: &Value, wanted: Option<&ResourceGroup>) -> Observed {
    let id = ArmPath::of(found["id"].as_str().unwrap_or_default());
    let subscription = id.subscription_id().unwrap_or_default();
    let group = ResourceGroup {
        subscription: spelling(subscription, wanted.map(|wanted| wanted.subscription.as_str())),
        location: region(found),
        tags: tags(found, wanted.map(|wanted| &wanted.tags)),
    };
    observation(found, owner(found, &at.project.name), group.to_fields())
}
