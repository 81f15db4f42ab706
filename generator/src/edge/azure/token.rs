//! Bearer tokens.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::{Duration, OffsetDateTime};
use devops_client::{Secret, in_words};

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
        let token = self.0.get_token(&[ARM_SCOPE], None).await.map_err(|error| in_words(&error.to_string()))?;
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

/// Who a token belongs to, as far as it says so itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Name or mail of a person, or the client id of an application.
    pub name: Option<String>,
    /// Object id in Entra.
    pub object: Option<String>,
}

/// The claims of a token that tell who it belongs to. They are not verified: this is for telling a person, nothing is
/// decided by it. `None` for a token that is no JWT.
pub fn caller(token: &Secret) -> Option<Caller> {
    let payload = token.expose().split('.').nth(1)?;
    let bytes = azure_core::base64::decode_url_safe(payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    let claim = |name: &str| claims[name].as_str().map(str::to_owned);
    let name = claim("upn").or_else(|| claim("unique_name")).or_else(|| claim("name")).or_else(|| claim("appid"));
    Some(Caller { name, object: claim("oid") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_whose_it_is_or_nothing() {
        // {"upn":"ada@contoso.example","oid":"o-1"}
        let token = "e30.eyJ1cG4iOiJhZGFAY29udG9zby5leGFtcGxlIiwib2lkIjoiby0xIn0.sig";
        let found = caller(&Secret::new(token)).unwrap();
        assert_eq!((found.name.as_deref(), found.object.as_deref()), (Some("ada@contoso.example"), Some("o-1")));
        for odd in ["opaque", "a.b.c", "", "e30.!!.x"] {
            assert_eq!(caller(&Secret::new(odd)), None, "{odd}");
        }
    }
}
