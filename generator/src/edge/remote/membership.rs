//! The membership of the events identity in a group of the project.

use async_trait::async_trait;
use devops_client::IdentityId;
use devops_client::api::graph::{Descriptor, Group};
use futures::future::try_join_all;

use super::azure::{IDENTITY as VERSION, arm, failed};
use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::{Operation, all_typed};
use super::site::Site;
use crate::edge::azure::path::ArmPath;
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::identity::PRINCIPAL_ID;
use crate::remote::kinds::membership::{Member, Membership};
use crate::remote::observed::{Observed, Owner, State};
use crate::remote::resource::{Key, Resource};

/// Memberships of the project's own identity. One is ours because the identity is; other members of the group, and other
/// groups of the identity, are nobody's business here.
pub struct Memberships;

/// The fact that holds the group's descriptor.
const CONTAINER: &str = "container";

#[async_trait]
impl Handler for Memberships {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let wanted = all_typed::<Membership>(wanted)?;
        let looks = try_join_all(wanted.iter().map(|(resource, want)| look(at, resource, want))).await?;
        Ok(looks.into_iter().flatten().collect())
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "create", &wanted.key);
        join(operation, &operation.wanted(wanted)?).await
    }

    async fn update(&self, at: &Site, wanted: &Resource, _: &Observed) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "update", &wanted.key);
        join(operation, &operation.wanted(wanted)?).await
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let operation = Operation::new(at, "delete", key);
        let graph = at.client.graph();
        let member = Descriptor::new(found.id.as_str());
        let Some(group) = found.fact(CONTAINER).map(Descriptor::new) else { return Ok(()) };
        match graph.remove_membership(&member, &group).await {
            Err(error) if !error.is_not_found() => return Err(operation.failed(error)),
            _ => {}
        }
        // Only of an identity that was looked up in the project's own resource group is it sure that nobody else goes in
        // as it, and only while it is in no other group.
        if at.azure().is_none() {
            return Ok(());
        }
        let others = graph.memberships_of(&member).all().await.map_err(|error| operation.failed(error))?;
        if !others.is_empty() {
            return Ok(());
        }
        match graph.remove_service_principal(&member).await {
            Err(error) if !error.is_not_found() => Err(operation.failed(error)),
            _ => Ok(()),
        }
    }
}

/// The membership as it is; `None` where the identity is not there or not in the group.
async fn look(at: &Site, wanted: &Resource, want: &Membership) -> Result<Option<(Key, Observed)>, RemoteError> {
    let operation = Operation::new(at, "read", &wanted.key);
    let Some(origin) = principal(operation, &want.member).await? else { return Ok(None) };
    let graph = at.client.graph();
    let origin = origin.to_string();
    let principals = graph.service_principals().find(|found| found.origin_id.eq_ignore_ascii_case(&origin));
    let Some(principal) = principals.await.map_err(|error| operation.failed(error))? else { return Ok(None) };
    let member = principal.descriptor;
    let memberships = graph.memberships_of(&member).all().await.map_err(|error| operation.failed(error))?;
    let groups = memberships.iter().map(|membership| graph.group(&membership.container_descriptor));
    let groups = try_join_all(groups).await.map_err(|error| operation.failed(error))?;
    let group = groups.into_iter().flatten().find(|group| is_wanted(group, want));
    Ok(group.map(|group| (wanted.key.clone(), observed(&member, &group.descriptor, want))))
}

/// Takes the identity into the organization and into the group; whatever of it is done already stays.
async fn join(operation: Operation<'_>, want: &Membership) -> Result<Observed, RemoteError> {
    let graph = operation.at.client.graph();
    let unknown =
        || operation.error("the identity is not there", "run apply again: the deployment of the platform makes it");
    let origin = principal(operation, &want.member).await?.ok_or_else(unknown)?;
    let project = operation.project().await?;
    let scope = graph.scope(project.id).await.map_err(|error| operation.failed(error))?;
    let group = graph.groups(&scope).find(|group| is_wanted(group, want)).await;
    let name = &want.group;
    let next = "see in the project's permissions what became of its group of contributors";
    let none = || operation.error(format!("the project has no group `{name}`"), next);
    let group = group.map_err(|error| operation.failed(error))?.ok_or_else(none)?.descriptor;
    let added = graph.add_service_principal(origin, &group).await;
    let member = added.map_err(|error| operation.failed(error))?.descriptor;
    // Whether a service principal that was known before is put into groups at once is not documented.
    if graph.membership(&member, &group).await.map_err(|error| operation.failed(error))?.is_none() {
        graph.add_membership(&member, &group).await.map_err(|error| operation.failed(error))?;
    }
    Ok(observed(&member, &group, want))
}

fn is_wanted(group: &Group, want: &Membership) -> bool {
    group.principal_name.to_lowercase() == want.group.to_lowercase()
}

fn observed(member: &Descriptor, group: &Descriptor, want: &Membership) -> Observed {
    Observed::new(member.as_str(), Owner::Ours, want.to_fields()).with_fact(CONTAINER, group.as_str())
}

/// The object id of the identity in Entra: as given, or as Azure has it; `None` where Azure has no such identity.
async fn principal(operation: Operation<'_>, member: &Member) -> Result<Option<IdentityId>, RemoteError> {
    let found = match member {
        Member::Principal(given) => Some(given.clone()),
        Member::Identity(identity) => {
            let arm = arm(operation.at, operation.verb, Some(operation.key))?;
            let found = arm.get(&ArmPath::of(identity), VERSION).await;
            let found = found.map_err(failed(operation.verb, Some(operation.key)))?;
            found.and_then(|found| found["properties"][PRINCIPAL_ID].as_str().map(str::to_owned))
        }
    };
    found.map(|id| IdentityId::parse(&id).map_err(|error| operation.failed(error))).transpose()
}
