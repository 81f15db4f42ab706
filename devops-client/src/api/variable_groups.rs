//! Variable groups, of a library or of a Key Vault. (Document: taskAgent.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! use devops_client::api::{projects::TeamProject, variable_groups::NewVariableGroup};
//!
//! # async fn example(project: Project, team: TeamProject) -> Result<()> {
//! let group = NewVariableGroup::plain("settings").variable("REGION", "westeurope").project(&team);
//! project.variable_groups().create(&group).await?;
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::variables::Variable;
use super::{ProjectReference, SharedWith};
use crate::client::Project;
use crate::error::Result;
use crate::extra::Extra;
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::{ProjectId, ServiceEndpointId, VariableGroupId};
use crate::open_enum::open_enum;
use crate::page::{List, Pages};
use crate::time::Timestamp;

open_enum! {
    /// Where the values of a group are.
    VariableGroupKind {
        /// In the group.
        Vsts = "Vsts",
        /// In a Key Vault.
        AzureKeyVault = "AzureKeyVault",
    }
}

/// Which Key Vault a group maps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyVaultProvider {
    /// The service connection that reads the vault.
    pub service_endpoint_id: ServiceEndpointId,
    /// The vault's name.
    pub vault: String,
    /// When the names of the secrets were read last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_refreshed_on: Option<Timestamp>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A variable group to be made.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewVariableGroup {
    name: String,
    description: String,
    #[serde(rename = "type")]
    kind: VariableGroupKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_data: Option<KeyVaultProvider>,
    variables: BTreeMap<String, Variable>,
    variable_group_project_references: Vec<SharedWith>,
}

impl NewVariableGroup {
    /// A group that maps secrets of a Key Vault; name them with [`NewVariableGroup::secret`].
    pub fn key_vault(name: impl Into<String>, connection: ServiceEndpointId, vault: impl Into<String>) -> Self {
        let provider = KeyVaultProvider {
            service_endpoint_id: connection,
            vault: vault.into(),
            last_refreshed_on: Some(Timestamp::from_system(SystemTime::now())),
            extra: Extra::new(),
        };
        Self { provider_data: Some(provider), kind: VariableGroupKind::AzureKeyVault, ..Self::plain(name) }
    }

    /// A group with its own values; give them with [`NewVariableGroup::variable`].
    pub fn plain(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            kind: VariableGroupKind::Vsts,
            provider_data: None,
            variables: BTreeMap::new(),
            variable_group_project_references: Vec::new(),
        }
    }

    /// With a description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        for shared in &mut self.variable_group_project_references {
            shared.description = Some(self.description.clone());
        }
        self
    }

    /// With a secret of the vault, by its name there.
    pub fn secret(mut self, name: impl Into<String>) -> Self {
        self.variables.insert(name.into(), Variable::key_vault());
        self
    }

    /// With secrets of the vault, by their names there.
    pub fn secrets<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.variables.extend(names.into_iter().map(|name| (name.into(), Variable::key_vault())));
        self
    }

    /// With a variable; a [`crate::Secret`] makes a secret one.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Variable>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Known in a project. At least one is needed.
    pub fn project(mut self, project: impl Into<ProjectReference>) -> Self {
        self.variable_group_project_references.push(SharedWith {
            name: Some(self.name.clone()),
            description: Some(self.description.clone()),
            project_reference: project.into(),
            extra: Extra::new(),
        });
        self
    }

    fn is_in(&self, group: &VariableGroup) -> bool {
        self.kind == group.kind
            && self.variables.len() == group.variables.len()
            && self
                .variables
                .iter()
                .all(|(name, wanted)| group.variables.get(name).is_some_and(|found| found.matches(wanted)))
    }
}

/// A variable group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct VariableGroup {
    /// Its id.
    pub id: VariableGroupId,
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where its values are.
    #[serde(rename = "type")]
    pub kind: VariableGroupKind,
    /// Which vault it maps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_data: Option<KeyVaultProvider>,
    /// Its variables.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub variables: BTreeMap<String, Variable>,
    /// Where it is known.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub variable_group_project_references: Vec<SharedWith>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

