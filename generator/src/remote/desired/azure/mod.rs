//! What Azure should hold before the first pipeline can run: groups, the identities behind service connections with
//! their trust and their roles, and what `infra/` describes.

mod all;

use std::collections::BTreeMap;

use super::Missing;
use crate::project::azure::{Id, Place};
use crate::project::name::DevOpsName;
use crate::project::{Project, environment::Environment};
use crate::remote::resource::{Key, Kind};

pub use all::desired;

/// One place: the platform or an environment.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// `platform`, or the environment's name: also the deployment's name, as in the pipeline `infrastructure`.
    pub name: &'a str,
    /// Folder of its template: `infra/platform`.
    pub folder: String,
    /// Where it is.
    pub place: &'a Place,
    /// The subscription's id.
    pub subscription: String,
    /// The service connection that works there.
    pub connection: &'a DevOpsName,
    /// The environment; `None` for the platform.
    pub environment: Option<&'a Environment>,
}

impl Target<'_> {
    /// The id of its resource group.
    pub fn group_id(&self) -> String {
        group_id(&self.subscription, self.place)
    }

    /// The key of its resource group.
    pub fn group_key(&self) -> Key {
        Key::new(Kind::ResourceGroup, self.place.resource_group.as_str())
    }
}

/// The id of the resource group of a place in `subscription`.
pub fn group_id(subscription: &str, place: &Place) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{}", place.resource_group)
}

/// All places of `project`: the platform first, then environments in order of promotion.
///
/// # Errors
/// Each id that is left to a variable which `values` does not have, or whose value is no GUID.
pub fn targets<'a>(project: &'a Project, values: &BTreeMap<String, String>) -> Result<Vec<Target<'a>>, Vec<Missing>> {
    let platform = &project.platform;
    let environments = project.environments.iter().map(|environment| {
        let name = environment.name.as_str();
        let folder = format!("infra/environments/{name}");
        (name, folder, &environment.place, &environment.service_connection, Some(environment))
    });
    let platform = ("platform", "infra/platform".to_owned(), &platform.place, &platform.service_connection, None);
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (name, folder, place, connection, environment) in std::iter::once(platform).chain(environments) {
        match id(&place.subscription, values) {
            Ok(subscription) => found.push(Target { name, folder, place, subscription, connection, environment }),
            Err(what) if missing.contains(&what) => {}
            Err(what) => missing.push(what),
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(missing) }
}

/// An id that the spec holds or leaves to a variable.
///
/// # Errors
/// The variable, if `values` lacks it or holds something else than a GUID.
pub fn id(id: &Id, values: &BTreeMap<String, String>) -> Result<String, Missing> {
    let name = match id {
        Id::Guid(guid) => return Ok(guid.as_str().to_owned()),
        Id::Variable(name) => name.as_str(),
    };
    match values.get(name).map(|value| value.trim()).filter(|value| !value.is_empty()) {
        None => Err(Missing::variable(name)),
        Some(value) => uuid::Uuid::parse_str(value).map(|id| id.to_string()).map_err(|_| Missing {
            what: format!("{name} (its value is no GUID, so the id)"),
            next: format!("set the environment variable {name} to a GUID"),
        }),
    }
}

/// The first place of each service connection: there its identity lives.
pub fn homes<'a, 'b>(targets: &'b [Target<'a>]) -> Vec<&'b Target<'a>> {
    let mut homes: Vec<&Target<'_>> = Vec::new();
    for target in targets {
        if !homes.iter().any(|home| same(home.connection, target.connection)) {
            homes.push(target);
        }
    }
    homes
}

/// Whether two names are of the same connection: Azure DevOps does not tell them apart by case.
fn same(a: &DevOpsName, b: &DevOpsName) -> bool {
    a.as_str().eq_ignore_ascii_case(b.as_str())
}

/// A GUID that depends on `parts` only, as version 5 of RFC 9562 makes it: the same call names the same resource.
pub fn guid(parts: &[&str]) -> String {
    let name: String = parts.iter().map(|part| format!("{}:{part};", part.len())).collect();
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, format!("mlops-gen:{name}").as_bytes()).to_string()
}

#[cfg(test)]
mod tests;
