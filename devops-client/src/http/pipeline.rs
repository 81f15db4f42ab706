//! All layers of a call as one thing that is shared, and the time that it keeps.

// Invariant: the layers have one order
// (test: the_order_is_tracing_then_retry_then_auth_then_throttle_then_transport).

use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::retry::{Outcome, Replay, RetryOptions};
use super::trace::Trace;
use super::transport::WireRequest;

/// The layers that every call of a client goes through. Clones share connections, token and budget.
#[derive(Clone)]
pub(crate) struct Pipeline(Arc<Inner>);

struct Inner {
    layers: Trace,
    clock: Arc<dyn Clock>,
}

impl Pipeline {
    pub(crate) fn new(layers: Trace, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { layers, clock }))
    }

    pub(crate) async fn send(&self, request: &WireRequest, replay: Replay) -> Outcome {
        self.0.layers.send(request, replay).await
    }

    /// `text` with every form of the credential masked.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.0.layers.redact(text)
    }

    /// How calls are repeated.
    pub(crate) fn options(&self) -> &RetryOptions {
        self.0.layers.options()
    }

    pub(crate) fn now(&self) -> Duration {
        self.0.clock.now()
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        self.0.clock.sleep(duration).await;
    }
}
