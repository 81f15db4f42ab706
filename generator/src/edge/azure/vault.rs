//! Secrets of Key Vaults, through the official client.
//!
//! The client speaks https only, to `https://<vault>.vault.azure.net`, and checks that a vault's challenge names that
//! host. That stays so when `MLOPS_GEN_VAULT_URL` points at a double: only the transport, below all of its checks, turns
//! the address into `<address>/<vault>/…`. The token that goes there is the one of the environment.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Request, StatusCode, Transport};
use azure_security_keyvault_secrets::models::{SecretAttributes, SecretProperties, SetSecretParameters};
use azure_security_keyvault_secrets::{ResourceExt as _, SecretClient, SecretClientOptions};
use devops_client::{HttpTransport, SILENT, Secret, Transport as _, first_contact};
use futures::TryStreamExt as _;
use url::Url;

use super::token::{Tokens, one_line};
use crate::edge::connect::ConnectError;
use crate::project::name::{KeyVaultName, SecretName};
use crate::remote::secrets::SecretState;

/// Domain of vaults in the public cloud.
const DOMAIN: &str = "vault.azure.net";

/// The host that everybody signs in at: where its name is not found, no other is.
const SIGN_IN: &str = "login.microsoftonline.com";

/// Key Vaults by name.
#[derive(Clone)]
pub struct Vaults {
    credential: Arc<dyn TokenCredential>,
    options: ClientOptions,
    /// The address of this machine that stands for every vault.
    // Invariant: the caller's own credential never goes to an address from the environment
    // (test: the_callers_own_credential_never_goes_to_another_address).
    elsewhere: Option<Url>,
    /// Asks whether a vault that says nothing is there.
    probe: HttpTransport,
}

/// A call of a vault that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key vault {vault}: {why}")]
pub struct VaultError {
    /// The vault.
    pub vault: String,
    /// What it says, in one line; never a value.
    pub why: String,
    /// What to do about it, as a sentence without full stop.
    pub next: String,
    /// Whether the vault itself is not there.
    pub missing: bool,
    /// Whether the caller may not.
    pub forbidden: bool,
}

impl Vaults {
    /// The real vaults, as whoever `credential` is.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(credential: Arc<dyn TokenCredential>) -> Result<Self, ConnectError> {
        let options = devops_client::azure_client_options();
        let options = options.map_err(|error| ConnectError::new(error, "check the system's certificates"))?;
        let probe = HttpTransport::new(devops_client::CONNECT);
        let probe = probe.map_err(|error| ConnectError::new(error, "check the system's certificates"))?;
        Ok(Self { credential, options, elsewhere: None, probe })
    }

    /// Vaults at an address of this machine, each below its name.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn at(base: Url, tokens: &Tokens) -> Result<Self, ConnectError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(devops_client::CONNECT / 2)
            .build();
        let inner = client.map_err(|error| ConnectError::new(error, "check the system's certificates"))?;
        let transport = Some(Transport::new(Arc::new(Elsewhere { base: base.clone(), inner })));
        let vaults = Self::new(tokens.credential())?;
        let options = ClientOptions { transport, ..vaults.options };
        Ok(Self { options, elsewhere: Some(base), ..vaults })
    }

    /// All secrets of a vault, without values.
    ///
    /// # Errors
    /// The vault is not there, or refuses.
    pub async fn list(&self, vault: &KeyVaultName) -> Result<Vec<SecretState>, VaultError> {
        let failed = |error: azure_core::Error| refused(vault, &error, &[]);
        let mut pages = self.client(vault)?.list_secret_properties(None).map_err(failed)?;
        let mut found = Vec::new();
        loop {
            match self.answer(vault, pages.try_next()).await? {
                Ok(None) => break,
                Ok(Some(secret)) => found.extend(state(&secret)),
                Err(error) => return Err(unless_offline(failed(error)).await),
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Gives a secret a new version.
    ///
    /// # Errors
    /// The vault is not there, or refuses.
    pub async fn set(
        &self,
        vault: &KeyVaultName,
        name: &SecretName,
        value: &Secret,
        expires: Option<i64>,
    ) -> Result<(), VaultError> {
        let failed = |error: azure_core::Error| refused(vault, &error, &[value]);
        let expires = expires.and_then(|at| azure_core::time::OffsetDateTime::from_unix_timestamp(at).ok());
        let attributes = expires.map(|at| SecretAttributes { expires: Some(at), ..SecretAttributes::default() });
        let parameters = SetSecretParameters {
            value: Some(value.expose().to_owned()),
            secret_attributes: attributes,
            ..SetSecretParameters::default()
        };
        let content = parameters.try_into().map_err(failed)?;
        let client = self.client(vault)?;
        self.answer(vault, client.set_secret(name.as_str(), content, None)).await?.map_err(failed).map(drop)
    }

    /// What a vault answers, or that it has not said a word.
    async fn answer<T>(&self, vault: &KeyVaultName, work: impl Future<Output = T>) -> Result<T, VaultError> {
        let address = match &self.elsewhere {
            Some(base) => Some(base.clone()),
            None => Url::parse(&format!("https://{vault}.{DOMAIN}")).ok(),
        };
        let alive = async {
            match &address {
                Some(address) => self.probe.is_alive(address).await,
                None => true,
            }
        };
        first_contact(vault.as_str(), work, alive)
            .await
            .ok_or_else(|| offline(vault, format!("no connection: {SILENT}")))
    }

    fn client(&self, vault: &KeyVaultName) -> Result<SecretClient, VaultError> {
        let options = SecretClientOptions { client_options: self.options.clone(), ..SecretClientOptions::default() };
        let address = format!("https://{vault}.{DOMAIN}");
        SecretClient::new(&address, Arc::clone(&self.credential), Some(options))
            .map_err(|error| refused(vault, &error, &[]))
    }
}

impl fmt::Debug for Vaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vaults").field("elsewhere", &self.elsewhere).finish()
    }
}

