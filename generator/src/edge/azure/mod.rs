//! The way to Azure: Resource Manager and Key Vault, as whom, and where the environment points them.
//!
//! | part | what it does |
//! |---|---|
//! | [`arm`] | calls of Azure Resource Manager: retries, throttling, long-running operations |
//! | [`path`] | paths of resources, put together segment by segment |
//! | [`error`] | what Azure answers when it refuses, with the next step |
//! | [`token`] | bearer tokens, from Entra or, on loopback only, from the environment |
//! | [`secrets`] | what vaults hold of the secrets that a project names |
//! | [`vault`] | secrets of Key Vaults, through the official client |

pub mod arm;
pub mod error;
pub mod path;
pub mod poll;
pub mod secrets;
pub mod token;
pub mod vault;

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use devops_client::Credential;

use super::connect::{Addresses, ConnectError};
use arm::Arm;
use token::Tokens;
use vault::Vaults;

/// The Azure side of a project.
#[derive(Clone, Debug)]
pub struct Azure {
    /// Azure Resource Manager.
    pub arm: Arm,
    /// Key Vaults by name.
    pub vaults: Vaults,
    /// What kind of credential is used, to tell a person.
    pub credential: &'static str,
}

impl Azure {
    /// The way to Azure that `addresses` and `lookup`, which reads a variable of the environment, name.
    ///
    /// The caller's own credential goes to the real services only; an address from the environment gets the token from
    /// the environment.
    ///
    /// # Errors
    /// No credential could be made, or the system's certificates cannot be loaded.
    pub fn new(addresses: &Addresses, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConnectError> {
        let own = || own(lookup);
        let (arm, name) = match (&addresses.arm, &addresses.azure_token) {
            (Some(url), Some(token)) => (Arm::new(url.clone(), Tokens::fixed(token.clone()))?, "MLOPS_GEN_AZURE_TOKEN"),
            _ => {
                let (credential, name) = own()?;
                (Arm::new(arm::public(), Tokens::entra(credential))?, name)
            }
        };
        let vaults = match (&addresses.vault, &addresses.azure_token) {
            (Some(url), Some(token)) => Vaults::at(url.clone(), &Tokens::fixed(token.clone()))?,
            _ => Vaults::new(own()?.0)?,
        };
        Ok(Self { arm, vaults, credential: name })
    }
}

/// The caller's Entra credential: the one that Azure DevOps gets too, unless that is a token which Azure does not take.
fn own(lookup: &dyn Fn(&str) -> Option<String>) -> Result<(Arc<dyn TokenCredential>, &'static str), ConnectError> {
    let said = |error: devops_client::Error| ConnectError::new(&error, error.next_step());
    let found = Credential::detect(lookup).map_err(said)?;
    if let Some(credential) = found.token_credential() {
        return Ok((credential, found.describe()));
    }
    let tools = Credential::developer_tools().map_err(said)?;
    let none = || ConnectError::new("no credential for Azure", "sign in with `az login`");
    Ok((tools.token_credential().ok_or_else(none)?, tools.describe()))
}
