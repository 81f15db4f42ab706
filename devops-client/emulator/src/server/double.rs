//! The edge of the other doubles (Key Vault, Azure Resource Manager): a state, a function on it, a socket.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Body as HttpBody;
use axum::extract::{ConnectInfo, State};
use axum::http::{Request as HttpRequest, Response as HttpResponse};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::builder::StartError;
use super::connection::{Door, Reset};
use super::faults::{Action, Fault, meet};
use super::http::{name, read, write};
use super::journal::Entry;
use crate::core::{Method, Request, Response};

/// A function from a state and a request to a response.
pub type Serve<S> = fn(&mut S, &Request, Timestamp) -> Response;

struct Inner<S> {
    state: S,
    /// What it was before the last write, kept while a fault may ask for it.
    before: Option<S>,
    journal: Vec<Entry>,
    faults: Vec<Fault>,
}

struct Shared<S> {
    inner: Mutex<Inner<S>>,
    serve: Serve<S>,
    start: Instant,
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, Inner<S>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A double that listens. It stops when it is dropped.
pub struct Double<S> {
    address: SocketAddr,
    shared: Arc<Shared<S>>,
    task: JoinHandle<()>,
}

impl<S: Clone + Send + 'static> Double<S> {
    /// Listens. Errors if the address is taken.
    pub async fn start(address: SocketAddr, state: S, serve: Serve<S>) -> Result<Double<S>, StartError> {
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let inner = Mutex::new(Inner { state, before: None, journal: Vec::new(), faults: Vec::new() });
        let shared = Arc::new(Shared { inner, serve, start: Instant::now() });
        let router = Router::new().fallback(answer::<S>).with_state(Arc::clone(&shared));
        let service = router.into_make_service_with_connect_info::<Reset>();
        let task = tokio::spawn(async move {
            // serving ends only with the task
            _ = axum::serve(Door(listener), service).await;
        });
        Ok(Double { address, shared, task })
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Looks at the state, or changes it, under the lock.
    pub fn with_state<T>(&self, see: impl FnOnce(&mut S) -> T) -> T {
        see(&mut self.shared.lock().state)
    }

    /// The requests so far, the oldest first. An effect is a write that was answered with success.
    pub fn requests(&self) -> Vec<Entry> {
        self.shared.lock().journal.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.lock().journal.clear();
    }

    /// Adds a fault: all of them work as on the emulator.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// The faults, each with the calls that it has seen.
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.lock().faults.clone()
    }

    /// Takes every fault away.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }
}

impl<S> Drop for Double<S> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<S> std::fmt::Debug for Double<S> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Double").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn answer<S: Clone + Send + 'static>(
    State(shared): State<Arc<Shared<S>>>,
    ConnectInfo(reset): ConnectInfo<Reset>,
    http: HttpRequest<HttpBody>,
) -> HttpResponse<HttpBody> {
    let query = http.uri().query().unwrap_or_default().to_owned();
    let request = match read(http).await {
        Ok(request) => request,
        Err(response) => return write(response, &[], None, false),
    };
    let (method, path) = (request.method.name(), request.path_text());
    let actions = meet(&mut shared.lock().faults, method, &path);
    for action in &actions {
        if let Action::Latency { millis } = action {
            tokio::time::sleep(std::time::Duration::from_millis(*millis)).await;
        }
    }
    let instead = actions.iter().find_map(super::http::before_effect);
    let stopped = instead.is_some() || actions.contains(&Action::ResetBefore);
    let mut guard = shared.lock();
    let inner = &mut *guard;
    let writes = !matches!(request.method, Method::Get | Method::Head | Method::Options);
    if writes && !stopped && inner.faults.iter().any(|fault| fault.action == Action::StaleRead) {
        inner.before = Some(inner.state.clone());
    }
    let mut stale = inner.before.clone().filter(|_| !writes && actions.contains(&Action::StaleRead));
    let response = match instead {
        Some(response) => response,
        None if stopped => Response::no_content(),
        None => (shared.serve)(stale.as_mut().unwrap_or(&mut inner.state), &request, Timestamp::now()),
    };
    let effect = !stopped && response.effect.unwrap_or(writes && response.status < 300);
    let cut = actions.contains(&Action::ResetBefore) || actions.contains(&Action::ResetAfter);
    let number = inner.journal.len() as u64 + 1;
    inner.journal.push(Entry {
        number,
        at_millis: u64::try_from(shared.start.elapsed().as_millis()).unwrap_or(u64::MAX),
        method: method.to_owned(),
        path,
        query,
        route: "",
        status: response.status,
        effect,
        faults: actions.iter().map(name).collect(),
        reset: cut,
    });
    drop(guard);
    if cut {
        reset.fire();
    }
    let later = |action: &Action| match action {
        Action::RetryAfterOnSuccess { seconds } => Some(("Retry-After", seconds.to_string())),
        _ => None,
    };
    let headers: Vec<_> = actions.iter().filter_map(later).collect();
    write(response, &headers, None, actions.contains(&Action::TruncatedBody))
}