impl VariableGroup {
    /// Whether this is what a PUT of `wanted` leaves behind, as far as it can be seen.
    fn is_as(&self, wanted: &VariableGroup) -> bool {
        let text = |group: &VariableGroup| group.description.clone().unwrap_or_default();
        self.name == wanted.name
            && text(self) == text(wanted)
            && self.kind == wanted.kind
            && self.provider_data.as_ref().map(|p| (&p.vault, p.service_endpoint_id))
                == wanted.provider_data.as_ref().map(|p| (&p.vault, p.service_endpoint_id))
            && self.variables.len() == wanted.variables.len()
            && wanted.variables.iter().all(|(name, value)| self.variables.get(name).is_some_and(|v| v.matches(value)))
    }
}

/// What may be sent back of the fields without name: not those that the service alone sets.
fn writable(extra: &Extra) -> Extra {
    const READ_ONLY: &[&str] = &["createdBy", "createdOn", "isShared", "modifiedBy", "modifiedOn"];
    extra.iter().filter(|(key, _)| !READ_ONLY.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Variable groups of a project. They live in the organization and are shared with projects.
#[derive(Debug, Clone)]
pub struct VariableGroups {
    pub(crate) project: Project,
}

impl Project {
    /// Variable groups.
    pub fn variable_groups(&self) -> VariableGroups {
        VariableGroups { project: self.clone() }
    }
}

impl VariableGroups {
    fn here(&self) -> Route {
        self.project.route().path("_apis/distributedtask/variablegroups")
    }

    fn everywhere(&self) -> Route {
        self.project.client.org().path("_apis/distributedtask/variablegroups")
    }

    /// All groups known in the project.
    pub fn list(&self) -> Pages<VariableGroup> {
        Pages::new(self.here().query("$top", 100).get())
    }

    /// A group by id, if it is there. (The service answers `null` for a missing one.)
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn get(&self, id: VariableGroupId) -> Result<Option<VariableGroup>> {
        self.here().segment(id).get()?.optional().await
    }

    /// Groups by their ids; those that are not there are left out.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn get_many(&self, ids: &[VariableGroupId]) -> Result<Vec<VariableGroup>> {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let list: List<Option<VariableGroup>> = self.here().query("groupIds", ids.join(",")).get()?.json().await?;
        Ok(list.value.into_iter().flatten().collect())
    }

    /// A group by name, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn find(&self, name: &str) -> Result<Option<VariableGroup>> {
        // The service reads `*` in the name as a wildcard.
        let call = self.here().query("groupName", name).get();
        Pages::<VariableGroup>::new(call).find(|group| group.name.eq_ignore_ascii_case(name)).await
    }

    /// Makes a group.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn create(&self, group: &NewVariableGroup) -> Result<VariableGroup> {
        let made = || async { Ok(self.find(&group.name).await?.filter(|found| group.is_in(found))) };
        self.everywhere().post(group)?.once(Unique::Yes, made).await
    }

    /// Replaces a group. Read it, change it, and give it back: the PUT is a full replace, what is left out is
    /// removed, and there is no guard against a change made by others in between.
    ///
    /// # Errors
    /// What any call fails with.
    pub async fn update(&self, group: &VariableGroup) -> Result<VariableGroup> {
        let body = VariableGroup { extra: writable(&group.extra), ..group.clone() };
        let replaced = || async { Ok(self.get(group.id).await?.filter(|found| found.is_as(group))) };
        let secret = group.variables.values().any(Variable::hides);
        self.everywhere().segment(group.id).put(&body)?.blind(secret).once(Unique::No, replaced).await
    }

    /// Removes a group from projects; it is gone when it is in none.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn delete(&self, id: VariableGroupId, projects: &[ProjectId]) -> Result<()> {
        let projects: Vec<_> = projects.iter().map(ToString::to_string).collect();
        self.everywhere().segment(id).query("projectIds", projects.join(",")).delete()?.gone(|| self.get(id)).await
    }
}
