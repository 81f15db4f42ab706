//! Puts the credential on each try. A token is fetched before it expires, and once, however many calls want it.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use azure_core::credentials::TokenCredential;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderValue};
use tokio::sync::Mutex;

use super::clock::Clock;
use super::throttle::Throttle;
use super::transport::{TransportError, WireRequest, WireResponse};
use crate::credential::{Credential, Source};
use crate::secret::Secret;

/// The application id of Azure DevOps in Entra, as a scope.
pub(crate) const SCOPE: &str = "499b84ac-1321-427f-aa17-267ca6975798/.default";

/// A token is replaced when it lives no longer than this, so that it outlives the wait in the throttle.
const MARGIN: Duration = Duration::from_secs(300);

/// How many tokens are masked in what the service says: those that calls under way may have been sent with.
const REMEMBERED: usize = 4;

/// Why a try failed without a response.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No credential could be had: nothing was sent.
    Credential(String),
    /// The transport failed.
    Transport(TransportError),
}

/// The authenticating layer.
pub(crate) struct Auth {
    tokens: Tokens,
    next: Throttle,
}

impl Auth {
    pub(crate) fn new(credential: Credential, clock: Arc<dyn Clock>, next: Throttle) -> Self {
        Self { tokens: Tokens::new(credential, clock), next }
    }

    /// Sends once, with the credential that is valid now. `seen` gets the token's generation.
    pub(crate) async fn send(&self, mut request: WireRequest, seen: &mut u64) -> Result<WireResponse, Failure> {
        let (header, generation) = self.tokens.header().await.map_err(Failure::Credential)?;
        *seen = generation;
        request.headers.insert(AUTHORIZATION, header);
        self.next.send(request).await.map_err(Failure::Transport)
    }

    /// Drops the token of a generation, if a new one can be had; the next try fetches it.
    pub(crate) fn renew(&self, generation: u64) -> bool {
        self.tokens.drop_generation(generation)
    }

    /// `text` with every form of the credential masked.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.tokens.redact(text)
    }
}

/// The token in use.
struct Cached {
    header: HeaderValue,
    expires: SystemTime,
    generation: u64,
}

struct Tokens {
    source: Source,
    cached: RwLock<Option<Cached>>,
    /// The last tokens, the newest first: an answer that is late may repeat one that is used no more.
    given: RwLock<VecDeque<Secret>>,
    /// Held by the one call that fetches, waited for by the others.
    fetching: Mutex<u64>,
    clock: Arc<dyn Clock>,
}

// Invariant: many calls ask for one token (test: many_calls_ask_for_one_token).
impl Tokens {
    fn new(credential: Credential, clock: Arc<dyn Clock>) -> Self {
        Self {
            source: credential.source,
            cached: RwLock::new(None),
            given: RwLock::default(),
            fetching: Mutex::new(0),
            clock,
        }
    }

    async fn header(&self) -> Result<(HeaderValue, u64), String> {
        let credential = match &self.source {
            Source::Bearer(token) => return Ok((bearer(token)?, 0)),
            Source::Basic(pat) => return Ok((basic(pat)?, 0)),
            Source::Entra(credential) => credential,
        };
        if let Some(found) = self.valid_for(MARGIN) {
            return Ok(found);
        }
        let mut generation = self.fetching.lock().await;
        if let Some(found) = self.valid_for(MARGIN) {
            return Ok(found);
        }
        match fetch(credential).await {
            Ok((token, expires)) => {
                *generation += 1;
                let header = bearer(&token)?;
                let mut given = self.given.write().unwrap_or_else(PoisonError::into_inner);
                given.push_front(token);
                given.truncate(REMEMBERED);
                drop(given);
                let cached = Cached { header: header.clone(), expires, generation: *generation };
                *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Some(cached);
                Ok((header, *generation))
            }
            // The old token is good for a while yet; the next call tries again.
            Err(error) => self.valid_for(Duration::ZERO).ok_or(error),
        }
    }

    fn valid_for(&self, margin: Duration) -> Option<(HeaderValue, u64)> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        let cached = cached.as_ref()?;
        (cached.expires > self.clock.calendar() + margin).then(|| (cached.header.clone(), cached.generation))
    }

    fn drop_generation(&self, generation: u64) -> bool {
        if !matches!(self.source, Source::Entra(_)) {
            return false;
        }
        let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
        if cached.as_ref().is_some_and(|cached| cached.generation == generation) {
            *cached = None;
        }
        true
    }

    fn redact(&self, text: &str) -> String {
        match &self.source {
            Source::Bearer(token) => token.redact(text),
            Source::Basic(pat) => Secret::new(encode(pat)).redact(&pat.redact(text)),
            Source::Entra(_) => {
                let given = self.given.read().unwrap_or_else(PoisonError::into_inner);
                given.iter().fold(text.to_owned(), |text, token| token.redact(&text))
            }
        }
    }
}

async fn fetch(credential: &Arc<dyn TokenCredential>) -> Result<(Secret, SystemTime), String> {
    let token = credential.get_token(&[SCOPE], None).await.map_err(|error| error.to_string())?;
    Ok((Secret::new(token.token.secret()), token.expires_on.into()))
}

fn bearer(token: &Secret) -> Result<HeaderValue, String> {
    sensitive(&["Bearer ", token.expose()].concat())
}

/// Basic authentication with an empty user, as personal access tokens want it.
fn basic(pat: &Secret) -> Result<HeaderValue, String> {
    sensitive(&["Basic ", &encode(pat)].concat())
}

fn encode(pat: &Secret) -> String {
    STANDARD.encode([":", pat.expose()].concat())
}

fn sensitive(text: &str) -> Result<HeaderValue, String> {
    let mut header =
        HeaderValue::from_str(text).map_err(|_| "the token holds characters that no header may have".to_owned())?;
    header.set_sensitive(true);
    Ok(header)
}
