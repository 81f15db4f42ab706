//! Service connections. (Document: serviceEndpoint; bodies after the Terraform provider azuredevops.)
//!
//! ```no_run
//! # use devops_client::{Project, Result};
//! use devops_client::api::{projects::TeamProject, service_endpoints::{AzureIdentity, NewServiceEndpoint}};
//!
//! # async fn example(project: Project, team: TeamProject) -> Result<()> {
//! let identity = AzureIdentity {
//!     tenant_id: "0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1a".to_owned(),
//!     client_id: "0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1b".to_owned(),
//!     subscription_id: "0f6b1a9e-5a2c-4a3f-9d5e-2b7c8d9e0f1c".to_owned(),
//!     subscription_name: "production".to_owned(),
//! };
//! let connection = NewServiceEndpoint::azure_rm("azure", &identity).project(&team);
//! let federation = project.service_endpoints().create(&connection).await?.federation();
//! # Ok(())
//! # }
//! ```

mod kind;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ProjectReference, SharedWith};
use crate::client::Project;
use crate::error::Result;
use crate::extra::{Extra, Parameters};
use crate::http::call::Unique;
use crate::http::route::Route;
use crate::id::{ProjectId, ServiceEndpointId};
use crate::page::Pages;
use crate::secret::Secret;
pub use kind::{EndpointAuthorization, ServiceEndpointKind, SpelledKind};

/// A service connection to be made.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewServiceEndpoint {
    name: String,
    description: String,
    #[serde(rename = "type")]
    kind: ServiceEndpointKind,
    url: String,
    owner: &'static str,
    data: Parameters,
    authorization: EndpointAuthorization,
    is_shared: bool,
    is_ready: bool,
    service_endpoint_project_references: Vec<SharedWith>,
}

/// An Azure subscription and the identity that works in it.
#[derive(Debug, Clone)]
pub struct AzureIdentity {
    /// The directory.
    pub tenant_id: String,
    /// The client id of the managed identity or application.
    pub client_id: String,
    /// The subscription.
    pub subscription_id: String,
    /// The subscription's name.
    pub subscription_name: String,
}

impl NewServiceEndpoint {
    /// Azure Resource Manager with workload identity federation. After it was made, wait until it is ready, read
    /// [`ServiceEndpoint::federation`], and give the identity a federated credential with that issuer and subject and
    /// the audience `api://AzureADTokenExchange`.
    pub fn azure_rm(name: impl Into<String>, identity: &AzureIdentity) -> Self {
        Self::new(name, ServiceEndpointKind::AzureRm, "https://management.azure.com/", "WorkloadIdentityFederation")
            .parameter("tenantid", &identity.tenant_id)
            .parameter("serviceprincipalid", &identity.client_id)
            .data("environment", "AzureCloud")
            .data("scopeLevel", "Subscription")
            .data("subscriptionId", &identity.subscription_id)
            .data("subscriptionName", &identity.subscription_name)
            .data("creationMode", "Manual")
    }

    /// An Azure Container Registry by workload identity federation: its login server (`x.azurecr.io`) and ARM id.
    pub fn container_registry(
        name: impl Into<String>,
        identity: &AzureIdentity,
        login_server: &str,
        registry_id: &str,
    ) -> Self {
        let url = ["https://", login_server].concat();
        Self::new(name, ServiceEndpointKind::DockerRegistry, &url, "WorkloadIdentityFederation")
            .parameter("tenantId", &identity.tenant_id)
            .parameter("serviceprincipalid", &identity.client_id)
            .parameter("loginServer", login_server)
            .parameter("scope", registry_id)
            .data("registryId", registry_id)
            .data("registrytype", "ACR")
            .data("subscriptionId", &identity.subscription_id)
            .data("subscriptionName", &identity.subscription_name)
            .data("creationMode", "Manual")
    }

    /// A cluster of Azure Kubernetes Service, reached by way of the subscription: its API server's address and ARM id.
    pub fn azure_kubernetes(
        name: impl Into<String>,
        identity: &AzureIdentity,
        server_url: &str,
        cluster_id: &str,
        namespace: &str,
        cluster_admin: bool,
    ) -> Self {
        Self::new(name, ServiceEndpointKind::Kubernetes, server_url, "Kubernetes")
            .parameter("azureEnvironment", "AzureCloud")
            .parameter("azureTenantId", &identity.tenant_id)
            .data("authorizationType", "AzureSubscription")
            .data("azureSubscriptionId", &identity.subscription_id)
            .data("azureSubscriptionName", &identity.subscription_name)
            .data("clusterId", cluster_id)
            .data("namespace", namespace)
            .data("clusterAdmin", if cluster_admin { "true" } else { "false" })
    }

