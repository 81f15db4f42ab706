//! One telemetry item per prediction request, to Application Insights or any OTLP collector, off the request path.

pub mod insights;
mod item;
pub mod otlp;

pub use item::{Item, Origin};

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::lines::{Level, Lines};
use super::metrics::Metrics;
use super::record::queue::Queue;

/// Room in the queue that one item takes.
pub const ITEM_SIZE: usize = 256;
/// Room of the whole queue.
pub const CAPACITY: usize = 4 << 20;
/// How long items gather before they are sent.
const GATHER: Duration = Duration::from_secs(1);
/// Most items in one request to a collector.
const MOST: usize = 1_000;
/// Attempts to send a batch before it is given up.
const ATTEMPTS: u32 = 4;

/// A place that items are sent to.
#[derive(Debug)]
pub enum Exporter {
    /// Application Insights.
    Insights(insights::Connection),
    /// OTLP over HTTP with JSON.
    Otlp(otlp::Endpoint),
}

/// What became of a batch.
enum Outcome {
    /// Taken, apart from so many items.
    Refused(u64),
    /// Not taken; the same batch may be taken later.
    Later(String),
}

/// Sends items until the queue is closed and empty.
pub struct Sender {
    /// Where items come from.
    pub queue: Arc<Queue<Item>>,
    /// Where they go.
    pub exporters: Vec<Exporter>,
    /// Who they come from.
    pub origin: Origin,
    /// The HTTP client.
    pub client: reqwest::Client,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The server's log.
    pub lines: Lines,
    /// Becomes the deadline for the last attempts once the server stops.
    pub deadline: watch::Receiver<Option<Instant>>,
}

impl Sender {
    /// Runs until the queue is closed and its items are sent or counted as dropped.
    pub async fn run(mut self) {
        let mut taken = Vec::new();
        while self.queue.take(&mut taken).await {
            for batch in taken.chunks(MOST) {
                let items: Vec<&Item> = batch.iter().map(|(item, _)| item).collect();
                for at in 0..self.exporters.len() {
                    let body = match &self.exporters[at] {
                        Exporter::Insights(connection) => connection.body(&items, &self.origin),
                        Exporter::Otlp(_) => otlp::body(&items, &self.origin),
                    };
                    let refused = self.send(at, body, items.len() as u64).await;
                    self.metrics.telemetry_dropped.add(refused);
                    self.metrics.telemetry_sent.add(items.len() as u64 - refused);
                }
                self.queue.release(batch.iter().map(|(_, size)| size).sum());
            }
            if !self.queue.is_closed() {
                tokio::select! {
                    () = sleep(GATHER) => {}
                    _ = self.deadline.changed() => {}
                }
            }
        }
    }

    /// Sends one batch; the answer is how many items were lost.
    async fn send(&mut self, exporter: usize, body: String, items: u64) -> u64 {
        let mut pause = Duration::from_millis(250);
        for attempt in 1..=ATTEMPTS {
            let deadline = *self.deadline.borrow_and_update();
            let sent = self.attempt(exporter, body.clone(), items);
            let outcome = match deadline {
                Some(deadline) => timeout_at(deadline, sent).await.unwrap_or_else(|_| Outcome::Later("no time".into())),
                None => sent.await,
            };
            match outcome {
                Outcome::Refused(refused) => return refused,
                Outcome::Later(reason) if attempt == ATTEMPTS || deadline.is_some_and(|at| Instant::now() >= at) => {
                    let count = items.to_string();
                    self.lines.event(Level::Warning, "telemetry dropped", &[("reason", &reason), ("items", &count)]);
                }
                Outcome::Later(_) => {
                    tokio::select! {
                        () = sleep(pause) => {}
                        _ = self.deadline.changed() => {}
                    }
                    pause *= 4;
                }
            }
        }
        items
    }

    async fn attempt(&self, exporter: usize, body: String, items: u64) -> Outcome {
        let request = match &self.exporters[exporter] {
            Exporter::Insights(connection) => self.client.post(connection.address()),
            Exporter::Otlp(endpoint) => endpoint.headers(self.client.post(endpoint.address())),
        };
        let request = request.header("content-type", "application/json").timeout(Duration::from_secs(10));
        let response = match request.body(body).send().await {
            Ok(response) => response,
            Err(error) => return Outcome::Later(error.without_url().to_string()),
        };
        match response.status().as_u16() {
            200..=299 => {
                let answer = response.bytes().await.unwrap_or_default();
                let refused = match &self.exporters[exporter] {
                    Exporter::Insights(_) => insights::refused(&answer),
                    Exporter::Otlp(_) => otlp::refused(&answer),
                };
                Outcome::Refused(refused.min(items))
            }
            // The statuses that both protocols call worth a retry.
            status @ (408 | 429 | 500 | 502 | 503 | 504) => Outcome::Later(format!("status {status}")),
            status => {
                let status = status.to_string();
                self.lines.event(Level::Warning, "telemetry refused", &[("status", &status)]);
                Outcome::Refused(items)
            }
        }
    }
}
