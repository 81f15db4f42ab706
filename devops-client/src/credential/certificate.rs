//! An application's certificate as the source of a client assertion.
//!
//! Microsoft's page "Certificate credentials": a JWT signed with PS256, with `x5t#S256`, `aud` the token endpoint,
//! `iss` and `sub` the client id, and a life of minutes.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::error::{Error, Result};
use crate::secret::Secret;

/// Seconds that an assertion is good for.
const LIFE: u64 = 600;

pub(super) struct CertificateAssertion {
    audience: String,
    client_id: String,
    thumbprint: String,
    key: RsaKeyPair,
}

impl CertificateAssertion {
    pub(super) fn new(tenant_id: &str, client_id: &str, pem: &Secret) -> Result<Self> {
        let wrong = |what: &str| {
            Error::argument("client certificate", what, "PEM with a certificate and its RSA private key in PKCS#8")
        };
        let text = pem.expose().as_bytes();
        let certificate = CertificateDer::from_pem_slice(text).map_err(|_| wrong("without a certificate"))?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(text).map_err(|_| wrong("without a PKCS#8 key"))?;
        let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der())
            .map_err(|_| wrong("with a key that is not RSA of 2048 bits or more"))?;
        let digest = ring::digest::digest(&ring::digest::SHA256, &certificate);
        Ok(Self {
            audience: format!("https://login.microsoftonline.com/{tenant_id}/oauth2/v2.0/token"),
            client_id: client_id.to_owned(),
            thumbprint: URL_SAFE_NO_PAD.encode(digest),
            key,
        })
    }

    fn sign(&self, now: u64, id: &str) -> std::result::Result<String, ring::error::Unspecified> {
        let header = serde_json::json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let claims = serde_json::json!({
            "aud": self.audience, "iss": self.client_id, "sub": self.client_id,
            "jti": id, "nbf": now, "iat": now, "exp": now + LIFE,
        });
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(token)
    }
}

impl fmt::Debug for CertificateAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateAssertion").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl ClientAssertion for CertificateAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.sign(now, &uuid::Uuid::new_v4().to_string()).map_err(|_| {
            azure_core::Error::with_message(
                azure_core::error::ErrorKind::Credential,
                "the assertion could not be signed",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;
    use crate::planted;

    /// A certificate and its key, made for this test and trusted by nobody.
    const PEM: &str = include_str!("../../tests/data/certificate.pem");

    #[test]
    fn an_assertion_is_signed_by_the_key_and_names_the_certificate() {
        let assertion = CertificateAssertion::new("tenant", "client", &Secret::new(PEM)).unwrap();
        let token = assertion.sign(1_000, "one").unwrap();
        let parts: Vec<_> = token.split('.').collect();
        let [header, claims, signature] = parts[..] else { panic!("{token}") };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, assertion.key.public_key());
        key.verify([header, ".", claims].concat().as_bytes(), &decode(signature)).unwrap();
        let header: serde_json::Value = serde_json::from_slice(&decode(header)).unwrap();
        assert_eq!(header["alg"], "PS256");
        assert_eq!(header["x5t#S256"].as_str().unwrap().len(), 43);
        let claims: serde_json::Value = serde_json::from_slice(&decode(claims)).unwrap();
        assert_eq!(claims["aud"], "https://login.microsoftonline.com/tenant/oauth2/v2.0/token");
        assert_eq!((claims["iss"].as_str(), claims["exp"].as_u64()), (Some("client"), Some(1_600)));
    }

    #[test]
    fn what_is_no_certificate_is_refused_without_showing_it() {
        let key = PEM.split_once("-----END CERTIFICATE-----").unwrap();
        for bad in [planted::SECRET, key.0, key.1] {
            let error = CertificateAssertion::new("t", "c", &Secret::new(bad)).unwrap_err();
            assert!(!format!("{error:?}").contains(planted::MARK), "{error:?}");
        }
    }
}
