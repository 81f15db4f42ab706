//! What a service connection connects to, and how it signs in there.

use serde::{Deserialize, Serialize};

use crate::extra::{Extra, Parameters};
use crate::open_enum::open_enum;

open_enum! {
    /// What a connection connects to.
    ServiceEndpointKind {
        /// Azure Resource Manager.
        AzureRm = "AzureRM",
        /// A Docker registry, Azure Container Registry included.
        DockerRegistry = "dockerregistry",
        /// A Kubernetes cluster.
        Kubernetes = "kubernetes",
        /// A webhook that starts pipelines.
        IncomingWebhook = "incomingwebhook",
        /// Any address.
        Generic = "generic",
    }
}

/// The kind of a connection that is there, in the spelling of whoever made it: `azurerm` and `AzureRM` are one kind,
/// and the service takes no other spelling than the first one back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpelledKind(String);

impl SpelledKind {
    /// The kind.
    pub fn kind(&self) -> ServiceEndpointKind {
        ServiceEndpointKind::from(self.0.as_str())
    }
}

impl PartialEq for SpelledKind {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind()
    }
}

/// How a connection signs in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndpointAuthorization {
    /// The scheme, such as `WorkloadIdentityFederation`.
    #[serde(default)]
    pub scheme: String,
    /// Its parameters; secrets among them are never sent back by the service.
    #[serde(default)]
    pub parameters: Parameters,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}
