//! Time as the client sees it, so that tests need not wait.

use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;

/// The client's only source of time.
pub trait Clock: Send + Sync + 'static {
    /// Time since some fixed moment; never goes backwards.
    fn now(&self) -> Duration;
    /// The calendar time.
    fn calendar(&self) -> SystemTime;
    /// Ends after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's clock, sleeping on tokio's timer.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: tokio::time::Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: tokio::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn calendar(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
