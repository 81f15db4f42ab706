//! Things as they are.

use std::collections::BTreeMap;

use super::resource::{Fields, Key};

/// Whose a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It carries this project's mark.
    Ours,
    /// It does not: somebody else made it.
    Foreign,
}

/// A thing as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The service's own id, as text.
    pub id: String,
    /// Whose it is.
    pub owner: Owner,
    /// The fields that a spec can set, under the same names as in a [`Resource`](super::resource::Resource).
    pub fields: Fields,
    /// Revision, version or object id, where the service has one.
    pub version: Option<String>,
}

/// Everything that was found.
pub type World = BTreeMap<Key, Observed>;
