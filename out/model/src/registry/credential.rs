//! How a registration proves who asks.

use super::error::RegisterError;
use azure_core::credentials::TokenCredential;
use azure_identity::{
    ClientSecretCredential, DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential,
};
use std::fmt;
use std::sync::Arc;

/// The scope of the tokens that the MLflow endpoint of a workspace takes.
const AZURE_SCOPE: &str = "https://management.azure.com/.default";

/// A secret, which cannot be printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How a registration proves who asks.
#[derive(Debug, Clone)]
pub enum Credential {
    /// It does not.
    None,
    /// A token, sent as it is.
    Token(Secret),
    /// A user name and a password.
    Basic(String, Secret),
    /// A Microsoft Entra token of the environment's identity.
    Azure(AzureIdentity),
}

/// Which identity of the environment gives the token.
#[derive(Debug, Clone)]
pub enum AzureIdentity {
    /// A federated token file (Kubernetes).
    Workload,
    /// An application's secret.
    ClientSecret {
        /// The tenant.
        tenant: String,
        /// The application.
        client: String,
        /// The application's secret.
        secret: Secret,
    },
    /// The machine's managed identity, or one assigned to it.
    Managed(Option<String>),
    /// The tools a person has logged in to: Azure CLI, Azure Developer CLI.
    DeveloperTools,
}

impl Credential {
    /// Chooses by environment variables: `MLFLOW_TRACKING_TOKEN`; `MLFLOW_TRACKING_USERNAME` and
    /// `MLFLOW_TRACKING_PASSWORD`; for a workspace, then, the variables that azure_identity's credentials are configured
    /// by, and last the developer tools.
    #[must_use]
    pub fn choose(azure: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(token) = variable("MLFLOW_TRACKING_TOKEN") {
            return Self::Token(Secret::new(token));
        }
        if let (Some(user), Some(password)) =
            (variable("MLFLOW_TRACKING_USERNAME"), variable("MLFLOW_TRACKING_PASSWORD"))
        {
            return Self::Basic(user, Secret::new(password));
        }
        if !azure {
            return Self::None;
        }
        let client = variable("AZURE_CLIENT_ID");
        let identity = if variable("AZURE_FEDERATED_TOKEN_FILE").is_some() {
            AzureIdentity::Workload
        } else if let (Some(tenant), Some(client), Some(secret)) =
            (variable("AZURE_TENANT_ID"), client.clone(), variable("AZURE_CLIENT_SECRET"))
        {
            AzureIdentity::ClientSecret { tenant, client, secret: Secret::new(secret) }
        } else if ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"].iter().any(|name| variable(name).is_some()) {
            AzureIdentity::Managed(variable("DEFAULT_IDENTITY_CLIENT_ID").or(client))
        } else {
            AzureIdentity::DeveloperTools
        };
        Self::Azure(identity)
    }

    /// The value of the `authorization` header.
    pub(super) async fn header(&self) -> Result<Option<Secret>, RegisterError> {
        Ok(match self {
            Self::None => None,
            Self::Token(token) => Some(Secret(format!("Bearer {}", token.expose()))),
            Self::Basic(user, password) => {
                Some(Secret(format!("Basic {}", azure_core::base64::encode(format!("{user}:{}", password.expose())))))
            }
            Self::Azure(identity) => {
                let failed = |e: azure_core::Error| RegisterError::Token(e.to_string());
                let credential = identity.credential().map_err(failed)?;
                let token = credential.get_token(&[AZURE_SCOPE], None).await.map_err(failed)?;
                Some(Secret(format!("Bearer {}", token.token.secret())))
            }
        })
    }
}

impl AzureIdentity {
    fn credential(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        Ok(match self {
            Self::Workload => WorkloadIdentityCredential::new(None)?,
            Self::ClientSecret { tenant, client, secret } => {
                ClientSecretCredential::new(tenant, client.clone(), secret.expose().to_owned().into(), None)?
            }
            Self::Managed(client) => {
                let user_assigned_id = client.clone().map(UserAssignedId::ClientId);
                ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                    user_assigned_id,
                    ..ManagedIdentityCredentialOptions::default()
                }))?
            }
            Self::DeveloperTools => DeveloperToolsCredential::new(None)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The choice for an environment of `NAME=value` words.
    fn choose(azure: bool, environment: &str) -> String {
        let find = |name: &str| {
            let pairs = environment.split(' ').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(n, _)| *n == name).map(|(_, v)| v.to_owned()).next()
        };
        format!("{:?}", Credential::choose(azure, find))
    }

    #[test]
    fn the_environment_chooses_and_no_secret_can_be_printed() {
        assert_eq!(choose(false, ""), "None");
        assert_eq!(choose(false, "MLFLOW_TRACKING_TOKEN= AZURE_CLIENT_ID=c"), "None");
        assert_eq!(choose(true, "MLFLOW_TRACKING_TOKEN=hidden"), "Token(Secret(…))");
        assert_eq!(
            choose(false, "MLFLOW_TRACKING_USERNAME=u MLFLOW_TRACKING_PASSWORD=hidden"),
            "Basic(\"u\", Secret(…))"
        );
        assert_eq!(choose(true, ""), "Azure(DeveloperTools)");
        assert_eq!(choose(true, "AZURE_FEDERATED_TOKEN_FILE=/f AZURE_CLIENT_ID=c"), "Azure(Workload)");
        assert_eq!(choose(true, "MSI_ENDPOINT=http://x DEFAULT_IDENTITY_CLIENT_ID=d"), "Azure(Managed(Some(\"d\")))");
        assert_eq!(choose(true, "IDENTITY_ENDPOINT=http://x"), "Azure(Managed(None))");
        let secret = choose(true, "AZURE_TENANT_ID=t AZURE_CLIENT_ID=c AZURE_CLIENT_SECRET=hidden");
        assert!(secret.contains("ClientSecret") && !secret.contains("hidden"), "{secret}");
    }

    #[tokio::test]
    async fn headers_are_those_of_the_schemes() {
        let header = |credential: Credential| async move { credential.header().await.unwrap().map(|s| s.0) };
        assert_eq!(header(Credential::None).await, None);
        assert_eq!(header(Credential::Token(Secret::new("t".into()))).await.as_deref(), Some("Bearer t"));
        // The example of RFC 7617.
        let basic = Credential::Basic("Aladdin".into(), Secret::new("open sesame".into()));
        assert_eq!(header(basic).await.as_deref(), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    }
}
