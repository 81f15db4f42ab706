//! Where commands go and as whom: the organization of the spec and the caller's own credential, or what the
//! `MLOPS_GEN_*` variables say instead. That is how `mlops-gen sandbox` points every other command at its doubles.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use devops_client::{Client, Credential, HttpTransport, Secret};
use url::{Host, Url};

use super::remote::shared_reads::SharedReads;
use crate::project::Project;
use crate::remote::desired::{self, Scope};
use crate::remote::kinds::membership::PRINCIPAL_ID;

/// Address of the organization, its name included; instead of `https://dev.azure.com/<organization>`.
pub const DEVOPS_URL: &str = "MLOPS_GEN_DEVOPS_URL";
/// Token for [`DEVOPS_URL`], sent as a personal access token.
pub const DEVOPS_TOKEN: &str = "MLOPS_GEN_DEVOPS_TOKEN";
/// Address that stands for every Key Vault, instead of `https://<vault>.vault.azure.net`.
pub const VAULT_URL: &str = "MLOPS_GEN_VAULT_URL";
/// Address of Azure Resource Manager, instead of `https://management.azure.com`.
pub const ARM_URL: &str = "MLOPS_GEN_ARM_URL";
/// Bearer token for [`VAULT_URL`] and [`ARM_URL`].
pub const AZURE_TOKEN: &str = "MLOPS_GEN_AZURE_TOKEN";

/// Address of the list of retail prices, instead of `https://prices.azure.com`; nobody signs in there.
pub const PRICES_URL: &str = "MLOPS_GEN_PRICES_URL";

/// How long one try of a call may take.
const TIMEOUT: Duration = Duration::from_secs(100);

/// Why there is no way to the services: what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}; {next}")]
pub struct ConnectError {
    /// What is wrong; never a secret.
    pub why: String,
    /// What to do.
    pub next: String,
}

impl ConnectError {
    /// An error and its remedy.
    pub(in crate::edge) fn new(why: impl fmt::Display, next: impl Into<String>) -> Self {
        Self { why: why.to_string(), next: next.into() }
    }
}

/// What the environment says about addresses and tokens. Nothing set means the real services.
#[derive(Clone, Default)]
pub struct Addresses {
    /// The organization, and the token that goes there and nowhere else.
    pub devops: Option<(Url, Secret)>,
    /// The address that stands for every Key Vault.
    pub vault: Option<Url>,
    /// Azure Resource Manager.
    pub arm: Option<Url>,
    /// The token for vault and Resource Manager; there whenever one of the two addresses is.
    pub azure_token: Option<Secret>,
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |url: Option<&Url>| url.map_or("", Url::as_str).to_owned();
        f.debug_struct("Addresses")
            .field("devops", &text(self.devops.as_ref().map(|(url, _)| url)))
            .field("vault", &text(self.vault.as_ref()))
            .field("arm", &text(self.arm.as_ref()))
            .finish_non_exhaustive()
    }
}

impl Addresses {
    /// What the process's environment says.
    ///
    /// # Errors
    /// An address that would send a token in clear over a network, or an address without the token that goes there: the
    /// caller's own credential is meant for the real services and is never sent anywhere else.
    pub fn from_env() -> Result<Self, ConnectError> {
        Self::from(&variable)
    }

    /// What `lookup` says.
    ///
    /// # Errors
    /// As [`Addresses::from_env`].
    pub fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConnectError> {
        let get = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let token = |name: &'static str, of: &str| {
            let missing = || ConnectError::new(format!("{of} is set and {name} is not"), format!("set {name} too"));
            get(name).map(Secret::new).ok_or_else(missing)
        };
        let devops = match get(DEVOPS_URL) {
            Some(text) => Some((address(DEVOPS_URL, &text)?, token(DEVOPS_TOKEN, DEVOPS_URL)?)),
            None => None,
        };
        let vault = get(VAULT_URL).map(|text| address(VAULT_URL, &text)).transpose()?;
        let arm = get(ARM_URL).map(|text| address(ARM_URL, &text)).transpose()?;
        let azure_token = match (&vault, &arm) {
            (None, None) => None,
            (Some(_), _) => Some(token(AZURE_TOKEN, VAULT_URL)?),
            (None, Some(_)) => Some(token(AZURE_TOKEN, ARM_URL)?),
        };
        Ok(Self { devops, vault, arm, azure_token })
    }
}

/// The way to the services that a project lives in.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The organization.
    pub devops: Client,
    /// The client's innermost layer, which makes equal reads once where that is asked for.
    pub reads: SharedReads,
    /// What the environment says about addresses, for the Azure side.
    pub addresses: Addresses,
}

