//! Who calls: Entra first, the pipeline's own token, a personal access token last.

mod certificate;
mod detect;

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{
    AzurePipelinesCredential, AzurePipelinesCredentialOptions, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions, DeveloperToolsCredential,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};

use crate::error::{Effect, Error, ErrorKind, Result};
use crate::http::azure::azure_client_options;
use crate::http::transport::install_tls_provider;
use crate::secret::Secret;

/// Who calls.
#[derive(Clone)]
pub struct Credential {
    pub(crate) source: Source,
    name: &'static str,
}

#[derive(Clone)]
pub(crate) enum Source {
    Entra(Arc<dyn TokenCredential>),
    Bearer(Secret),
    Basic(Secret),
}

impl Credential {
    /// The person signed in with `az login` or `azd auth login`.
    ///
    /// # Errors
    /// Kind `SignIn` if it cannot be made here: what it needs is not there, or is not well formed.
    pub fn developer_tools() -> Result<Self> {
        install_tls_provider();
        Self::made("developer tools", DeveloperToolsCredential::new(None))
    }

    /// The workload identity of a Kubernetes pod, from the variables that its webhook sets.
    ///
    /// # Errors
    /// Kind `SignIn` if it cannot be made here: what it needs is not there, or is not well formed.
    pub fn workload_identity() -> Result<Self> {
        install_tls_provider();
        let options = WorkloadIdentityCredentialOptions {
            credential_options: assertion_options()?,
            ..WorkloadIdentityCredentialOptions::default()
        };
        Self::made("workload identity", WorkloadIdentityCredential::new(Some(options)))
    }

    /// The managed identity of the machine; the user-assigned one with this client id, or else the system's.
    ///
    /// # Errors
    /// Kind `SignIn` if it cannot be made here: what it needs is not there, or is not well formed.
    pub fn managed_identity(client_id: Option<String>) -> Result<Self> {
        install_tls_provider();
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: client_id.map(UserAssignedId::ClientId),
            client_options: azure_client_options()?,
        };
        Self::made("managed identity", ManagedIdentityCredential::new(Some(options)))
    }

    /// A service connection with federated identity, within a pipeline that has `System.AccessToken`.
    ///
    /// # Errors
    /// Kind `SignIn` if it cannot be made here: what it needs is not there, or is not well formed.
    pub fn azure_pipelines(
        tenant_id: String,
        client_id: String,
        service_connection_id: &str,
        system_access_token: impl Into<Secret>,
    ) -> Result<Self> {
        install_tls_provider();
        let token = azure_core::credentials::Secret::new(system_access_token.into().expose().to_owned());
        let options = AzurePipelinesCredentialOptions { credential_options: assertion_options()? };
        Self::made(
            "Azure Pipelines service connection",
            AzurePipelinesCredential::new(tenant_id, client_id, service_connection_id, token, Some(options)),
        )
    }

    /// An application with a secret.
    ///
    /// # Errors
    /// Kind `SignIn` if it cannot be made here: what it needs is not there, or is not well formed.
    pub fn client_secret(tenant_id: &str, client_id: String, secret: impl Into<Secret>) -> Result<Self> {
        install_tls_provider();
        let secret = azure_core::credentials::Secret::new(secret.into().expose().to_owned());
        let options = ClientSecretCredentialOptions { client_options: azure_client_options()? };
        Self::made("client secret", ClientSecretCredential::new(tenant_id, client_id, secret, Some(options)))
    }

    /// An application with a certificate: a PEM text with the certificate and its RSA private key (PKCS#8).
    ///
    /// The assertion is signed with PS256 by ring, so that no OpenSSL is needed.
    ///
    /// # Errors
    /// Kind `Argument` if `pem` is not what it should be, `SignIn` if the tenant or client cannot be used.
    pub fn client_certificate(tenant_id: String, client_id: String, pem: &Secret) -> Result<Self> {
        install_tls_provider();
        let assertion = certificate::CertificateAssertion::new(&tenant_id, &client_id, pem)?;
        let made = ClientAssertionCredential::new(tenant_id, client_id, assertion, Some(assertion_options()?));
        Self::made("client certificate", made)
    }

    /// Any other credential of the Azure SDK.
    pub fn entra(credential: Arc<dyn TokenCredential>) -> Self {
        Self { source: Source::Entra(credential), name: "Entra" }
    }

    /// The pipeline's own token, `System.AccessToken`. It lives as long as the job.
    pub fn system_access_token(token: impl Into<Secret>) -> Self {
        Self { source: Source::Bearer(token.into()), name: "System.AccessToken" }
    }

    /// A personal access token. Global ones stop working on 2026-12-01: prefer Entra.
    pub fn pat(token: impl Into<Secret>) -> Self {
        Self { source: Source::Basic(token.into()), name: "personal access token" }
    }

    /// The Entra credential behind, which other services of Azure take too; `None` for a token of Azure DevOps alone.
    pub fn token_credential(&self) -> Option<Arc<dyn TokenCredential>> {
        match &self.source {
            Source::Entra(credential) => Some(Arc::clone(credential)),
            Source::Bearer(_) | Source::Basic(_) => None,
        }
    }

    /// What kind of credential this is, to tell a person.
    pub fn describe(&self) -> &'static str {
        self.name
    }

    fn made<T: TokenCredential + 'static>(name: &'static str, credential: azure_core::Result<Arc<T>>) -> Result<Self> {
        match credential {
            Ok(credential) => Ok(Self { source: Source::Entra(credential), name }),
            Err(error) => {
                Err(Error::without_call(ErrorKind::SignIn, format!("no credential by {name}: {error}"), Effect::None))
            }
        }
    }
}

fn assertion_options() -> Result<ClientAssertionCredentialOptions> {
    Ok(ClientAssertionCredentialOptions { client_options: azure_client_options()? })
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credential").field(&self.name).finish()
    }
}
/// What a chain of credentials says when none of them has a token, in one line: what each lacks, without the advice of each.
pub fn in_words(message: &str) -> String {
    let said = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let said =
        said.filter(|line| !line.starts_with("Multiple errors were") && !line.starts_with("To troubleshoot, visit"));
    let said: Vec<String> = said.map(|line| line.replace(" authentication failed.", ":")).collect();
    if said.is_empty() { message.split_whitespace().collect::<Vec<_>>().join(" ") } else { said.join("; ") }
}

#[cfg(test)]
mod words {
    use super::in_words;

    #[test]
    fn a_chain_of_credentials_is_one_line() {
        let said = "Multiple errors were encountered while attempting to authenticate:\nAzureCliCredential authentication \
                    failed. az not found on PATH\nTo troubleshoot, visit https://aka.ms/x - az not found on PATH\n";
        assert_eq!(in_words(said), "AzureCliCredential: az not found on PATH");
        assert_eq!(in_words("one\tthing"), "one\tthing");
        assert_eq!(in_words(" \n"), "");
    }
}
