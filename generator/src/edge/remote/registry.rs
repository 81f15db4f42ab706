//! Which kinds of resources are known, and what leads to them.

use std::collections::BTreeMap;

use super::handler::{self, Handler};
use crate::remote::desired::Scope;
use crate::remote::resource::{KINDS, Kind};

/// The way to resources of each kind.
#[derive(Clone, Default)]
pub struct Registry<'a>(BTreeMap<Kind, &'a dyn Handler>);

impl<'a> Registry<'a> {
    /// Every kind within `scope`.
    pub fn within(scope: Scope) -> Self {
        let kinds = KINDS.into_iter().filter(|kind| scope == Scope::Everything || !kind.is_azure());
        Self(kinds.map(|kind| (kind, handler::of(kind))).collect())
    }

    /// The same with another kind, or another way to it.
    #[must_use]
    pub fn with(mut self, kind: Kind, handler: &'a dyn Handler) -> Self {
        self.0.insert(kind, handler);
        self
    }

    /// The way to resources of `kind`.
    pub fn get(&self, kind: Kind) -> Option<&'a dyn Handler> {
        self.0.get(&kind).copied()
    }

    /// All kinds, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &'a dyn Handler)> {
        self.0.iter().map(|(kind, handler)| (*kind, *handler))
    }
}
