//! Service connections to Azure: one for the platform and one for each environment.

use std::collections::BTreeMap;

use super::field::{FieldError, FieldValue, Text, Typed, fields, get, get_map, put_map};
use super::identity::CLIENT_ID;
use crate::project::Project;
use crate::project::azure::{Id, Place};
use crate::remote::desired::{Scope, Wanted, project_key};
use crate::remote::later::Later;
use crate::remote::resource::{Fields, Key, Kind, Resource};

const DESCRIPTION: &str = "description";
const URL: &str = "url";
const SCHEME: &str = "authorization.scheme";
const PARAMETERS: &str = "authorization.parameters.";
const DATA: &str = "data.";

/// A service connection.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceConnection<V = String> {
    /// Its description, without the mark.
    pub description: V,
    /// The address that it leads to.
    pub url: V,
    /// How it signs in.
    pub scheme: V,
    /// What that scheme needs, under the service's own names.
    pub parameters: BTreeMap<String, V>,
    /// What a connection to Azure says besides, under the service's own names.
    pub data: BTreeMap<String, V>,
}

impl<V: FieldValue> Typed for ServiceConnection<V> {
    fn to_fields(&self) -> Fields {
        let mut all = fields([
            (DESCRIPTION, self.description.to_value()),
            (URL, self.url.to_value()),
            (SCHEME, self.scheme.to_value()),
        ]);
        put_map(&mut all, PARAMETERS, &self.parameters);
        put_map(&mut all, DATA, &self.data);
        all
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        Ok(Self {
            description: get(fields, DESCRIPTION)?,
            url: get(fields, URL)?,
            scheme: get(fields, SCHEME)?,
            parameters: get_map(fields, PARAMETERS)?,
            data: get_map(fields, DATA)?,
        })
    }
}

/// The fact: issuer of the connection's tokens, as the service says it.
pub const ISSUER: &str = "federation.issuer";
/// The fact: subject of the connection's tokens, as the service says it.
pub const SUBJECT: &str = "federation.subject";

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
pub(crate) fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
    connections(wanted.project).iter().map(|connection| one(wanted, connection)).collect()
}

fn one(wanted: &Wanted<'_>, connection: &Connection<'_>) -> Resource {
    let Connection { name, place, purpose } = connection;
    let identity = Key::new(Kind::Identity, *name);
    let client = match wanted.scope {
        Scope::Everything => Text::Later(Later::Fact { of: identity.clone(), fact: CLIENT_ID.to_owned() }),
        Scope::DevOps => Text::variable(wanted.values, &client_id_variable(name)),
    };
    let id = |id: &Id| match id {
        Id::Guid(guid) => guid.as_str().into(),
        Id::Variable(name) => Text::variable(wanted.values, name.as_str()),
    };
    let named = |(name, value): (&str, Text)| (name.to_owned(), value);
    let parameters = [("tenantid", id(&place.tenant)), ("serviceprincipalid", client)];
    let data = [
        ("environment", "AzureCloud".into()),
        ("scopeLevel", "Subscription".into()),
        ("subscriptionId", id(&place.subscription)),
        // as far as it is known: the service shows it, and takes any text
        ("subscriptionName", id(&place.subscription)),
    ];
    let connection = ServiceConnection {
        description: format!("Resource group {}: {purpose} of {}", place.resource_group, wanted.project.name).into(),
        url: "https://management.azure.com/".into(),
        scheme: "WorkloadIdentityFederation".into(),
        parameters: parameters.map(named).into(),
        data: data.map(named).into(),
    };
    let resource = Resource::new(Kind::ServiceConnection, *name)
        .with(&connection.to_fields())
        .needs(project_key(wanted.project))
        .owners(&[SCHEME]);
    match wanted.scope {
        Scope::Everything => resource.needs(identity),
        Scope::DevOps => resource,
    }
}
