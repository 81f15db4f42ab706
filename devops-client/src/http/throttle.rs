//! One budget for the whole client: how many requests at once, and when the next may go.
//!
//! Facts (Microsoft's page on rate limits): 200 TSTU per identity in a sliding window of five minutes; a blocked call
//! gets 429 with `Retry-After`; `Retry-After` may also come on a success, and `X-RateLimit-Limit` and `-Remaining`
//! are mostly sent before anything is delayed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::{HeaderMap, RETRY_AFTER};
use tokio::sync::Semaphore;

use super::budget::{Budget, Signals};
use super::clock::Clock;
use super::transport::{Transport, TransportError, WireRequest, WireResponse};

/// How much a client may ask of the service.
///
/// | name | default | purpose | range |
/// |---|---|---|---|
/// | `concurrency` | 16 | requests under way at the same time | 1 and up |
/// | `window` | 5 minutes | length of the service's sliding window of consumption | above zero |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottleOptions {
    /// Requests under way at the same time.
    pub concurrency: usize,
    /// Length of the service's sliding window.
    pub window: Duration,
}

impl Default for ThrottleOptions {
    fn default() -> Self {
        Self { concurrency: 16, window: Duration::from_secs(300) }
    }
}

/// The throttling layer.
pub(crate) struct Throttle {
    slots: Semaphore,
    budget: Mutex<Budget>,
    clock: Arc<dyn Clock>,
    transport: Arc<dyn Transport>,
}

impl Throttle {
    pub(crate) fn new(options: ThrottleOptions, clock: Arc<dyn Clock>, transport: Arc<dyn Transport>) -> Self {
        Self {
            slots: Semaphore::new(options.concurrency.max(1)),
            budget: Mutex::new(Budget::new(options.window)),
            clock,
            transport,
        }
    }

    /// Waits for a place and for the budget, then sends.
    pub(crate) async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        // The semaphore is never closed, so an error cannot come; were it to, sending unthrottled is the lesser evil.
        let _slot = self.slots.acquire().await.ok();
        loop {
            let wait = self.with_budget(|budget| budget.admit(self.clock.now()));
            match wait {
                None => break,
                Some(wait) => {
                    tracing::debug!(wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), "paced");
                    self.tell(wait);
                    self.clock.sleep(wait).await;
                }
            }
        }
        // A call that is dropped half way was still counted by the service.
        let admitted = Admitted { throttle: self, at: self.clock.now(), settled: false };
        let outcome = self.transport.send(request).await;
        admitted.settle(&outcome);
        outcome
    }

    /// Tells of a wait, unless it is short or told of already.
    fn tell(&self, wait: Duration) {
        let now = self.clock.now();
        if self.with_budget(|budget| budget.tell(now, wait)) {
            super::pause::tell("Azure DevOps limits the rate of requests", wait);
        }
    }

    fn with_budget<T>(&self, f: impl FnOnce(&mut Budget) -> T) -> T {
        f(&mut self.budget.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A call that the budget let through; gives its place back even when the caller goes away.
struct Admitted<'a> {
    throttle: &'a Throttle,
    at: Duration,
    settled: bool,
}

impl Admitted<'_> {
    fn settle(mut self, outcome: &Result<WireResponse, TransportError>) {
        self.settled = true;
        let clock = &self.throttle.clock;
        let signals =
            outcome.as_ref().map(|r| Signals::read(r.status, &r.headers, clock.calendar())).unwrap_or_default();
        let wait = self.throttle.with_budget(|budget| {
            let now = clock.now();
            budget.settle(now, self.at, &signals);
            budget.not_before.saturating_sub(now)
        });
        self.throttle.tell(wait);
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.throttle.with_budget(|budget| budget.settle(self.throttle.clock.now(), self.at, &Signals::default()));
        }
    }
}

impl Signals {
    fn read(status: StatusCode, headers: &HeaderMap, calendar: SystemTime) -> Self {
        let number =
            |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok().filter(|n| n.is_finite());
        Self {
            answered: status.is_success(),
            blocked: status == StatusCode::TOO_MANY_REQUESTS,
            retry_after: retry_after(headers, calendar),
            limit: number("x-ratelimit-limit").filter(|limit| *limit > 0.0),
            remaining: number("x-ratelimit-remaining"),
        }
    }
}

/// `Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3); `calendar` is the time now.
pub fn retry_after(headers: &HeaderMap, calendar: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => {
            let date = SystemTime::from(azure_core::time::parse_rfc7231(text).ok()?);
            Some(date.duration_since(calendar).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "12".parse().unwrap());
        assert_eq!(retry_after(&headers, SystemTime::UNIX_EPOCH), Some(Duration::from_secs(12)));
        headers.insert(RETRY_AFTER, "Thu, 01 Jan 1970 00:01:00 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers, SystemTime::UNIX_EPOCH), Some(Duration::from_secs(60)));
        headers.insert(RETRY_AFTER, "soon".parse().unwrap());
        assert_eq!(retry_after(&headers, SystemTime::UNIX_EPOCH), None);
    }
}
