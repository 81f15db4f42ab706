//! Variable groups: of a Key Vault, of plain values, of values that only the team knows.

use serde_json::Value;

use super::Wanted;
use crate::project::variables::{GroupContent, VariableGroup, VaultOwner};
use crate::remote::resource::{Key, Kind, Resource};

/// What the field of a secret holds: that it is one, never its value.
pub const SECRET: &str = "(secret)";

/// The groups as resources.
pub(super) fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
    wanted.project.variable_groups.iter().map(|group| one(wanted, group)).collect()
}

fn one(wanted: &Wanted<'_>, group: &VariableGroup) -> Resource {
    let resource = Resource::new(Kind::VariableGroup, group.name.as_str())
        .field("description", group.description.as_str())
        .fixed(&["type"])
        .needs(super::project_key(wanted.project));
    match &group.content {
        GroupContent::KeyVault { vault, secrets } => {
            let (vault, connection) = vault_and_connection(wanted, vault);
            let resource = resource
                .field("type", "AzureKeyVault")
                .field("providerData.vault", vault)
                .field("providerData.serviceEndpoint", connection)
                .needs(Key::new(Kind::ServiceConnection, connection));
            secrets.iter().fold(resource, |resource, secret| resource.field(field(secret.as_str()), SECRET))
        }
        GroupContent::Plain(variables) => {
            let values = variables.iter().map(|(name, value)| (name.as_str(), value.as_str().into()));
            plain(resource, values)
        }
        GroupContent::Named(names) => {
            plain(resource, names.iter().map(|name| (name.as_str(), super::value(wanted, name.as_str()))))
        }
    }
}

fn plain<'a>(resource: Resource, variables: impl Iterator<Item = (&'a str, Value)>) -> Resource {
    variables.fold(resource.field("type", "Vsts"), |resource, (name, value)| resource.field(field(name), value))
}

/// The field of a variable.
fn field(variable: &str) -> String {
    format!("variables.{variable}")
}

/// The vault of a group, and the connection that reads it.
fn vault_and_connection<'a>(wanted: &Wanted<'a>, owner: &VaultOwner) -> (&'a str, &'a str) {
    let platform = &wanted.project.platform;
    let environment = match owner {
        VaultOwner::Platform => None,
        VaultOwner::Environment(name) => wanted.project.environments.iter().find(|other| other.name == *name),
    };
    match environment {
        Some(environment) => (environment.key_vault.as_str(), environment.service_connection.as_str()),
        None => (platform.key_vault.as_str(), platform.service_connection.as_str()),
    }
}
