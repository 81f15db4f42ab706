//! How resources of each kind are read and written.

use async_trait::async_trait;

use super::error::RemoteError;
use super::site::Site;
use crate::remote::observed::{Observed, State};
use crate::remote::resource::{Key, Resource};

/// How resources of one kind are read and written. All of it can be done again: what is there already is found, not made
/// twice; what is gone already is gone.
#[async_trait]
pub trait Handler: Sync {
    /// The resources of this kind that stand under a wanted name, and all others that carry the project's mark.
    ///
    /// With as few calls as there can be: lists, not one call for each name. All kinds are observed at the same time, so
    /// nothing is known yet in `at`; a list that another kind reads too costs nothing, because equal reads are made once
    /// ([`SharedReads`](super::shared_reads::SharedReads)). The team project is there when this is called.
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError>;

    /// Makes a resource, or finds it made by an earlier apply that was interrupted.
    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError>;

    /// Gives a resource the wanted fields, and the mark where it has none; what the spec does not set stays.
    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError>;

    /// Removes a resource.
    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError>;
}