    /// A webhook that starts pipelines. Without secret anybody may call it; the header carries the HMAC-SHA1 of the
    /// body.
    pub fn incoming_webhook(name: impl Into<String>, webhook: &str, secret: Option<(&Secret, &str)>) -> Self {
        let endpoint = Self::new(name, ServiceEndpointKind::IncomingWebhook, "https://dev.azure.com", "None")
            .parameter("webhookname", webhook);
        match secret {
            Some((secret, header)) => endpoint.parameter("secret", secret.expose()).parameter("header", header),
            None => endpoint,
        }
    }

    /// A connection of any kind.
    pub fn new(name: impl Into<String>, kind: ServiceEndpointKind, url: &str, scheme: &str) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            kind,
            url: url.to_owned(),
            owner: "library",
            data: Parameters::new(),
            authorization: EndpointAuthorization {
                scheme: scheme.to_owned(),
                parameters: Parameters::new(),
                extra: Extra::new(),
            },
            is_shared: false,
            is_ready: true,
            service_endpoint_project_references: Vec::new(),
        }
    }

    /// With a description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        for shared in &mut self.service_endpoint_project_references {
            shared.description = Some(self.description.clone());
        }
        self
    }

    /// With a parameter of the authorization.
    pub fn parameter(mut self, key: &str, value: impl Into<String>) -> Self {
        self.authorization.parameters.set(key, value);
        self
    }

    /// With an entry of the data.
    pub fn data(mut self, key: &str, value: impl Into<String>) -> Self {
        self.data.set(key, value);
        self
    }

    /// Known in a project. At least one is needed.
    pub fn project(mut self, project: impl Into<ProjectReference>) -> Self {
        self.service_endpoint_project_references.push(SharedWith {
            name: Some(self.name.clone()),
            description: Some(self.description.clone()),
            project_reference: project.into(),
            extra: Extra::new(),
        });
        self
    }

    fn is_in(&self, endpoint: &ServiceEndpoint) -> bool {
        self.kind == endpoint.kind.kind()
            && self.authorization.scheme.eq_ignore_ascii_case(&endpoint.authorization.scheme)
            && endpoint.authorization.parameters.covers(&self.authorization.parameters)
    }
}

/// A service connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServiceEndpoint {
    /// Its id.
    pub id: ServiceEndpointId,
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it connects to.
    #[serde(rename = "type")]
    pub kind: SpelledKind,
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What is known of the other side.
    #[serde(default)]
    pub data: Parameters,
    /// How it signs in.
    pub authorization: EndpointAuthorization,
    /// Whether it can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_ready: Option<bool>,
    /// Whether it is shared with other projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_shared: Option<bool>,
    /// How its making goes: `{state, statusMessage}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_status: Option<Value>,
    /// Where it is known.
    #[serde(default, deserialize_with = "crate::extra::null_default")]
    pub service_endpoint_project_references: Vec<SharedWith>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Issuer and subject that an identity must trust. They are never computed: their form has changed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Federation {
    /// The issuer.
    pub issuer: String,
    /// The subject.
    pub subject: String,
}

impl ServiceEndpoint {
    /// Issuer and subject, as soon as the service has set them.
    pub fn federation(&self) -> Option<Federation> {
        let get = |key| self.authorization.parameters.get(key).filter(|value| !value.is_empty()).map(str::to_owned);
        Some(Federation {
            issuer: get("workloadIdentityFederationIssuer")?,
            subject: get("workloadIdentityFederationSubject")?,
        })
    }

    /// Whether this is what a PUT of `wanted` leaves behind, as far as it can be seen.
    fn is_as(&self, wanted: &ServiceEndpoint) -> bool {
        let text = |endpoint: &ServiceEndpoint| endpoint.description.clone().unwrap_or_default();
        self.name == wanted.name
            && text(self) == text(wanted)
            && self.kind == wanted.kind
            && self.url == wanted.url
            && self.data.covers(&wanted.data)
            && self.authorization.scheme == wanted.authorization.scheme
            && self.authorization.parameters.covers(&wanted.authorization.parameters)
    }

