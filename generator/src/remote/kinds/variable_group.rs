//! Variable groups: of a Key Vault, of plain values, of values that only the team knows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::field::{FieldError, FieldValue, Text, Typed, fields, get, get_map, put_map};
use crate::project::variables::{self, GroupContent, VaultOwner};
use crate::remote::desired::{Wanted, project_key};
use crate::remote::resource::{Fields, Key, Kind, Resource};

const DESCRIPTION: &str = "description";
const TYPE: &str = "type";
const VAULT: &str = "providerData.vault";
const CONNECTION: &str = "providerData.serviceEndpoint";
const VARIABLES: &str = "variables.";

/// What the field of a secret holds: that it is one, never its value.
const SECRET: &str = "(secret)";

/// A variable group.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableGroup<V = String> {
    /// Its description, without the mark.
    pub description: V,
    /// What kind of group it is, as the service says it: `Vsts`, `AzureKeyVault`.
    pub kind: String,
    /// The vault that its values come from.
    pub vault: Option<Vault>,
    /// Its variables, by name.
    pub variables: BTreeMap<String, Variable<V>>,
}

/// A Key Vault behind a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Vault {
    /// Its name.
    pub name: String,
    /// Name of the service connection that reads it.
    pub connection: String,
}

/// A variable of a group.
#[derive(Clone, Debug, PartialEq)]
pub enum Variable<V = String> {
    /// A value that everybody may read.
    Plain(V),
    /// A secret: nobody here knows its value.
    Secret,
}

impl Variable {
    /// Its value, or that it is a secret.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(value) => value,
            Self::Secret => SECRET,
        }
    }
}

impl<V: FieldValue> FieldValue for Variable<V> {
    fn to_value(&self) -> Option<Value> {
        match self {
            Self::Plain(value) => value.to_value(),
            Self::Secret => Some(SECRET.into()),
        }
    }

    fn from_value(value: Option<&Value>) -> Result<Self, &'static str> {
        if value.is_some_and(|value| value == SECRET) {
            Ok(Self::Secret)
        } else {
            V::from_value(value).map(Self::Plain)
        }
    }
}

impl<V: FieldValue> Typed for VariableGroup<V> {
    fn to_fields(&self) -> Fields {
        let vault = |part: fn(&Vault) -> &String| self.vault.as_ref().and_then(|vault| part(vault).to_value());
        let mut all = fields([
            (DESCRIPTION, self.description.to_value()),
            (TYPE, self.kind.to_value()),
            (VAULT, vault(|vault| &vault.name)),
            (CONNECTION, vault(|vault| &vault.connection)),
        ]);
        put_map(&mut all, VARIABLES, &self.variables);
        all
    }

    fn from_fields(fields: &Fields) -> Result<Self, FieldError> {
        let vault = match get::<Option<String>>(fields, VAULT)? {
            Some(name) => Some(Vault { name, connection: get(fields, CONNECTION)? }),
            None => None,
        };
        Ok(Self {
            description: get(fields, DESCRIPTION)?,
            kind: get(fields, TYPE)?,
            vault,
            variables: get_map(fields, VARIABLES)?,
        })
    }
}

/// The groups that a project wants.
pub fn desired(wanted: &Wanted<'_>) -> Vec<Resource> {
    wanted.project.variable_groups.iter().map(|group| one(wanted, group)).collect()
}

fn one(wanted: &Wanted<'_>, group: &variables::VariableGroup) -> Resource {
    let (vault, variables): (_, BTreeMap<String, Variable<Text>>) = match &group.content {
        GroupContent::KeyVault { vault, secrets } => {
            let secrets = secrets.iter().map(|secret| (secret.to_string(), Variable::Secret));
            (Some(vault_of(wanted, vault)), secrets.collect())
        }
        GroupContent::Plain(variables) => {
            let plain = |value: &str| Variable::Plain(value.into());
            (None, variables.iter().map(|(name, value)| (name.to_string(), plain(value.as_str()))).collect())
        }
        GroupContent::Named(names) => {
            let named = |name: &str| Variable::Plain(Text::variable(wanted.values, name));
            (None, names.iter().map(|name| (name.to_string(), named(name.as_str()))).collect())
        }
    };
    let kind = if vault.is_some() { "AzureKeyVault" } else { "Vsts" }.to_owned();
    let connection = vault.as_ref().map(|vault| Key::new(Kind::ServiceConnection, &vault.connection));
    let fields = VariableGroup { description: Text::from(group.description.as_str()), kind, vault, variables };
    let resource = Resource::new(Kind::VariableGroup, group.name.as_str())
        .with(&fields.to_fields())
        .fixed(&[TYPE])
        .needs(project_key(wanted.project));
    connection.into_iter().fold(resource, Resource::needs)
}

/// The vault of a group, and the connection that reads it.
fn vault_of(wanted: &Wanted<'_>, owner: &VaultOwner) -> Vault {
    let platform = &wanted.project.platform;
    let environment = match owner {
        VaultOwner::Platform => None,
        VaultOwner::Environment(name) => wanted.project.environments.iter().find(|other| other.name == *name),
    };
    let (name, connection) = match environment {
        Some(environment) => (environment.key_vault.as_str(), environment.service_connection.as_str()),
        None => (platform.key_vault.as_str(), platform.service_connection.as_str()),
    };
    Vault { name: name.to_owned(), connection: connection.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_struct_say_the_same() {
        let group = VariableGroup {
            description: Text::from("of the team"),
            kind: "Vsts".to_owned(),
            vault: None,
            variables: BTreeMap::from([
                ("REGION".to_owned(), Variable::Plain(Text::from("westeurope"))),
                ("OWNER".to_owned(), Variable::Plain(Text::variable(&BTreeMap::new(), "OWNER"))),
            ]),
        };
        let fields = group.to_fields();
        assert_eq!(VariableGroup::from_fields(&fields), Ok(group));
        let error = VariableGroup::<String>::from_fields(&fields).unwrap_err();
        assert_eq!(error.to_string(), "the field variables.OWNER cannot be used: it is not known yet");
        let vault = Vault { name: "kv-demo".to_owned(), connection: "demo-qa".to_owned() };
        let secrets = VariableGroup {
            description: String::new(),
            kind: "AzureKeyVault".to_owned(),
            vault: Some(vault),
            variables: BTreeMap::from([("key".to_owned(), Variable::Secret)]),
        };
        assert_eq!(VariableGroup::from_fields(&secrets.to_fields()), Ok(secrets));
    }
}
