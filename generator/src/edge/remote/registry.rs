//! Which kinds of resources are known, and what leads to them.

use std::collections::BTreeMap;

use super::handler::Handler;
use crate::remote::desired::Scope;
use crate::remote::resource::{KINDS, Kind};

/// The way to resources of each kind.
#[derive(Clone, Default)]
pub struct Registry<'a>(BTreeMap<Kind, &'a dyn Handler>);

impl<'a> Registry<'a> {
    /// Every kind within `scope`.
    pub fn within(scope: Scope) -> Self {
        let kinds = KINDS.into_iter().filter(|kind| scope == Scope::Everything || !kind.is_azure());
        Self(kinds.map(|kind| (kind, of(kind))).collect())
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

/// The way to resources of `kind`.
pub fn of(kind: Kind) -> &'static dyn Handler {
    match kind {
        Kind::Project => &super::project::Projects,
        Kind::Repository => &super::repository::Repositories,
        Kind::Files => &super::files::Files,
        Kind::BranchPolicy => &super::branch_policy::BranchPolicies,
        Kind::ResourceGroup => &super::resource_group::ResourceGroups,
        Kind::Identity => &super::identity::Identities,
        Kind::FederatedCredential => &super::federated_credential::FederatedCredentials,
        Kind::RoleAssignment => &super::role_assignment::RoleAssignments,
        Kind::Deployment => &super::deployment::Deployments,
        Kind::ServiceConnection => &super::service_connection::ServiceConnections,
        Kind::VariableGroup => &super::variable_group::VariableGroups,
        Kind::Environment => &super::environment::Environments,
        Kind::Check => &super::check::Checks,
        Kind::Pipeline => &super::pipeline::Pipelines,
        Kind::Permission => &super::permission::Permissions,
        Kind::Membership => &super::membership::Memberships,
    }
}