    pub(crate) fn state(&self) -> Option<&str> {
        self.operation_status.as_ref()?.get("state")?.as_str()
    }
}

/// Service connections of a project.
#[derive(Debug, Clone)]
pub struct ServiceEndpoints {
    pub(crate) project: Project,
}

impl Project {
    /// Service connections.
    pub fn service_endpoints(&self) -> ServiceEndpoints {
        ServiceEndpoints { project: self.clone() }
    }
}

impl ServiceEndpoints {
    fn here(&self) -> Route {
        self.project.route().path("_apis/serviceendpoint/endpoints")
    }

    fn everywhere(&self) -> Route {
        self.project.client.org().path("_apis/serviceendpoint/endpoints")
    }

    /// All connections known in the project, those that are not ready included.
    pub fn list(&self) -> Pages<ServiceEndpoint> {
        Pages::new(self.here().query("includeFailed", true).get())
    }

    /// A connection by id, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn get(&self, id: ServiceEndpointId) -> Result<Option<ServiceEndpoint>> {
        self.here().segment(id).get()?.optional().await
    }

    /// A connection by name, if it is there.
    ///
    /// # Errors
    /// What any call fails with; not that it is not there.
    pub async fn find(&self, name: &str) -> Result<Option<ServiceEndpoint>> {
        let call = self.here().query("endpointNames", name).query("includeFailed", true).get();
        Pages::<ServiceEndpoint>::new(call).find(|endpoint| endpoint.name.eq_ignore_ascii_case(name)).await
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where the name is taken, `Invalid` with what the service finds wrong; otherwise what any
    /// call fails with. `effect()` says whether it was done.
    pub async fn create(&self, endpoint: &NewServiceEndpoint) -> Result<ServiceEndpoint> {
        let made = || async { Ok(self.find(&endpoint.name).await?.filter(|found| endpoint.is_in(found))) };
        self.everywhere().post(endpoint)?.once(Unique::Yes, made).await
    }

    /// Replaces a connection. Read it, change it, and give it back.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there, `Conflict` if others have changed it, `Invalid` with what the service
    /// finds wrong; otherwise what any call fails with.
    pub async fn update(&self, endpoint: &ServiceEndpoint) -> Result<ServiceEndpoint> {
        let replaced = || async { Ok(self.get(endpoint.id).await?.filter(|found| found.is_as(endpoint))) };
        let secret = endpoint.authorization.parameters.hides(&[]);
        self.everywhere().segment(endpoint.id).put(endpoint)?.blind(secret).once(Unique::No, replaced).await
    }

    /// Removes a connection from projects. `deep` also deletes the application that the service made for it.
    ///
    /// # Errors
    /// Kind `NotFound` if it is not there; otherwise what any call fails with. `effect()` says whether it is gone.
    pub async fn delete(&self, id: ServiceEndpointId, projects: &[ProjectId], deep: bool) -> Result<()> {
        let projects: Vec<_> = projects.iter().map(ToString::to_string).collect();
        self.everywhere()
            .segment(id)
            .query("projectIds", projects.join(","))
            .query("deep", deep)
            .delete()?
            .gone(|| self.get(id))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted;

    #[test]
    fn a_connection_goes_back_with_its_kind_as_it_was_spelt() {
        let one = |kind: &str| {
            let authorization = serde_json::json!({ "scheme": "None" });
            serde_json::json!({ "id": uuid::Uuid::nil(), "name": "n", "type": kind, "authorization": authorization })
        };
        let [portal, ours]: [ServiceEndpoint; 2] =
            ["azurerm", "AzureRM"].map(|kind| serde_json::from_value(one(kind)).unwrap());
        assert_eq!(portal.kind.kind(), ServiceEndpointKind::AzureRm);
        assert_eq!(portal, ours);
        assert_eq!(serde_json::to_value(&portal).unwrap()["type"], "azurerm");
    }

    #[test]
    fn a_webhook_secret_is_on_the_wire_only() {
        let endpoint = NewServiceEndpoint::incoming_webhook("n", "hook", Some((&Secret::new(planted::TOKEN), "X-Sig")));
        assert!(!format!("{endpoint:?}{}", serde_json::to_string(&endpoint).unwrap()).contains(planted::MARK));
        let (wire, _) = crate::secret::for_wire(&endpoint).unwrap();
        assert!(String::from_utf8(wire).unwrap().contains(&[r#""secret":""#, planted::TOKEN, "\""].concat()));
    }
}
