//! Bearer tokens.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::{Duration, OffsetDateTime};
use devops_client::Secret;

/// The scope of tokens for Azure Resource Manager.
pub const ARM_SCOPE: &str = "https://management.azure.com/.default";

/// Where tokens come from.
#[derive(Clone)]
pub struct Tokens(Arc<dyn TokenCredential>);

impl Tokens {
    /// Tokens of an Entra credential, which keeps them until they lapse.
    pub fn entra(credential: Arc<dyn TokenCredential>) -> Self {
        Self(credential)
    }

    /// One token, for an address on this machine.
    pub fn fixed(token: Secret) -> Self {
        Self(Arc::new(Fixed(token)))
    }

    /// The credential behind.
    pub fn credential(&self) -> Arc<dyn TokenCredential> {
        Arc::clone(&self.0)
    }

    /// A token for Azure Resource Manager.
    ///
    /// # Errors
    /// What the credential says, in one line.
    pub async fn arm(&self) -> Result<Secret, String> {
        let token = self.0.get_token(&[ARM_SCOPE], None).await.map_err(|error| one_line(&error.to_string()))?;
        Ok(Secret::new(token.token.secret()))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

/// `text` with everything that breaks lines made a space.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Fixed(Secret);

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fixed")
    }
}

#[async_trait::async_trait]
impl TokenCredential for Fixed {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new(self.0.expose().to_owned(), OffsetDateTime::now_utc() + Duration::hours(1)))
    }
}
