//! The managed identity behind each service connection, and those of scoring, which need rights on the platform before
//! the first deployment.

use super::hash::sha256;
use super::{CONNECTION_TAG, Target, homes, tagged};
use crate::artifacts::infra::given::{Workload, workloads};
use crate::project::Project;
use crate::remote::resource::{Key, Kind, Resource};

/// Longest name of a user-assigned identity.
const LONGEST: usize = 128;
/// Longest value of a tag.
const LONGEST_TAG: usize = 256;

/// The identities of `targets`: one for each connection, in the group of the first place that it works on.
pub fn desired(project: &Project, targets: &[Target<'_>]) -> Vec<Resource> {
    let identity = |target: &&Target<'_>| {
        let connection = target.connection.as_str();
        let resource = Resource::new(Kind::Identity, connection)
            .field("name", name(connection))
            .field("scope", target.group_id())
            .field("location", target.place.location.as_str())
            .fixed(&["name", "scope", "location"])
            .needs(target.group_key());
        let tag: String = connection.chars().take(LONGEST_TAG).collect();
        tagged(resource, project, &[(CONNECTION_TAG, &tag)])
    };
    let workload = |target: &Target<'_>, workload: Workload| {
        let key = workload_key(&workload.name);
        let resource = Resource::new(Kind::Identity, &key)
            .field("name", workload.name)
            .field("scope", target.group_id())
            .field("location", target.place.location.as_str())
            .fixed(&["name", "scope", "location"])
            .needs(target.group_key());
        tagged(resource, project, &[(CONNECTION_TAG, &key)])
    };
    let connections = homes(targets);
    let scoring = targets.iter().flat_map(|target| {
        let all = target.environment.map(workloads).unwrap_or_default();
        all.into_iter().map(move |one| workload(target, one))
    });
    connections.iter().map(identity).chain(scoring).collect()
}

/// The key of an identity of scoring, which is its mark too; no connection has a slash in its name.
pub(super) fn workload_key(name: &str) -> String {
    format!("workload/{name}")
}

/// The id of an identity of the scoring of `target`.
pub(super) fn workload_id(target: &Target<'_>, name: &str) -> String {
    format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", target.group_id())
}

/// The key of a connection's identity.
pub fn key(connection: &str) -> Key {
    Key::new(Kind::Identity, connection)
}

/// Id of a connection's identity, which lives with `home`.
pub fn id(home: &Target<'_>) -> String {
    let name = name(home.connection.as_str());
    format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", home.group_id())
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
