//! Service principals, groups and memberships. (Document: graph.) They live on the host of identities.
//!
//! ```no_run
//! # use devops_client::{Client, IdentityId, Result};
//! use devops_client::api::graph::Descriptor;
//!
//! # async fn example(client: Client, principal: IdentityId, group: Descriptor) -> Result<()> {
//! let made = client.graph().add_service_principal(principal, &group).await?;
//! assert!(client.graph().is_active(&made.descriptor).await?);
//! # Ok(())
//! # }
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::{IdentityId, ProjectId};
use crate::page::Pages;

/// The name by which the Graph knows somebody, or a scope: a kind, a dot, and an encoded id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Descriptor(String);

impl Descriptor {
    /// A descriptor that the service gave earlier.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, as the service gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Group {
    /// Its descriptor.
    pub descriptor: Descriptor,
    /// Its name with that of its scope: `[shop]\Contributors`.
    #[serde(default)]
    pub principal_name: String,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A service principal of Entra, such as a managed identity, that the organization knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServicePrincipal {
    /// Its descriptor.
    pub descriptor: Descriptor,
    /// Its object id in Entra: of a managed identity, the principal id.
    #[serde(default)]
    pub origin_id: String,
    /// The name shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// That somebody is in a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Membership {
    /// The group.
    pub container_descriptor: Descriptor,
    /// Who is in it.
    pub member_descriptor: Descriptor,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Origin {
    origin_id: IdentityId,
}

#[derive(Deserialize)]
struct Found {
    value: Descriptor,
}

#[derive(Deserialize)]
struct State {
    active: bool,
}

/// The Graph of an organization.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(crate) client: Client,
}

impl Client {
    /// Service principals, groups and who is a member of them.
    pub fn graph(&self) -> Graph {
        Graph { client: self.clone() }
    }
}

impl Graph {
    fn route(&self) -> Route {
        self.client.identity_org().preview()
    }

    fn principals(&self) -> Route {
        self.route().path("_apis/graph/serviceprincipals")
    }

    fn memberships(&self, member: &Descriptor) -> Route {
        self.route().path("_apis/graph/memberships").segment(member)
    }

    /// The descriptor of a project, in which its groups are.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn scope(&self, project: ProjectId) -> Result<Descriptor> {
        let found: Found = self.route().path("_apis/graph/descriptors").segment(project).get()?.json().await?;
        Ok(found.value)
    }

    /// The groups of a scope.
    pub fn groups(&self, scope: &Descriptor) -> Pages<Group> {
        Pages::new(self.route().path("_apis/graph/groups").query("scopeDescriptor", scope).get())
    }

    /// A group, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn group(&self, group: &Descriptor) -> Result<Option<Group>> {
        self.route().path("_apis/graph/groups").segment(group).get()?.optional().await
    }

    /// All service principals, those that were removed too.
    pub fn service_principals(&self) -> Pages<ServicePrincipal> {
        Pages::new(self.principals().get())
    }

    /// Takes a service principal of Entra into the organization and into a group of it; `origin` is its object id. One
    /// that was removed earlier comes back. It may be done again.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn add_service_principal(&self, origin: IdentityId, group: &Descriptor) -> Result<ServicePrincipal> {
        let made = || async {
            let same = |found: &ServicePrincipal| found.origin_id.eq_ignore_ascii_case(&origin.to_string());
            let Some(found) = self.service_principals().find(same).await? else { return Ok(None) };
            Ok(self.membership(&found.descriptor, group).await?.map(|_| found))
        };
        let call = self.principals().query("groupDescriptors", group).post(&Origin { origin_id: origin })?;
        call.once(Unique::Yes, made).await
    }

    /// Whether somebody takes part in the organization; whoever was removed does not.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn is_active(&self, subject: &Descriptor) -> Result<bool> {
        let found: State = self.route().path("_apis/graph/membershipstates").segment(subject).get()?.json().await?;
        Ok(found.active)
    }

    /// Removes a service principal from the organization. The service goes on showing it, as a member of nothing.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn remove_service_principal(&self, principal: &Descriptor) -> Result<()> {
        let active = || async { Ok(self.is_active(principal).await?.then_some(())) };
        self.principals().segment(principal).delete()?.gone(active).await
    }

    /// The groups that somebody is in, not those that these are in.
    pub fn memberships_of(&self, member: &Descriptor) -> Pages<Membership> {
        Pages::new(self.memberships(member).query("direction", "up").get())
    }

    /// Whether somebody is in a group, and how.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn membership(&self, member: &Descriptor, group: &Descriptor) -> Result<Option<Membership>> {
        self.memberships(member).segment(group).get()?.optional().await
    }

    /// Puts somebody into a group; whoever is in it stays.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn add_membership(&self, member: &Descriptor, group: &Descriptor) -> Result<Membership> {
        let call = self.memberships(member).segment(group).call(http::Method::PUT)?;
        call.once(Unique::Yes, || self.membership(member, group)).await
    }

    /// Takes somebody out of a group.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn remove_membership(&self, member: &Descriptor, group: &Descriptor) -> Result<()> {
        self.memberships(member).segment(group).delete()?.gone(|| self.membership(member, group)).await
    }
}