fn state(secret: &SecretProperties) -> Option<SecretState> {
    let attributes = secret.attributes.clone().unwrap_or_default();
    let seconds =
        |at: Option<azure_core::time::OffsetDateTime>| at.map(azure_core::time::OffsetDateTime::unix_timestamp);
    Some(SecretState {
        name: secret.resource_id().ok()?.name,
        enabled: attributes.enabled.unwrap_or(true),
        expires: seconds(attributes.expires),
        not_before: seconds(attributes.not_before),
        updated: seconds(attributes.updated),
    })
}

fn refused(vault: &KeyVaultName, error: &azure_core::Error, hide: &[&Secret]) -> VaultError {
    let mut why = one_line(&causes(error).join(": "));
    for secret in hide.iter().filter(|secret| !secret.expose().is_empty()) {
        why = why.replace(secret.expose(), "***");
    }
    let status = error.http_status();
    let missing = status == Some(StatusCode::NotFound) || (status.is_none() && unknown_host(&why));
    let next = match status {
        _ if missing => {
            "deploy the infrastructure, which makes the vault: `mlops-gen apply`, or the pipeline `infrastructure`"
        }
        Some(StatusCode::Unauthorized) => "sign in again with `az login`, to the tenant of the vault",
        Some(StatusCode::Forbidden) => {
            "ask for the role Key Vault Secrets Officer on the vault, and check that its firewall lets you in"
        }
        Some(StatusCode::Conflict) => "recover or purge the deleted secret of that name (`az keyvault secret recover`)",
        Some(_) => "the message says what the vault expects",
        None => "check the connection and sign in with `az login`",
    };
    let forbidden = status == Some(StatusCode::Forbidden);
    VaultError { vault: vault.to_string(), why, next: next.to_owned(), missing, forbidden }
}

/// The error, unless it says that a vault is not there while no name at all is found: that says nothing about the vault.
async fn unless_offline(error: VaultError) -> VaultError {
    if !error.missing || !unknown_host(&error.why) || tokio::net::lookup_host((SIGN_IN, 443)).await.is_ok() {
        return error;
    }
    let why = format!("no connection: neither its name nor {SIGN_IN} is found");
    VaultError { why, next: NETWORK.to_owned(), missing: false, ..error }
}

/// What to do where nobody answers.
const NETWORK: &str = "check the network, the proxy and the address";

fn offline(vault: &KeyVaultName, why: String) -> VaultError {
    VaultError { vault: vault.to_string(), why, next: NETWORK.to_owned(), missing: false, forbidden: false }
}

/// What an error says and what is behind it, the policy that gave up left out: it is the same for every cause.
fn causes(error: &azure_core::Error) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !text.contains("will no longer be retried") && !texts.iter().any(|told| told.contains(&text)) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts
}

/// Whether a connection failed because nobody has the vault's name: vaults are found by DNS.
fn unknown_host(why: &str) -> bool {
    let why = why.to_lowercase();
    why.contains("dns error") || why.contains("failed to lookup address") || why.contains("name or service not known")
}

/// Sends what is meant for a vault to an address of this machine.
#[derive(Debug)]
struct Elsewhere {
    base: Url,
    inner: reqwest::Client,
}

#[async_trait]
impl HttpClient for Elsewhere {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let strange = || azure_core::Error::with_message(ErrorKind::Other, "the address is not that of a vault");
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let vault = host.strip_suffix(DOMAIN).and_then(|rest| rest.strip_suffix('.')).ok_or_else(strange)?;
        let mut url = self.base.clone();
        let rest: Vec<String> = request.url().path_segments().into_iter().flatten().map(str::to_owned).collect();
        url.path_segments_mut().map_err(|()| strange())?.pop_if_empty().push(vault).extend(rest);
        url.set_query(request.url().query());
        let mut moved = request.clone();
        *moved.url_mut() = url;
        self.inner.execute_request(&moved).await
    }
}
