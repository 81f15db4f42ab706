//! Service connections to Azure: one for the platform and one for each environment.

use super::{Scope, Wanted};
use crate::project::Project;
use crate::project::azure::{Id, Place};
use crate::remote::later::Later;
use crate::remote::resource::{Key, Kind, Resource};

/// The fact of an identity that its connection needs.
pub const CLIENT_ID: &str = "clientId";

/// A connection that the project needs.
#[derive(Clone, Debug)]
pub struct Connection<'a> {
    /// Its name.
    pub name: &'a str,
    /// The place that it leads to.
    pub place: &'a Place,
    /// What the place is: `platform`, `environment qa`.
    pub purpose: String,
}

/// The connections of a project, the platform's first, each name once.
pub fn connections(project: &Project) -> Vec<Connection<'_>> {
    let platform = &project.platform;
    let platform =
        Connection { name: platform.service_connection.as_str(), place: &platform.place, purpose: "platform".into() };
    let mut connections = vec![platform];
    for environment in &project.environments {
        let name = environment.service_connection.as_str();
        if !connections.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
            let purpose = format!("environment {}", environment.name);
            connections.push(Connection { name, place: &environment.place, purpose });
        }
    }
    connections
}

/// The environment variable that gives the client id of the identity behind a connection:
/// `AZURE_CLIENT_ID_DIABETES_QA`.
pub fn client_id_variable(connection: &str) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("AZURE_CLIENT_ID_{}", connection.chars().map(upper).collect::<String>())
}

/// The connections as resources.
///
/// A connection leads to a subscription; what it may touch there is decided by the roles of its identity, which are
/// given on the resource group (creation mode `Manual` has no scope of its own).
pub(super) fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
    connections(wanted.project).iter().map(|connection| one(wanted, connection)).collect()
}

fn one(wanted: &Wanted<'_>, connection: &Connection<'_>) -> Resource {
    let Connection { name, place, purpose } = connection;
    let identity = Key::new(Kind::Identity, *name);
    let client = match wanted.scope {
        Scope::Everything => Later::fact(identity.clone(), CLIENT_ID),
        Scope::DevOps => super::value(wanted, &client_id_variable(name)),
    };
    let id = |id: &Id| match id {
        Id::Guid(guid) => guid.as_str().into(),
        Id::Variable(name) => super::value(wanted, name.as_str()),
    };
    let resource = Resource::new(Kind::ServiceConnection, *name)
        .field("description", format!("Resource group {}: {purpose} of {}", place.resource_group, wanted.project.name))
        .field("url", "https://management.azure.com/")
        .field("authorization.scheme", "WorkloadIdentityFederation")
        .field("authorization.parameters.tenantid", id(&place.tenant))
        .field("authorization.parameters.serviceprincipalid", client)
        .field("data.environment", "AzureCloud")
        .field("data.scopeLevel", "Subscription")
        .field("data.subscriptionId", id(&place.subscription))
        .field("data.subscriptionName", subscription_name(wanted, &place.subscription))
        .needs(super::project_key(wanted.project))
        .owners(&["authorization.scheme"]);
    match wanted.scope {
        Scope::Everything => resource.needs(identity),
        Scope::DevOps => resource,
    }
}

/// The subscription's name as far as it is known: the service shows it, and takes any text.
fn subscription_name(wanted: &Wanted<'_>, id: &Id) -> serde_json::Value {
    match id {
        Id::Guid(guid) => guid.as_str().into(),
        Id::Variable(name) => super::value(wanted, name.as_str()),
    }
}