impl Connection {
    /// The connection for `project`, as the process's environment has it.
    ///
    /// # Errors
    /// A wrong address, or no credential.
    pub fn new(project: &Project) -> Result<Self, ConnectError> {
        Self::of(project.devops.organization.as_str(), &variable)
    }

    /// The connection to `organization`, as `lookup` has the environment.
    ///
    /// # Errors
    /// As [`Connection::new`].
    pub fn of(organization: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConnectError> {
        let addresses = Addresses::from(lookup)?;
        let said = |error: devops_client::Error| ConnectError::new(&error, error.next_step());
        let transport = HttpTransport::new(TIMEOUT).map_err(|error| ConnectError::new(error, "mend the TLS setup"))?;
        let reads = SharedReads::new(Arc::new(transport));
        let builder = Client::builder(organization).transport(Arc::new(reads.clone()));
        let builder = match &addresses.devops {
            Some((url, token)) => {
                builder.base_url(url.as_str().trim_end_matches('/')).credential(Credential::pat(token.clone()))
            }
            None => builder.credential(Credential::detect(lookup).map_err(said)?),
        };
        Ok(Self { devops: builder.build().map_err(said)?, reads, addresses })
    }
}

/// The values that the resources of `project` take from environment variables, as far as the process's environment has them.
pub fn variables(project: &Project, scope: Scope) -> BTreeMap<String, String> {
    let mut names = desired::variables(project, scope);
    if scope == Scope::DevOps {
        names.push(PRINCIPAL_ID.to_owned());
    }
    names.into_iter().filter_map(|name| Some((variable(&name)?, name))).map(|(value, name)| (name, value)).collect()
}

/// Reads a variable of the process's environment.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(in crate::edge) fn address(name: &str, text: &str) -> Result<Url, ConnectError> {
    let wrong = || ConnectError::new(format!("{name} is no address that a token may go to"), HTTPS);
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let bare =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    let safe = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    if safe && bare { Ok(url) } else { Err(wrong()) }
}

const HTTPS: &str = "give an https address, or http on this machine, without query and user";

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn nothing_set_means_the_real_services() {
        let connection = Connection::of("contoso", &lookup(&[("AZURE_DEVOPS_EXT_PAT", "planted-pat")])).unwrap();
        assert_eq!(connection.devops.base_url().as_str(), "https://dev.azure.com/contoso");
        assert!(connection.addresses.arm.is_none() && connection.addresses.azure_token.is_none());
    }

    #[test]
    fn an_address_takes_the_place_of_the_organizations() {
        let set = [(DEVOPS_URL, "http://127.0.0.1:8080/sandbox/"), (DEVOPS_TOKEN, "planted-token")];
        let connection = Connection::of("contoso", &lookup(&set)).unwrap();
        assert_eq!(connection.devops.base_url().as_str(), "http://127.0.0.1:8080/sandbox");
        assert!(!format!("{connection:?}").contains("planted-token"));
    }

    #[test]
    fn a_token_in_clear_stays_on_this_machine() {
        for bad in [
            "http://example.com/o",
            "ftp://127.0.0.1/o",
            "https://u:p@example.com/o",
            "127.0.0.1:80",
            "https://h/o?a=b",
        ] {
            for name in [DEVOPS_URL, VAULT_URL, ARM_URL] {
                let error =
                    Addresses::from(&lookup(&[(name, bad), (DEVOPS_TOKEN, "t"), (AZURE_TOKEN, "t")])).unwrap_err();
                assert!(error.why.contains(name), "{error}");
            }
        }
        for good in ["http://localhost:1/o", "http://[::1]:1/o", "https://example.com/o"] {
            Addresses::from(&lookup(&[(ARM_URL, good), (AZURE_TOKEN, "t")])).unwrap();
        }
    }

    #[test]
    fn the_callers_own_credential_never_goes_to_another_address() {
        let own = ("AZURE_DEVOPS_EXT_PAT", "planted-pat");
        let error = Connection::of("contoso", &lookup(&[(DEVOPS_URL, "http://127.0.0.1:8080/o"), own])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "MLOPS_GEN_DEVOPS_URL is set and MLOPS_GEN_DEVOPS_TOKEN is not; set MLOPS_GEN_DEVOPS_TOKEN too"
        );
        let error = Addresses::from(&lookup(&[(ARM_URL, "http://127.0.0.1:8080"), own])).unwrap_err();
        assert!(error.to_string().contains(AZURE_TOKEN), "{error}");
    }
}
