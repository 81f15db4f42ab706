//! `azure:`, and the places of environments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where training lives: workspace, compute, storage, vault, registry, monitoring.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AzureSpec {
    /// Entra tenant. Left out, it is the pipeline variable `AZURE_TENANT_ID`.
    pub tenant: Option<IdSpec>,
    /// Subscription. Left out, it is the pipeline variable `AZURE_SUBSCRIPTION_ID`.
    pub subscription: Option<IdSpec>,
    /// Resource group; the infrastructure pipeline creates it. Left out: `<project>-platform`.
    pub resource_group: Option<String>,
    /// Region, in its short form: `westeurope`.
    #[schemars(extend("x-required" = true))]
    pub location: Option<String>,
    /// Service connection of Azure DevOps for this place. Left out: `<project>-platform`.
    pub service_connection: Option<String>,
    /// Five lower-case letters and digits at the end of names that must be unique in Azure. Left out, they are a hash
    /// of organization, project and name, so that they stay the same.
    pub suffix: Option<String>,
    /// Names of resources, where the derived ones do not suit.
    pub names: PlatformNamesSpec,
}

/// An id: a GUID, or the variable that holds it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum IdSpec {
    /// The GUID.
    Guid(String),
    /// The variable that holds it, so that the file holds no ids.
    Variable(VariableRef),
}

/// A variable that holds an id.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct VariableRef {
    /// Its name, as in `AZURE_TENANT_ID`.
    #[schemars(extend("x-required" = true))]
    pub variable: Option<String>,
}

/// Names of the platform's resources. Each is derived from the project's name unless it stands here.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PlatformNamesSpec {
    /// Azure ML workspace.
    pub workspace: Option<String>,
    /// Storage account: 3 to 24 lower-case letters and digits, unique in all of Azure.
    pub storage: Option<String>,
    /// Key Vault: 3 to 24 letters, digits and hyphens, unique in all of Azure.
    pub key_vault: Option<String>,
    /// Container Registry: 5 to 50 letters and digits, unique in all of Azure.
    pub registry: Option<String>,
    /// Application Insights.
    pub app_insights: Option<String>,
    /// Log Analytics workspace.
    pub log_analytics: Option<String>,
    /// Managed identity of the training compute.
    pub training_identity: Option<String>,
    /// Managed identity of the Logic Apps that start pipelines.
    pub events_identity: Option<String>,
    /// Blob container for training data.
    pub data_container: Option<String>,
    /// Blob container for models and the champion.
    pub models_container: Option<String>,
}

/// Where an environment lives. What is left out is the platform's, save the resource group: each has its own.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PlaceSpec {
    /// Entra tenant, which must be the platform's. Left out: just that.
    pub tenant: Option<IdSpec>,
    /// Subscription. Left out: the platform's.
    pub subscription: Option<IdSpec>,
    /// Resource group; the infrastructure pipeline creates it. Left out: `<project>-<environment>`.
    pub resource_group: Option<String>,
    /// Region, in its short form. Left out: the platform's.
    pub location: Option<String>,
}
