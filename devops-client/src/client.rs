//! The client: how it is made, and where its addresses begin. The way to an area stands with the area.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::credential::Credential;
use crate::error::{Error, Result};
use crate::http::auth::Auth;
use crate::http::clock::{Clock, SystemClock};
use crate::http::pipeline::Pipeline;
use crate::http::retry::{Retry, RetryOptions};
use crate::http::route::Route;
use crate::http::throttle::{Throttle, ThrottleOptions};
use crate::http::trace::Trace;
use crate::http::transport::{HttpTransport, Transport};
use crate::id::ProjectRef;

/// A client of one organization. Clones share connections, token and budget.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    organization: String,
    base: Url,
    identity_base: Url,
    pipeline: Pipeline,
}

/// Makes a [`Client`].
#[must_use = "a builder does nothing until build() is called"]
pub struct ClientBuilder {
    organization: String,
    credential: Option<Credential>,
    base: Option<String>,
    identity_base: Option<String>,
    timeout: Duration,
    retry: RetryOptions,
    throttle: ThrottleOptions,
    clock: Option<Arc<dyn Clock>>,
    transport: Option<Arc<dyn Transport>>,
}

impl Client {
    /// Starts a client of `https://dev.azure.com/{organization}`.
    pub fn builder(organization: impl Into<String>) -> ClientBuilder {
        ClientBuilder {
            organization: organization.into(),
            credential: None,
            base: None,
            identity_base: None,
            timeout: Duration::from_secs(100),
            retry: RetryOptions::default(),
            throttle: ThrottleOptions::default(),
            clock: None,
            transport: None,
        }
    }

    /// The organization's name.
    pub fn organization(&self) -> &str {
        &self.0.organization
    }

    /// The organization's address.
    pub fn base_url(&self) -> &Url {
        &self.0.base
    }

    /// What is in one project, by name or id.
    pub fn project(&self, project: impl Into<ProjectRef>) -> Project {
        Project { client: self.clone(), project: project.into() }
    }

    /// An address below the organization.
    pub(crate) fn org(&self) -> Route {
        Route::new(self.0.pipeline.clone(), self.0.base.clone())
    }

    /// An address below the organization on the host of identities.
    pub(crate) fn identity_org(&self) -> Route {
        Route::new(self.0.pipeline.clone(), self.0.identity_base.clone())
    }

    /// What every call goes through.
    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.0.pipeline
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.0.base.as_str()).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Who calls. Without one, [`Credential::developer_tools`].
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Another address than `https://dev.azure.com/{organization}`, organization included, for the emulator and for
    /// a server of one's own. Plain HTTP is accepted for loopback only. Identities are asked for there too.
    pub fn base_url(mut self, base: impl Into<String>) -> Self {
        self.base = Some(base.into());
        self
    }

    /// Another address than `https://vssps.dev.azure.com/{organization}` for identities.
    pub fn identity_base_url(mut self, base: impl Into<String>) -> Self {
        self.identity_base = Some(base.into());
        self
    }

    /// How long one try may take. Default: 100 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How calls are repeated.
    pub fn retry(mut self, options: RetryOptions) -> Self {
        self.retry = options;
        self
    }

    /// How much may be asked for.
    pub fn throttle(mut self, options: ThrottleOptions) -> Self {
        self.throttle = options;
        self
    }

    /// Another clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Another transport.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The client. Fails when an address is wrong, or when no transport or credential can be made.
    ///
    /// # Errors
    /// Kind `Argument` for an address that is no address, or that would carry a credential in clear; `SignIn` if no
    /// credential can be made.
    pub fn build(self) -> Result<Client> {
        let given = self.base.as_deref();
        let base = match given {
            Some(base) => address("base url", base)?,
            None => hosted("https://dev.azure.com/", &self.organization)?,
        };
        let identity_base = match (self.identity_base.as_deref(), given) {
            (Some(identities), _) => address("identity base url", identities)?,
            (None, Some(_)) => base.clone(),
            (None, None) => hosted("https://vssps.dev.azure.com/", &self.organization)?,
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::default()));
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(
                HttpTransport::new(self.timeout)
                    .map_err(|error| Error::argument("transport", &error.message, "working TLS"))?,
            ),
        };
        let credential = match self.credential {
            Some(credential) => credential,
            None => Credential::developer_tools()?,
        };
        let throttle = Throttle::new(self.throttle, clock.clone(), transport.clone());
        let auth = Auth::new(credential, clock.clone(), throttle);
        let retry = Retry::new(self.retry, clock.clone(), transport, auth);
        let pipeline = Pipeline::new(Trace::new(retry), clock);
        Ok(Client(Arc::new(Inner { organization: self.organization, base, identity_base, pipeline })))
    }
}

fn hosted(host: &str, organization: &str) -> Result<Url> {
    let wrong = || Error::argument("organization", organization, "the name after https://dev.azure.com/");
    let fits = !organization.is_empty()
        && organization.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let mut url = Url::parse(host).map_err(|_| wrong())?;
    if !fits || organization.chars().all(|c| c == '.') {
        return Err(wrong());
    }
    url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().push(organization);
    Ok(url)
}

fn address(what: &str, text: &str) -> Result<Url> {
    // Invariant: credentials go over TLS or loopback only (test: addresses_that_would_leak_a_credential_are_refused).
    let wrong = || Error::argument(what, text, "https, or http on loopback, without query or user");
    let url = Url::parse(text).map_err(|_| wrong())?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let safe = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    let bare =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if safe && bare { Ok(url) } else { Err(wrong()) }
}

/// What is in one project.
#[derive(Debug, Clone)]
pub struct Project {
    pub(crate) client: Client,
    pub(crate) project: ProjectRef,
}

impl Project {
    /// The project, as it was named.
    pub fn name_or_id(&self) -> &ProjectRef {
        &self.project
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// An address below the project.
    pub(crate) fn route(&self) -> Route {
        self.client.org().project(&self.project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted;

    #[test]
    fn addresses_that_would_leak_a_credential_are_refused() {
        for bad in
            ["http://example.com/org", "ftp://x/y", "https://u:p@example.com/org", "https://example.com/org?a=b", "org"]
        {
            assert!(
                Client::builder("org").credential(Credential::pat(planted::PAT)).base_url(bad).build().is_err(),
                "{bad}"
            );
        }
        for good in
            ["http://127.0.0.1:8080/org", "http://[::1]:1/org", "http://localhost/org", "https://example.com/tfs/org"]
        {
            Client::builder("org").credential(Credential::pat(planted::PAT)).base_url(good).build().unwrap();
        }
        for bad in ["", "..", "a/b", "a b", "a?b"] {
            assert!(Client::builder(bad).credential(Credential::pat(planted::PAT)).build().is_err(), "{bad}");
        }
    }
}
