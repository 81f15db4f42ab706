//! The running server: listener, workers, background threads, and their orderly end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle as Task;
use tokio::time::{Instant, sleep, timeout};

use super::auth::Guard;
use super::auth::entra::Entra;
use super::auth::jwks::SigningKeys;
use super::connection;
use super::decode::Limits;
use super::http;
use super::intake::Intake;
use super::lines::{Level, Lines};
use super::metrics::Metrics;
use super::predictor::{LoadError, model_file};
use super::protocol::Origins;
use super::record::queue::Queue;
use super::record::store::{Store, StoreError, without_query};
use super::record::writer::Writer;
use super::reload::{Seen, Watcher, read_keys};
use super::scorer::Scorer;
use super::service::{App, Sampled};
use super::settings::Settings;
use super::stall::Patience;
use super::telemetry;
use super::tls::{Tls, TlsError};

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The model cannot be read.
    #[error("cannot read the model {path}: {source}")]
    ReadModel {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The model is not valid.
    #[error("{path}: {source}")]
    Model {
        /// The file.
        path: String,
        /// What is wrong.
        source: LoadError,
    },
    /// The key file.
    #[error("{0}")]
    Keys(String),
    /// A column that is to be left out of the logs does not exist.
    #[error("SCORE_LOG_OMIT names \"{0}\", which is no feature of the model; check the name")]
    Omit(String),
    /// The server's own certificate.
    #[error("{0}")]
    Tls(#[from] TlsError),
    /// The scoring log.
    #[error("SCORE_LOG_CONTAINER_URL: {0}")]
    Store(#[from] StoreError),
    /// The HTTP client for telemetry, logs and signing keys.
    #[error("cannot set up TLS: {0}; are the certificates of authorities in /etc/ssl/certs?")]
    Http(#[from] reqwest::Error),
    /// The port.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// A server that answers requests.
pub struct Server {
    app: Arc<App>,
    address: SocketAddr,
    lines: Lines,
    drain: Duration,
    grace: Duration,
    /// Permits that connections hold.
    places: Arc<Semaphore>,
    most: u32,
    acceptor: Task<()>,
    stop_accepting: oneshot::Sender<()>,
    stop_connections: watch::Sender<bool>,
    look: mpsc::Sender<()>,
    background: Option<Background>,
}

/// The thread that carries records and telemetry away, and how to tell it the time by which it must end.
type Background = (JoinHandle<()>, watch::Sender<Option<Instant>>);

/// A connection on its way to a worker.
type Arrival = (std::net::TcpStream, OwnedSemaphorePermit);

impl Server {
    /// Reads model and keys, opens the port and begins to answer. Call within a Tokio runtime, on which the accepting runs.
    ///
    /// # Errors
    /// Anything that makes the server useless: each with its place.
    pub async fn start(settings: Settings, lines: Lines) -> Result<Self, StartError> {
        let arguments = &settings.arguments;
        let limits = Limits { body: arguments.max_body, rows: arguments.max_rows };
        let tls_files = settings.tls.as_ref();
        let seen = Seen::now(&settings.model, arguments.key_file.as_deref(), tls_files);
        let tls = tls_files.map(|files| Tls::load(files.clone())).transpose()?.map(Arc::new);
        let scorer = load(&settings, limits)?;
        let names = scorer.features();
        if let Some(unknown) = arguments.log_omit.iter().find(|name| names.position(name).is_none()) {
            return Err(StartError::Omit(unknown.clone()));
        }
        let metrics = Arc::new(Metrics::default());
        let guard = guard(&settings)?;
        let open = guard.is_open();
        let store = match &settings.log {
            Some(url) => {
                let client = if url.scheme() == "file" { None } else { Some(http::client()?) };
                Some(Store::new(url, &arguments.log_prefix, || client.unwrap_or_default())?)
            }
            None => None,
        };
        let records = store
            .is_some()
            .then(|| Sampled { queue: Arc::new(Queue::new(arguments.log_buffer)), share: arguments.log_sample });
        let telemetry = (!settings.exporters.is_empty())
            .then(|| Sampled { queue: Arc::new(Queue::new(telemetry::CAPACITY)), share: arguments.telemetry_sample });
        let version = scorer.version().to_owned();
        let app = Arc::new(App {
            scorer: ArcSwap::from_pointee(scorer),
            guard,
            limits,
            intake: Intake::new(limits.body, arguments.body_timeout),
            route: arguments.route.as_str().into(),
            origins: Origins::new(&arguments.cors_origins),
            metrics: Arc::clone(&metrics),
            lines: lines.clone(),
            access: arguments.access_log,
            records,
            telemetry,
            draining: AtomicBool::new(false),
        });
        let (listen, listening) = (arguments.listen, |source| StartError::Listen { address: arguments.listen, source });
        let listener = TcpListener::bind(listen).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let (stop_connections, stopping) = watch::channel(false);
        let patience = Patience { head: arguments.header_timeout, write: arguments.write_timeout };
        let mut workers = Vec::with_capacity(settings.workers);
        for at in 0..settings.workers {
            workers.push(worker(at, Arc::clone(&app), tls.clone(), patience, stopping.clone())?);
        }
        let places = Arc::new(Semaphore::new(arguments.max_connections as usize));
        let (stop_accepting, stopped) = oneshot::channel();
        let accepting = accept(listener, workers, Arc::clone(&places), lines.clone(), stopped);
        let acceptor = tokio::spawn(accepting);
        let (look, looked) = mpsc::channel(1);
        let (model, key_file, keys) = (settings.model.clone(), arguments.key_file.clone(), settings.keys.clone());
        let watcher = Watcher::new(Arc::clone(&app), seen, model, key_file, keys, tls.clone());
        tokio::spawn(watcher.run(arguments.reload_interval, looked));
        lines.event(
            Level::Info,
            "listening",
            &[
                ("address", &address.to_string()),
                ("model", &version),
                ("authentication", if open { "none" } else { "required" }),
                ("tls", if tls.is_some() { "on" } else { "off" }),
                ("workers", &settings.workers.to_string()),
                ("scoring_log", &settings.log.as_ref().map_or_else(|| "off".to_owned(), without_query)),
            ],
        );
        let (drain, grace, most) = (arguments.drain, arguments.grace, arguments.max_connections);
        let background = background(settings, &app, store)?;
        Ok(Self {
            app,
            address,
            lines,
            drain,
            grace,
            places,
            most,
            acceptor,
            stop_accepting,
            stop_connections,
            look,
            background,
        })
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes the server look at model and key file now.
    pub fn reload(&self) {
        // A full channel means that it is about to look anyway.
        let _ = self.look.try_send(());
    }

    /// Stops: serves on for the drain, then takes no connections, finishes requests in flight, sends the logs. Takes drain plus grace at most,
    /// and less when nothing is left to do.
    pub async fn stop(self) {
        self.lines.event(Level::Info, "stopping", &[("drain_ms", &self.drain.as_millis().to_string())]);
        self.app.draining.store(true, Ordering::Release);
        sleep(self.drain).await;
        let deadline = Instant::now() + self.grace;
        let _ = self.stop_accepting.send(());
        let _ = self.acceptor.await;
        let _ = self.stop_connections.send(true);
        if tokio::time::timeout_at(deadline, self.places.acquire_many(self.most)).await.is_err() {
            let left = self.app.metrics.connections.get().to_string();
            self.lines.event(Level::Warning, "connections cut off at the end of the grace", &[("connections", &left)]);
        }
        if let Some(records) = &self.app.records {
            records.queue.close();
        }
        if let Some(telemetry) = &self.app.telemetry {
            telemetry.queue.close();
        }
        if let Some((thread, tell)) = self.background {
            // The last batch gets its chance also when requests took the whole grace.
            let _ = tell.send(Some(deadline.max(Instant::now() + Duration::from_secs(2))));
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        let dropped = self.app.metrics.records_dropped.get().to_string();
        self.lines.event(Level::Info, "stopped", &[("scoring_log_records_dropped", &dropped)]);
    }
}

fn load(settings: &Settings, limits: Limits) -> Result<Scorer, StartError> {
    let file = model_file(&settings.model);
    let path = file.display().to_string();
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(source) => return Err(StartError::ReadModel { path, source }),
    };
    Scorer::from_json(&text, &settings.arguments.route, limits).map_err(|source| StartError::Model { path, source })
}

fn guard(settings: &Settings) -> Result<Guard, StartError> {
    let mut keys = settings.keys.clone();
    if let Some(file) = &settings.arguments.key_file {
        let from_file = read_keys(file).map_err(StartError::Keys)?;
        keys = Some(keys.unwrap_or_default().and(from_file));
    }
    let entra = match &settings.entra {
        Some(entra) => {
            let keys = SigningKeys::new(entra.issuer_url.clone(), entra.jwks.clone(), http::client()?);
            Some(Entra::new(&entra.issuer, &entra.audiences, entra.role.clone(), keys))
        }
        None => None,
    };
    let keys_expected = keys.is_some();
    Ok(Guard { keys: ArcSwap::from_pointee(keys.unwrap_or_default()), entra, keys_expected })
}

/// Starts a serving thread with a runtime of its own: connections stay on one thread, which costs less than sharing them.
fn worker(
    at: usize,
    app: Arc<App>,
    tls: Option<Arc<Tls>>,
    patience: Patience,
    stop: watch::Receiver<bool>,
) -> Result<mpsc::UnboundedSender<Arrival>, std::io::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (send, mut arrivals) = mpsc::unbounded_channel::<Arrival>();
    std::thread::Builder::new().name(format!("worker-{at}")).spawn(move || {
        runtime.block_on(async move {
            while let Some((stream, place)) = arrivals.recv().await {
                let Ok(stream) = TcpStream::from_std(stream) else { continue };
                let (app, tls, stop) = (Arc::clone(&app), tls.clone(), stop.clone());
                tokio::spawn(async move {
                    connection::serve(app, tls, stream, patience, stop).await;
                    drop(place);
                });
            }
            // The acceptor is gone; connections go on until they are told to stop, which the server waits for.
            std::future::pending::<()>().await;
        });
    })?;
    Ok(send)
}

/// Hands connections to the workers in turn until told to stop.
async fn accept(
    listener: TcpListener,
    workers: Vec<mpsc::UnboundedSender<Arrival>>,
    places: Arc<Semaphore>,
    lines: Lines,
    mut stop: oneshot::Receiver<()>,
) {
    let mut turn = workers.iter().cycle();
    let mut hand_over = |stream: TcpStream, place: OwnedSemaphorePermit| {
        if let (Ok(stream), Some(worker)) = (stream.into_std(), turn.next()) {
            let _ = worker.send((stream, place));
        }
    };
    loop {
        let next = async {
            // A place first: connections beyond the limit wait in the kernel's queue.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            arrived = next => match arrived {
                (Ok(place), Ok((stream, _))) => hand_over(stream, place),
                (Err(_), _) => return,
                (_, Err(error)) => {
                    // Out of file descriptors, or a peer that went away before it was accepted.
                    lines.event(Level::Warning, "cannot accept a connection", &[("reason", &error.to_string())]);
                    sleep(Duration::from_millis(20)).await;
                }
            },
            _ = &mut stop => break,
        }
    }
    // Whoever the kernel has already connected is still served.
    while let Ok(place) = Arc::clone(&places).try_acquire_owned() {
        match timeout(Duration::from_millis(1), listener.accept()).await {
            Ok(Ok((stream, _))) => hand_over(stream, place),
            _ => return,
        }
    }
}

/// Starts the thread that carries records and telemetry away, if there is anything to carry.
fn background(settings: Settings, app: &App, store: Option<Store>) -> Result<Option<Background>, StartError> {
    let (tell, deadline) = watch::channel(None);
    let writer = store.zip(app.records.as_ref()).map(|(store, records)| Writer {
        queue: Arc::clone(&records.queue),
        store,
        omit: settings.arguments.log_omit.clone(),
        flush: settings.arguments.log_flush,
        metrics: Arc::clone(&app.metrics),
        lines: app.lines.clone(),
        deadline: deadline.clone(),
    });
    let sender = match &app.telemetry {
        Some(telemetry) => Some(telemetry::Sender {
            queue: Arc::clone(&telemetry.queue),
            exporters: settings.exporters,
            origin: settings.origin,
            client: http::client()?,
            metrics: Arc::clone(&app.metrics),
            lines: app.lines.clone(),
            deadline,
        }),
        None => None,
    };
    if writer.is_none() && sender.is_none() {
        return Ok(None);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let thread = std::thread::Builder::new().name("background".into()).spawn(move || {
        runtime.block_on(async move {
            let records = async {
                if let Some(writer) = writer {
                    writer.run().await;
                }
            };
            let telemetry = async {
                if let Some(sender) = sender {
                    sender.run().await;
                }
            };
            tokio::join!(records, telemetry);
        });
    })?;
    Ok(Some((thread, tell)))
}
