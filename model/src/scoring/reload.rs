//! Taking over a changed model file or key file while requests are answered.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::auth::key::Keys;
use super::lines::Level;
use super::predictor::model_file;
use super::scorer::Scorer;
use super::service::App;
use super::tls::{Tls, TlsFiles};

/// What tells one state of a file from the next without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Inode and change time where the system has them: a file that was replaced in the same second with the same length.
    identity: (u64, i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Self {
        // Links are followed: Kubernetes swaps mounted files by a link.
        let Ok(data) = std::fs::metadata(path) else { return Self::default() };
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt as _;
            (data.ino(), data.ctime(), data.ctime_nsec())
        };
        #[cfg(not(unix))]
        let identity = (0, 0, 0);
        Self { modified: data.modified().ok(), length: data.len(), identity }
    }
}

/// The state of the watched files at one moment.
#[derive(Debug, Clone)]
pub struct Seen {
    model: Stamp,
    keys: Stamp,
    tls: [Stamp; 2],
}

impl Seen {
    /// The state now. Take it before the files are read, so that a change in between is noticed.
    pub fn now(model: &Path, key_file: Option<&Path>, tls: Option<&TlsFiles>) -> Self {
        Self {
            model: Stamp::of(&model_file(model)),
            keys: key_file.map(Stamp::of).unwrap_or_default(),
            tls: tls.map(stamps).unwrap_or_default(),
        }
    }
}

fn stamps(tls: &TlsFiles) -> [Stamp; 2] {
    [Stamp::of(&tls.certificates), Stamp::of(&tls.key)]
}

/// Watches the files of a running server.
pub struct Watcher {
    app: Arc<App>,
    model: PathBuf,
    key_file: Option<PathBuf>,
    /// Keys from the environment, which stay.
    keys: Option<Keys>,
    tls: Option<Arc<Tls>>,
    seen: Seen,
}

impl Watcher {
    /// A watcher for a server that has read its files after `seen`. `keys` are those from the environment.
    pub fn new(
        app: Arc<App>,
        seen: Seen,
        model: PathBuf,
        key_file: Option<PathBuf>,
        keys: Option<Keys>,
        tls: Option<Arc<Tls>>,
    ) -> Self {
        Self { app, model, key_file, keys, tls, seen }
    }

    /// Looks at the files every `every` (never, when zero) and whenever `now` says so, until `now` is closed.
    pub async fn run(mut self, every: Duration, mut now: mpsc::Receiver<()>) {
        let mut ticks = interval(if every.is_zero() { Duration::from_secs(86_400) } else { every });
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            let forced = tokio::select! {
                _ = ticks.tick() => false,
                asked = now.recv() => match asked {
                    Some(()) => true,
                    None => return,
                },
            };
            // Reading and parsing a large model must not hold up the accepting of connections, which runs on the same thread.
            let Ok(watcher) = tokio::task::spawn_blocking(move || {
                self.look(forced);
                self
            })
            .await
            else {
                return;
            };
            self = watcher;
        }
    }

    fn look(&mut self, forced: bool) {
        let file = model_file(&self.model);
        let stamp = Stamp::of(&file);
        if forced || stamp != self.seen.model {
            self.seen.model = stamp;
            self.take_model(&file);
        }
        if let Some(file) = self.key_file.clone() {
            let stamp = Stamp::of(&file);
            if forced || stamp != self.seen.keys {
                self.seen.keys = stamp;
                self.take_keys(&file);
            }
        }
        if let Some(tls) = self.tls.clone() {
            let now = stamps(tls.files());
            if forced || now != self.seen.tls {
                self.seen.tls = now;
                let lines = &self.app.lines;
                match tls.reload() {
                    Ok(()) => lines.event(Level::Info, "certificate reloaded", &[]),
                    Err(reason) => {
                        let reason = reason.to_string();
                        let message = "certificate not reloaded, going on with the one before";
                        lines.event(Level::Error, message, &[("reason", &*reason)]);
                    }
                }
            }
        }
    }

    fn take_model(&self, file: &Path) {
        let app = &self.app;
        let loaded = std::fs::read(file)
            .map_err(|error| error.to_string())
            .and_then(|text| Scorer::from_json(&text, &app.route, app.limits).map_err(|error| error.to_string()));
        match loaded {
            Ok(scorer) if scorer.version() == app.scorer.load().version() => {}
            Ok(scorer) => {
                let version = scorer.version().to_owned();
                let before = app.scorer.swap(Arc::new(scorer));
                app.metrics.reloads.add(1);
                let members = [("version", &*version), ("before", before.version())];
                app.lines.event(Level::Info, "model reloaded", &members);
            }
            Err(reason) => {
                app.metrics.reload_failures.add(1);
                let path = file.display().to_string();
                let members = [("path", &*path), ("reason", &reason)];
                app.lines.event(Level::Error, "model not reloaded, going on with the one before", &members);
            }
        }
    }

    fn take_keys(&self, file: &Path) {
        match read_keys(file) {
            Ok(keys) => {
                let keys = match &self.keys {
                    Some(own) => own.clone().and(keys),
                    None => keys,
                };
                self.app.guard.keys.store(Arc::new(keys));
                self.app.lines.event(Level::Info, "keys reloaded", &[]);
            }
            Err(reason) => {
                let members = [("reason", &*reason)];
                self.app.lines.event(Level::Error, "keys not reloaded, going on with those before", &members);
            }
        }
    }
}

/// The keys in a file.
///
/// # Errors
/// The file and what is wrong with it, never its content.
pub fn read_keys(file: &Path) -> Result<Keys, String> {
    let failed = |reason: &dyn std::fmt::Display| format!("cannot use the key file {}: {reason}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    Keys::parse(&text).map_err(|error| failed(&error))
}
