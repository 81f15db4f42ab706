//! The managed identity behind each service connection, and those of scoring, which need rights on the platform before
//! the first deployment.

use super::field::{FieldError, FieldValue, Typed, fields, get};
use super::tags::{self, CONNECTION_TAG, Tags};
use crate::artifacts::infra::given::workloads;
use crate::project::Project;
use crate::remote::desired::azure::{Target, homes};
use crate::remote::resource::{Fields, Key, Kind, Resource};
use crate::tree::lock::sha256;

const NAME: &str = "name";
const SCOPE: &str = "scope";
const LOCATION: &str = "location";

/// Fact: the id by which it signs in.
pub const CLIENT_ID: &str = "clientId";
/// Fact: the object id of its service principal.
pub const PRINCIPAL_ID: &str = "principalId";

/// Longest name of a user-assigned identity.
const LONGEST: usize = 128;
/// Longest value of a tag.
const LONGEST_TAG: usize = 256;

/// A user-assigned identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name in Azure.
    pub name: String,
    /// Id of its resource group.
    pub scope: String,
    /// Its region in the short form.
    pub location: String,
    /// Its tags.
    pub tags: Tags,
}

impl Identity {
    /// Its id in Azure.
    pub fn id(&self) -> String {
        id_in(&self.scope, &self.name)
    }
}

impl Typed for Identity {
    fn to_fields(&self) -> Fields {
        let (name, scope) = (self.name.to_value(), self.scope.to_value());
        let mut all = fields([(NAME, name), (SCOPE, scope), (LOCATION, self.location.to_value())]);
        tags::put(&mut all, &self.tags);
        all
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self {
            name: get(fields, NAME)?,
            scope: get(fields, SCOPE)?,
            location: get(fields, LOCATION)?,
            tags: tags::get(fields)?,
        })
    }
}

/// The identities of `targets`: one for each connection, in the group of the first place that it works on.
pub(crate) fn desired(project: &Project, targets: &[Target<'_>]) -> Vec<Resource> {
    let identity = |key: Key, target: &Target<'_>, name: String, tag: &str| {
        let identity = Identity {
            name,
            scope: target.group_id(),
            location: target.place.location.as_str().to_owned(),
            tags: tags::of(project, CONNECTION_TAG, tag),
        };
        Resource::of(key).with(&identity.to_fields()).fixed(&[NAME, SCOPE, LOCATION]).needs(target.group_key())
    };
    let connections = homes(targets).into_iter().map(|target| {
        let connection = target.connection.as_str();
        let tag: String = connection.chars().take(LONGEST_TAG).collect();
        identity(key(connection), target, name(connection), &tag)
    });
    let scoring = targets.iter().flat_map(|target| {
        let all = target.environment.map(workloads).unwrap_or_default();
        all.into_iter().map(move |workload| (target, workload))
    });
    let scoring = scoring.map(|(target, workload)| {
        let mark = workload_key(&workload.name);
        identity(key(&mark), target, workload.name, &mark)
    });
    connections.chain(scoring).collect()
}

/// The key of an identity of scoring, which is its mark too; no connection has a slash in its name.
pub(super) fn workload_key(name: &str) -> String {
    format!("workload/{name}")
}

/// The id of an identity of the scoring of `target`.
pub(super) fn workload_id(target: &Target<'_>, name: &str) -> String {
    id_in(&target.group_id(), name)
}

/// The key of a connection's identity.
pub fn key(connection: &str) -> Key {
    Key::new(Kind::Identity, connection)
}

/// Id of a connection's identity, which lives with `home`.
pub fn id(home: &Target<'_>) -> String {
    id_in(&home.group_id(), &name(home.connection.as_str()))
}

/// Id of the identity of this name in a group.
pub(super) fn id_in(group: &str, name: &str) -> String {
    format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}")
}

/// Name of a connection's identity: letters, digits and hyphens, starting with a letter or digit. A name that had to be
/// changed to fit ends in a hash of the connection's, so that two connections never share an identity.
pub fn name(connection: &str) -> String {
    let mapped: String = connection
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let kept = mapped.trim_matches('-');
    let room = LONGEST - "-connection-".len() - 8;
    if kept == connection && kept.len() <= room {
        return format!("{kept}-connection");
    }
    let short: String = kept.chars().take(room).collect();
    let hash = &sha256(connection.as_bytes())[..8];
    if short.is_empty() { format!("connection-{hash}") } else { format!("{short}-connection-{hash}") }
}
