//! What the services should hold for a project, kind by kind.

pub mod azure;
pub mod branch_policy;
pub mod check;
mod environment;
mod files;
pub mod membership;
pub mod permission;
pub mod pipeline;
mod project;
pub mod repository;
pub mod service_connection;
#[cfg(test)]
mod tests;
pub mod usage;
pub mod variable_group;

use std::collections::BTreeMap;

use serde_json::Value;

use super::content::Content;
use super::later::Later;
use super::resource::{Key, Kind, Resource};
use crate::project::Project;
use crate::project::azure::Id;
use crate::project::variables::GroupContent;
use crate::tree::RenderedTree;

/// What the desired resources are worked out from.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What the spec says.
    pub project: &'a Project,
    /// The rendered files.
    pub tree: &'a RenderedTree,
    /// The files that the repository shall hold: those, and what they are rendered from.
    pub content: &'a Content,
    /// Values that the spec leaves to variables (`AZURE_TENANT_ID`), as far as the environment has them.
    pub values: &'a BTreeMap<String, String>,
    /// Azure DevOps alone, or Azure too.
    pub scope: Scope,
}

/// How far the tool's hands go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Azure DevOps and what it needs in Azure.
    Everything,
    /// Azure DevOps alone: an administrator does the rest.
    DevOps,
}

/// A value that is needed and not there: what it is, and where it is looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not known: {next}")]
pub struct Missing {
    /// What is missing.
    pub what: String,
    /// How to give it.
    pub next: String,
}

impl Missing {
    /// A value that an environment variable gives.
    pub fn variable(name: &str) -> Self {
        Self { what: name.to_owned(), next: format!("set the environment variable {name}") }
    }
}

/// Everything that `wanted` asks for, in order of kind and name.
///
/// # Errors
/// Every value that is missing.
pub fn desired(wanted: &Wanted<'_>) -> Result<Vec<Resource>, Vec<Missing>> {
    let mut resources: Vec<Resource> = vec![project::desired(wanted), repository::desired(wanted)];
    let mut missing: Vec<Missing> = Vec::new();
    if wanted.scope == Scope::Everything {
        match azure::desired(wanted) {
            Ok(found) => resources.extend(found),
            Err(lacks) => missing.extend(lacks),
        }
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    resources.extend(service_connection::desired(wanted));
    resources.extend(variable_group::desired(wanted));
    resources.extend(environment::desired(wanted));
    resources.extend(check::desired(wanted));
    resources.extend(pipeline::desired(wanted));
    resources.extend(permission::desired(wanted, &resources));
    resources.push(files::desired(wanted, &resources));
    resources.extend(branch_policy::desired(wanted));
    resources.extend(membership::desired(wanted)?);
    resources.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(resources)
}

/// The key of the team project.
fn project_key(project: &Project) -> Key {
    Key::new(Kind::Project, project.devops.project.as_str())
}

/// The value of an environment variable; where the environment does not have it, what is there already stays.
fn value(wanted: &Wanted<'_>, variable: &str) -> Value {
    wanted.values.get(variable).map_or_else(|| Later::kept(variable), |value| Value::from(value.as_str()))
}

/// The environment variables that [`desired`] asks for, in order: ids that the spec leaves open, values of groups, and
/// with [`Scope::DevOps`] the client ids behind the connections.
pub fn variables(project: &Project, scope: Scope) -> Vec<String> {
    let connections = service_connection::connections(project);
    let ids = connections.iter().flat_map(|connection| [&connection.place.tenant, &connection.place.subscription]);
    let mut names: Vec<String> = ids.filter_map(variable_of).collect();
    names.extend(project.variable_groups.iter().flat_map(|group| named(&group.content)));
    if scope == Scope::DevOps {
        names.extend(connections.iter().map(|connection| service_connection::client_id_variable(connection.name)));
    }
    names.sort();
    names.dedup();
    names
}

fn variable_of(id: &Id) -> Option<String> {
    match id {
        Id::Guid(_) => None,
        Id::Variable(name) => Some(name.to_string()),
    }
}

fn named(content: &GroupContent) -> Vec<String> {
    match content {
        GroupContent::Named(names) => names.iter().map(ToString::to_string).collect(),
        GroupContent::KeyVault { .. } | GroupContent::Plain(_) => Vec::new(),
    }
}
