//! The issuer's signing keys (JSON Web Key Set), fetched when needed and kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use serde::Deserialize;
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

/// A key id that is not known makes the keys be fetched again, but not more often than this.
const PAUSE: Duration = Duration::from_secs(30);
/// Keys older than this are fetched again, so that withdrawn ones do not stay.
const OLDEST: Duration = Duration::from_secs(24 * 3600);
/// A key set is a few kilobytes; more is not read.
const LONGEST: usize = 1 << 20;

/// Signing keys by key id.
#[derive(Debug)]
struct Known {
    keys: HashMap<String, DecodingKey>,
    fetched: Instant,
}

/// Where the keys come from, and those known now.
#[derive(Debug)]
pub struct SigningKeys {
    issuer: Url,
    /// Address of the key set; without one the issuer's discovery document names it.
    address: Option<Url>,
    client: reqwest::Client,
    known: ArcSwapOption<Known>,
    /// When the last fetch began; only one runs at a time.
    fetching: AsyncMutex<()>,
    last: Mutex<Option<Instant>>,
}

/// Why keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The request failed.
    #[error("cannot fetch the signing keys: {0}")]
    Fetch(#[from] reqwest::Error),
    /// The answer is not what the specification says.
    #[error("the signing keys from {0} cannot be read: {1}")]
    Content(Url, String),
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl SigningKeys {
    /// Keys of `issuer`, from `address` or from where its discovery document says.
    pub fn new(issuer: Url, address: Option<Url>, client: reqwest::Client) -> Self {
        let (known, fetching, last) = (ArcSwapOption::empty(), AsyncMutex::new(()), Mutex::new(None));
        Self { issuer, address, client, known, fetching, last }
    }

    /// The key with this id; `None` when the issuer has none such.
    ///
    /// # Errors
    /// No keys are known and none can be fetched.
    pub async fn find(&self, id: &str) -> Result<Option<DecodingKey>, KeysError> {
        if let Some(key) = self.look_up(id) {
            return Ok(Some(key));
        }
        let _one_at_a_time = self.fetching.lock().await;
        // Another request may have fetched while this one waited.
        if let Some(key) = self.look_up(id) {
            return Ok(Some(key));
        }
        let known = self.known.load().is_some();
        let now = Instant::now();
        let recently = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let recently = last.is_some_and(|last| now.duration_since(last) < PAUSE);
            if !recently || !known {
                *last = Some(now);
            }
            recently
        };
        if recently && known {
            return Ok(self.known.load().as_ref().and_then(|known| known.keys.get(id).cloned()));
        }
        match self.fetch().await {
            Ok(keys) => {
                let key = keys.get(id).cloned();
                self.known.store(Some(Arc::new(Known { keys, fetched: now })));
                Ok(key)
            }
            // Keys that were good a day ago are better than a closed door while the issuer cannot be reached.
            Err(error) => match self.known.load().as_ref() {
                Some(known) => Ok(known.keys.get(id).cloned()),
                None => Err(error),
            },
        }
    }

    fn look_up(&self, id: &str) -> Option<DecodingKey> {
        let known = self.known.load();
        let known = known.as_ref()?;
        (known.fetched.elapsed() < OLDEST).then(|| known.keys.get(id).cloned())?
    }

    async fn fetch(&self) -> Result<HashMap<String, DecodingKey>, KeysError> {
        let address = match &self.address {
            Some(address) => address.clone(),
            None => {
                let discovery = discovery(&self.issuer);
                let document: Discovery = self.get(&discovery).await?;
                if document.issuer.trim_end_matches('/') != self.issuer.as_str().trim_end_matches('/') {
                    let problem = format!("it names the issuer {}, expected {}", document.issuer, self.issuer);
                    return Err(KeysError::Content(discovery, problem));
                }
                Url::parse(&document.jwks_uri)
                    .map_err(|error| KeysError::Content(discovery, format!("jwks_uri is not an address: {error}")))?
            }
        };
        let set: JwkSet = self.get(&address).await?;
        let keys = set.keys.iter().filter_map(|jwk| {
            let AlgorithmParameters::RSA(_) = jwk.algorithm else { return None };
            Some((jwk.common.key_id.clone()?, DecodingKey::from_jwk(jwk).ok()?))
        });
        Ok(keys.collect())
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, address: &Url) -> Result<T, KeysError> {
        let mut response = self.client.get(address.clone()).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LONGEST {
                return Err(KeysError::Content(address.clone(), format!("it is longer than {LONGEST} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|error| KeysError::Content(address.clone(), error.to_string()))
    }
}

/// `<issuer>/.well-known/openid-configuration` (OpenID Connect Discovery 1.0, section 4).
fn discovery(issuer: &Url) -> Url {
    let mut address = issuer.clone();
    if let Ok(mut path) = address.path_segments_mut() {
        path.pop_if_empty().push(".well-known").push("openid-configuration");
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_discovery_document_lies_below_the_issuer() {
        let issuer: Url = "https://login.microsoftonline.com/tenant/v2.0".parse().unwrap();
        let expected = "https://login.microsoftonline.com/tenant/v2.0/.well-known/openid-configuration";
        assert_eq!(discovery(&issuer).as_str(), expected);
    }
}
