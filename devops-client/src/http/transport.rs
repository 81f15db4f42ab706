//! The innermost layer: one request, one response, no opinion.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::contact::PROBE;

/// A request as it goes out. Credentials are in `headers`, marked sensitive.
#[derive(Clone)]
pub struct WireRequest {
    /// The method.
    pub method: Method,
    /// The whole address, with its query.
    pub url: Url,
    /// All headers.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
}

impl fmt::Debug for WireRequest {
    /// Method and path: never a header, a query or a body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireRequest")
            .field("method", &self.method)
            .field("path", &self.url.path())
            .finish_non_exhaustive()
    }
}

/// A response with its whole body.
#[derive(Clone)]
pub struct WireResponse {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
}

impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireResponse")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// How far a request came before it failed. It decides whether repeating it is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// No connection: the service has seen nothing.
    Connect,
    /// The request may have been received; no answer came.
    Sent,
    /// The service answered with this status, and the body broke off.
    Body(StatusCode),
}

/// A request that got no complete answer.
#[derive(Debug, Clone)]
pub struct TransportError {
    /// How far it came.
    pub stage: Stage,
    /// What went wrong, without the address's query.
    pub message: String,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Connect => "no connection",
            Stage::Sent => "connection lost after the request was sent",
            Stage::Body(_) => "response body broke off",
        };
        write!(f, "{stage}: {}", self.message)
    }
}

impl StdError for TransportError {}

/// Carries requests. Replaceable, for tests and for recording.
pub trait Transport: Send + Sync + 'static {
    /// Sends once. Follows no redirect and repeats nothing.
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>>;

    /// Whether the server of `url` answers anything at all within moments. Whoever stands in for a server does.
    fn is_alive(&self, _url: &Url) -> BoxFuture<'static, bool> {
        Box::pin(std::future::ready(true))
    }
}

/// How long a connection may take, looking up the name included. Whoever has none after that is offline, or is helped
/// more by another try.
pub const CONNECT: Duration = Duration::from_secs(4);

/// The real transport: reqwest over rustls with ring.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// A transport whose requests take at most `timeout` each, connecting included.
    ///
    /// Makes ring the process's TLS provider unless one is set already. Fails when the system's certificates cannot
    /// be loaded.
    ///
    /// # Errors
    /// Stage `Connect` if the system's certificates cannot be loaded.
    pub fn new(timeout: Duration) -> Result<Self, TransportError> {
        install_tls_provider();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(timeout.min(CONNECT))
            .timeout(timeout)
            .user_agent(concat!("mlops-gen-devops-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| TransportError { stage: Stage::Connect, message: describe(&error) })?;
        Ok(Self { client })
    }
}

/// Makes ring the process-wide TLS provider; keeps one that is there.
pub(crate) fn install_tls_provider() {
    // An error means that somebody else was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Transport for HttpTransport {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let WireRequest { method, url, headers, body } = request;
        let mut outgoing = self.client.request(method.clone(), url).headers(headers);
        // A POST without body must still say that its length is 0, or the service answers 411.
        if !body.is_empty() || method == Method::POST || method == Method::PUT || method == Method::PATCH {
            outgoing = outgoing.body(body);
        }
        Box::pin(async move {
            let mut response = outgoing.send().await.map_err(|error| TransportError {
                stage: if error.is_connect() || error.is_builder() { Stage::Connect } else { Stage::Sent },
                message: describe(&error),
            })?;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut whole = BytesMut::new();
            loop {
                match response.chunk().await {
                    Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
                    Ok(None) => return Ok(WireResponse { status, headers, body: whole.freeze() }),
                    Err(error) => return Err(TransportError { stage: Stage::Body(status), message: describe(&error) }),
                }
            }
        })
    }

    fn is_alive(&self, url: &Url) -> BoxFuture<'static, bool> {
        Box::pin(alive(&self.client, url))
    }
}

/// Whether the server of `url` answers a small question, without credential, whatever it says.
pub(super) fn alive(client: &reqwest::Client, url: &Url) -> impl Future<Output = bool> + Send + 'static {
    let (client, mut top) = (client.clone(), url.clone());
    top.set_path("/");
    top.set_query(None);
    // A request's time runs from where it is made on, and this one may wait before it is sent.
    async move { client.get(top).timeout(PROBE).send().await.is_ok() }
}

/// The causes of an error in one line. The outermost text is left out: it repeats the address with its query.
pub(crate) fn describe(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    if error.is_timeout() {
        causes.insert(0, "timed out".to_owned());
    }
    if causes.is_empty() { "request failed".to_owned() } else { causes.join(": ") }
}
