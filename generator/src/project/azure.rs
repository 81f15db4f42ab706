//! The Azure side of a project: identifiers, places and names of resources.

use std::fmt;

use super::name::*;

/// A GUID in its canonical form (lower case, 8-4-4-4-12).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Guid(String);

impl Guid {
    /// Accepts a GUID in either case.
    ///
    /// # Errors
    /// That this is not one, as a phrase.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        let digits = text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
        if digits && lengths == [8, 4, 4, 4, 12] {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err("a GUID has the form 00000000-0000-0000-0000-000000000000".to_owned())
        }
    }

    /// The GUID, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A tenant's or subscription's id: written in the spec, or kept out of it in a pipeline variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Id {
    /// The id itself.
    Guid(Guid),
    /// The variable that holds it: of a variable group in pipelines, of the environment elsewhere.
    Variable(VariableName),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guid(guid) => f.write_str(guid.as_str()),
            Self::Variable(name) => write!(f, "${name}"),
        }
    }
}

/// Tenant, subscription, resource group and region: where a set of resources lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Entra tenant.
    pub tenant: Id,
    /// Subscription.
    pub subscription: Id,
    /// Resource group; the infrastructure pipeline creates it.
    pub resource_group: ResourceGroupName,
    /// Region.
    pub location: Location,
}

/// Where training lives, and the names of what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Where.
    pub place: Place,
    /// Service connection (Azure Resource Manager, workload identity federation) for this place.
    pub service_connection: DevOpsName,
    /// Azure ML workspace.
    pub workspace: WorkspaceName,
    /// Storage account with the containers below.
    pub storage: StorageAccountName,
    /// Key Vault of the workspace and of the training pipelines.
    pub key_vault: KeyVaultName,
    /// Container Registry for training environments and scoring images.
    pub registry: RegistryName,
    /// Application Insights.
    pub app_insights: ResourceName,
    /// Log Analytics workspace under Application Insights.
    pub log_analytics: ResourceName,
    /// Managed identity of the training compute.
    pub training_identity: ResourceName,
    /// Managed identity of the Logic Apps that start pipelines.
    pub events_identity: ResourceName,
    /// Blob container for training data.
    pub data_container: ContainerName,
    /// Blob container for models and the champion.
    pub models_container: ContainerName,
    /// Five lower-case letters and digits that make global names unique: a hash of organization, project and name.
    pub suffix: String,
}
