//! Ids and secrets of the doubles, which nobody chose.

use std::collections::{BTreeMap, BTreeSet};

use crate::project::Project;
use crate::project::azure::{Id, Place};

/// Tenant of a sandbox whose spec names none.
pub(super) const TENANT: &str = "5a4db000-0000-4000-8000-000000000001";

/// Subscription of a sandbox whose spec names none.
pub(super) const SUBSCRIPTION: &str = "5a4db000-0000-4000-8000-000000000002";

/// A secret that nobody chose.
pub(super) fn made_up() -> String {
    format!("made-up-{}", uuid::Uuid::new_v4().simple())
}

pub(super) struct Ids {
    pub(super) tenant: String,
    pub(super) subscriptions: BTreeSet<String>,
    pub(super) variables: BTreeMap<String, String>,
}

/// The ids that a spec reads from variables, by their names.
pub(super) fn ids_of(project: &Project) -> BTreeMap<String, String> {
    ids(std::slice::from_ref(project)).variables
}

/// The ids that specs name, and values for those that specs read from variables.
pub(super) fn ids(projects: &[Project]) -> Ids {
    let pairs = [("AZURE_TENANT_ID", TENANT), ("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)];
    let mut variables: BTreeMap<String, String> =
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (mut tenant, mut subscriptions) = (TENANT.to_owned(), BTreeSet::from([SUBSCRIPTION.to_owned()]));
    for place in projects.iter().flat_map(places) {
        match &place.tenant {
            Id::Guid(guid) => guid.as_str().clone_into(&mut tenant),
            Id::Variable(name) => drop(variables.insert(name.to_string(), TENANT.to_owned())),
        }
        match &place.subscription {
            Id::Guid(guid) => drop(subscriptions.insert(guid.as_str().to_owned())),
            Id::Variable(name) => drop(variables.insert(name.to_string(), SUBSCRIPTION.to_owned())),
        }
    }
    Ids { tenant, subscriptions, variables }
}

pub(super) fn places(project: &Project) -> impl Iterator<Item = &Place> {
    std::iter::once(&project.platform.place).chain(project.environments.iter().map(|environment| &environment.place))
}
