//! Which pipelines may use what: exactly those whose YAML names it.

use super::usage::{self, Users};
use super::{Wanted, pipeline};
use crate::remote::resource::{Key, Kind, Resource};

/// The word for agent queues in names of permissions: they are used, not made, so they have no kind.
pub const QUEUE: &str = "queue";

/// The key of the permission on a resource: `permission/variable-group/diabetes-settings`.
pub fn key(kind: &str, name: &str) -> Key {
    Key::new(Kind::Permission, format!("{kind}/{name}"))
}

/// The permissions as resources: one for each connection, group and environment of the project, used or not, and one for
/// each agent queue that is used. Nothing is open to all.
pub(super) fn desired(wanted: &Wanted<'_>, resources: &[Resource]) -> Vec<Resource> {
    let usage = usage::of(wanted.tree);
    let on_things = resources.iter().filter_map(|resource| {
        let users = match resource.key.kind {
            Kind::ServiceConnection => &usage.connections,
            Kind::VariableGroup => &usage.groups,
            Kind::Environment => &usage.environments,
            _ => return None,
        };
        let users = users_of(users, &resource.key.name);
        let permission = permission(resource.key.kind.as_str(), &resource.key.name, &users);
        Some(permission.field("allPipelines", false).needs(resource.key.clone()))
    });
    let on_queues = usage.queues.iter().map(|(name, users)| {
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        permission(QUEUE, name, &users)
    });
    on_things.chain(on_queues).collect()
}

fn permission(kind: &str, name: &str, users: &[&str]) -> Resource {
    let resource = Resource { key: key(kind, name), ..Resource::new(Kind::Permission, "") }.field("pipelines", users);
    users.iter().fold(resource, |resource, user| resource.needs(pipeline::key(user)))
}

/// The pipelines that use a resource, in order; names do not mind case.
fn users_of<'a>(users: &'a Users, name: &str) -> Vec<&'a str> {
    let of_name = users.iter().filter(|(used, _)| used.to_lowercase() == name.to_lowercase());
    let mut found: Vec<&str> = of_name.flat_map(|(_, users)| users).map(String::as_str).collect();
    found.sort_unstable();
    found.dedup();
    found
}
