//! Entra ID access tokens: JSON Web Tokens signed by the tenant's issuer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;

use super::super::problem::{Problem, ProblemCode};
use super::jwks::SigningKeys;
use super::refused::unauthenticated;
use super::verifier;

/// A token that was found good is not verified again for this long.
const REMEMBERED: Duration = Duration::from_secs(300);
/// Most tokens remembered at a time.
const MOST: usize = 1_024;
/// Tokens with many groups reach some kilobytes; longer ones are refused unread.
const LONGEST: usize = 16 << 10;

/// The rule for tokens.
#[derive(Debug)]
pub struct Entra {
    keys: SigningKeys,
    validation: Validation,
    role: Option<String>,
    /// Digests of tokens found good, and until when that holds.
    good: Mutex<HashMap<[u8; 32], Instant>>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    exp: u64,
    #[serde(default)]
    roles: Vec<String>,
    /// Scopes, separated by spaces.
    #[serde(default)]
    scp: String,
}

impl Entra {
    /// Tokens of `issuer` for one of `audiences`, with `role` among their app roles or scopes where one is asked for.
    pub fn new(issuer: &str, audiences: &[String], role: Option<String>, keys: SigningKeys) -> Self {
        verifier::install();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.algorithms = vec![Algorithm::RS256, Algorithm::RS384, Algorithm::RS512];
        validation.set_issuer(&[issuer]);
        validation.set_audience(audiences);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        Self { keys, validation, role, good: Mutex::default() }
    }

    /// Judges a token.
    ///
    /// # Errors
    /// `unauthenticated`, `forbidden` without the role, `keys-unavailable` where the token cannot be judged.
    pub async fn admit(&self, token: &[u8]) -> Result<(), Problem> {
        if token.len() > LONGEST {
            return Err(unauthenticated("the token is too long"));
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, token).as_ref());
        let now = Instant::now();
        if self.remembered(&digest, now) {
            return Ok(());
        }
        let claims = self.verify(token).await?;
        if let Some(role) = &self.role
            && !claims.roles.contains(role)
            && !claims.scp.split(' ').any(|scope| scope == role)
        {
            return Err(Problem::new(ProblemCode::Forbidden, format!("the token needs the app role \"{role}\"")));
        }
        let left = Duration::from_secs(claims.exp).saturating_sub(since_epoch()).min(REMEMBERED);
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        if good.len() >= MOST {
            good.retain(|_, until| *until > now);
        }
        if good.len() < MOST {
            good.insert(digest, now + left);
        }
        Ok(())
    }

    fn remembered(&self, digest: &[u8; 32], now: Instant) -> bool {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        good.get(digest).is_some_and(|until| *until > now)
    }

    async fn verify(&self, token: &[u8]) -> Result<Claims, Problem> {
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| unauthenticated("the credential is neither an accepted key nor a token"))?;
        let Some(id) = header.kid else { return Err(unauthenticated("the token names no signing key (kid)")) };
        let key = match self.keys.find(&id).await {
            Ok(Some(key)) => key,
            Ok(None) => return Err(unauthenticated("the token's signing key is not one of the issuer's")),
            Err(error) => return Err(Problem::new(ProblemCode::KeysUnavailable, error.to_string())),
        };
        match jsonwebtoken::decode::<Claims>(token, &key, &self.validation) {
            Ok(token) => Ok(token.claims),
            Err(error) => Err(unauthenticated(format!("the token is not valid: {error}"))),
        }
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
}
