//! Every kind together, and what they need from outside.

use super::{Missing, Scope, Wanted, azure};
use crate::project::Project;
use crate::project::azure::Id;
use crate::project::variables::GroupContent;
use crate::remote::kinds::{
    branch_policy, check, environment, files, membership, permission, pipeline, project, repository,
    service_connection, variable_group,
};
use crate::remote::resource::Resource;

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
