//! The outermost layer: one span per call, whatever happens inside it.

use http::StatusCode;
use tracing::Instrument as _;

use super::auth::Failure;
use super::log::target;
use super::retry::{Outcome, Replay, Retry, RetryOptions};
use super::transport::WireRequest;

/// The tracing layer.
pub(crate) struct Trace {
    next: Retry,
}

impl Trace {
    pub(crate) fn new(next: Retry) -> Self {
        Self { next }
    }

    /// `text` with every form of the credential masked.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.next.redact(text)
    }

    /// How calls are repeated.
    pub(crate) fn options(&self) -> &RetryOptions {
        self.next.options()
    }

    /// Makes the call within a span `azure_devops` with method and path; bodies and headers are never recorded.
    pub(crate) async fn send(&self, request: &WireRequest, replay: Replay) -> Outcome {
        let span = tracing::debug_span!("azure_devops", method = %request.method, path = %target(&request.url));
        async {
            let outcome = self.next.send(request, replay).await;
            match &outcome.last {
                Ok(response) => tracing::debug!(
                    status = response.status.as_u16(),
                    attempts = outcome.attempts,
                    activity = activity_id(&response.headers).unwrap_or_default(),
                    "answered"
                ),
                Err(Failure::Transport(error)) => {
                    let status = match error.stage {
                        super::transport::Stage::Body(status) => Some(status),
                        _ => None,
                    };
                    tracing::debug!(
                        attempts = outcome.attempts,
                        status = status.map(|s: StatusCode| s.as_u16()),
                        "no answer"
                    );
                }
                Err(Failure::Credential(_)) => tracing::debug!(attempts = outcome.attempts, "no credential"),
            }
            outcome
        }
        .instrument(span)
        .await
    }
}

/// The service's name for this call, to give to its support.
pub(crate) fn activity_id(headers: &http::header::HeaderMap) -> Option<&str> {
    headers.get("activityid").or_else(|| headers.get("x-vss-e2eid"))?.to_str().ok()
}
