//! Variable groups.

use std::collections::BTreeMap;

use async_trait::async_trait;
use devops_client::api::variable_groups::{KeyVaultProvider, NewVariableGroup, VariableGroup, VariableGroupKind};
use devops_client::api::variables::Variable;
use devops_client::{Extra, ServiceEndpointId, VariableGroupId};
use serde_json::Value;

use super::error::RemoteError;
use super::handler::Handler;
use super::lookup::Operation;
use super::marked;
use super::site::Site;
use crate::remote::kinds::field::Typed as _;
use crate::remote::kinds::variable_group as kind;
use crate::remote::observed::{Observed, State};
use crate::remote::resource::{Key, Kind, Resource};

/// Names of connections by id, as far as the project sees them.
type Connections = BTreeMap<ServiceEndpointId, String>;

/// Variable groups.
pub struct VariableGroups;

#[async_trait]
impl Handler for VariableGroups {
    async fn observe(&self, at: &Site, wanted: &[&Resource]) -> Result<State, RemoteError> {
        let list = at.devops.variable_groups().list().all().await;
        let list = list.map_err(|error| RemoteError::listing("variable groups", &error))?;
        let connections = match list.iter().any(|group| group.provider_data.is_some()) {
            true => at.devops.service_endpoints().list().all().await,
            false => Ok(Vec::new()),
        };
        let connections = connections.map_err(|error| RemoteError::listing("service connections", &error))?;
        let connections: Connections = connections.into_iter().map(|found| (found.id, found.name)).collect();
        let see = |group: &VariableGroup, _: Option<&Resource>| observed(at, group, &connections);
        Ok(marked::sort(Kind::VariableGroup, &list, wanted, |group| group.name.as_str(), see))
    }

    async fn create(&self, at: &Site, wanted: &Resource) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "create", &wanted.key);
        let group: kind::VariableGroup = operation.wanted(wanted)?;
        let (provider, connections) = provider(operation, group.vault.as_ref()).await?;
        let mut new = match &provider {
            Some(provider) => {
                NewVariableGroup::key_vault(&wanted.key.name, provider.service_endpoint_id, &provider.vault)
            }
            None => NewVariableGroup::plain(&wanted.key.name),
        };
        new = new.description(marked::put(at, &group.description));
        for (name, variable) in &group.variables {
            new = match provider {
                Some(_) => new.secret(name),
                None => new.variable(name, variable.text()),
            };
        }
        let new = new.project(operation.project().await?);
        let groups = at.devops.variable_groups();
        match groups.create(&new).await {
            Err(error) if error.is_already_exists() => {
                let found = groups.find(&wanted.key.name).await.map_err(|error| operation.failed(error))?;
                let ours = found.map(|found| observed(at, &found, &connections)).filter(Observed::is_ours);
                self.update(at, wanted, &ours.ok_or_else(|| operation.taken())?).await
            }
            made => Ok(observed(at, &made.map_err(|error| operation.failed(error))?, &connections)),
        }
    }

    async fn update(&self, at: &Site, wanted: &Resource, found: &Observed) -> Result<Observed, RemoteError> {
        let operation = Operation::new(at, "update", &wanted.key);
        let groups = at.devops.variable_groups();
        let group = groups.get(id(operation, found)?).await.map_err(|error| operation.failed(error))?;
        let mut group = group.ok_or_else(|| operation.gone())?;
        let want: kind::VariableGroup = operation.wanted(wanted)?;
        let (provider, connections) = provider(operation, want.vault.as_ref()).await?;
        let description = marked::put(at, &want.description);
        let mut kept = std::mem::take(&mut group.variables);
        for (name, variable) in &want.variables {
            let old = kept.remove(name);
            let variable = match (&provider, old) {
                // A secret of the vault: what the service knows of it stays.
                (Some(_), Some(old)) if old.is_secret() => old,
                (Some(_), _) => secret(),
                (None, old) => {
                    let extra = old.map(|old| old.extra).unwrap_or_default();
                    Variable { extra, ..Variable::plain(variable.text()) }
                }
            };
            group.variables.insert(name.clone(), variable);
        }
        if let Some(provider) = provider {
            let old = group.provider_data.take();
            let extra = old.as_ref().map(|old| old.extra.clone()).unwrap_or_default();
            let refreshed = old.and_then(|old| old.last_refreshed_on);
            group.provider_data = Some(KeyVaultProvider { extra, last_refreshed_on: refreshed, ..provider });
        }
        for shared in &mut group.variable_group_project_references {
            if shared.project_reference.name.as_deref() == Some(at.project.devops.project.as_str()) {
                shared.description = Some(description.clone());
            }
        }
        group.description = Some(description);
        let changed = groups.update(&group).await.map_err(|error| operation.failed(error))?;
        Ok(observed(at, &changed, &connections))
    }

    async fn delete(&self, at: &Site, key: &Key, found: &Observed) -> Result<(), RemoteError> {
        let operation = Operation::new(at, "delete", key);
        let project = operation.project().await?.id;
        let deleted = at.devops.variable_groups().delete(id(operation, found)?, &[project]).await;
        deleted.map_err(|error| operation.failed(error))
    }
}

fn id(operation: Operation<'_>, found: &Observed) -> Result<VariableGroupId, RemoteError> {
    let id = found.id.parse().map(VariableGroupId);
    id.map_err(|_| operation.error(format!("`{}` is no id of a variable group", found.id), "run apply again"))
}

/// The vault and connection that are wanted, and the name of that connection.
async fn provider(
    operation: Operation<'_>,
    vault: Option<&kind::Vault>,
) -> Result<(Option<KeyVaultProvider>, Connections), RemoteError> {
    let Some(kind::Vault { name, connection }) = vault else { return Ok((None, Connections::new())) };
    let id = operation.connection(connection).await?;
    let provider =
        KeyVaultProvider { service_endpoint_id: id, vault: name.clone(), last_refreshed_on: None, extra: Extra::new() };
    Ok((Some(provider), Connections::from([(id, connection.clone())])))
}

/// A variable that stands for a secret of the vault.
fn secret() -> Variable {
    let extra = [("enabled", true.into()), ("contentType", "".into()), ("expires", Value::Null)];
    let extra = extra.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Variable { content: devops_client::api::variables::VariableContent::Secret(None), extra }
}

fn observed(at: &Site, group: &VariableGroup, connections: &Connections) -> Observed {
    let description = group.description.as_deref();
    let vault = match (&group.kind, &group.provider_data) {
        (VariableGroupKind::AzureKeyVault, Some(provider)) => {
            let id = provider.service_endpoint_id;
            let connection = connections.get(&id).cloned().unwrap_or_else(|| id.to_string());
            Some(kind::Vault { name: provider.vault.clone(), connection })
        }
        _ => None,
    };
    let variables = group.variables.iter().map(|(name, variable)| {
        let value = variable.value().map(|value| kind::Variable::Plain(value.to_owned()));
        (name.clone(), value.unwrap_or(kind::Variable::Secret))
    });
    let found = kind::VariableGroup {
        description: marked::plain(at, description).to_owned(),
        kind: group.kind.as_str().to_owned(),
        vault,
        variables: variables.collect(),
    };
    Observed::new(group.id.to_string(), marked::owner(at, description), found.to_fields())
}
