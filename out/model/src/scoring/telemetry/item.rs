//! What is sent, and whose it is.

use std::sync::Arc;
use std::time::Duration;

use crate::scoring::clock::Moment;
use crate::scoring::identity::{RequestId, Trace};

/// A prediction request that was answered.
#[derive(Debug, Clone)]
pub struct Item {
    /// When its head had arrived.
    pub start: Moment,
    /// Time until the answer was ready.
    pub duration: Duration,
    /// The route's path.
    pub path: Arc<str>,
    /// Its id.
    pub request_id: RequestId,
    /// Its trace.
    pub trace: Trace,
    /// Status of the answer.
    pub status: u16,
    /// Code of the problem that was answered.
    pub problem: Option<&'static str>,
    /// Rows predicted.
    pub rows: usize,
}

/// Who the items come from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The service's name: `OTEL_SERVICE_NAME`, or `score`.
    pub service: String,
    /// The host's name.
    pub instance: String,
    /// The share of requests that is sent.
    pub share: f64,
}
