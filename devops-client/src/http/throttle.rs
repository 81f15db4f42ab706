//! One budget for the whole client: how many requests at once, and when the next may go.
//!
//! Facts (Microsoft's page on rate limits): 200 TSTU per identity in a sliding window of five minutes; a blocked call
//! gets 429 with `Retry-After`; `Retry-After` may also come on a success, and `X-RateLimit-Limit` and `-Remaining`
//! are mostly sent before anything is delayed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::{HeaderMap, RETRY_AFTER};
use tokio::sync::Semaphore;

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

/// What one response says about the budget.
#[derive(Debug, Default, PartialEq)]
struct Signals {
    answered: bool,
    blocked: bool,
    retry_after: Option<Duration>,
    limit: Option<f64>,
    remaining: Option<f64>,
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

/// The pure part: decides from what it has seen when the next call may go.
///
/// It keeps the times at which its own calls ended. The service counted each of them no later than that, so a call
/// has left the service's window once the window's length has passed since. Own calls, plus what others seem to have
/// used, never exceed the limit that the service has named. A block without a named limit is waited for as long as it
/// says, and teaches nothing more: only when the service blocks again at once are calls spaced out for a while, as far
/// apart as it has let them through.
#[derive(Debug)]
struct Budget {
    window: Duration,
    not_before: Duration,
    in_flight: usize,
    ended: VecDeque<Duration>,
    limit: Option<f64>,
    spacing: Option<Spacing>,
    /// The last block without a named limit: when it came, and how many calls were answered since.
    blocked: Option<(Duration, u32)>,
    /// Until when a wait was told of.
    told: Duration,
    /// Units that one call costs, as far as the answers show; at most 1, since more is counted as use by others.
    cost: f64,
    /// Units in the window that were not ours.
    others: f64,
    /// When the next call may go while others leave no room.
    probe: Duration,
}

/// Calls one after the other, `every` so often, until a time.
#[derive(Debug, Clone, Copy)]
struct Spacing {
    every: Duration,
    next: Duration,
    until: Duration,
}

/// Fewer answers than this between two blocks: waiting as long as the service says is not enough.
const TOO_FEW: u32 = 3;

/// A wait that is at least so long is told of.
const LONG: Duration = Duration::from_secs(2);

impl Budget {
    fn new(window: Duration) -> Self {
        Self {
            window,
            not_before: Duration::ZERO,
            in_flight: 0,
            ended: VecDeque::new(),
            limit: None,
            spacing: None,
            blocked: None,
            told: Duration::ZERO,
            cost: 1.0,
            others: 0.0,
            probe: Duration::ZERO,
        }
    }

    /// Lets one call through (`None`), or says how long to wait before asking again.
    fn admit(&mut self, now: Duration) -> Option<Duration> {
        if now < self.not_before {
            return Some(self.not_before - now);
        }
        self.forget(now);
        if let Some(limit) = self.limit {
            let mine = (self.ended.len() + self.in_flight + 1) as f64 * self.cost;
            if mine > limit
                && let Some(oldest) = self.ended.front()
            {
                return Some((*oldest + self.window).saturating_sub(now).max(Duration::from_millis(1)));
            }
            // Others have used the rest up: go on one at a time, to learn when it gets better.
            if mine + self.others > limit {
                let gap = self.window.div_f64(limit.max(1.0)).max(Duration::from_millis(1));
                if self.in_flight > 0 {
                    return Some(gap);
                }
                if now < self.probe {
                    return Some(self.probe - now);
                }
                self.probe = now + gap;
            }
        }
        if let Some(spacing) = &mut self.spacing {
            if now < spacing.next {
                return Some(spacing.next - now);
            }
            spacing.next = now + spacing.every;
        }
        self.in_flight += 1;
        None
    }

    /// Takes note of a call's end and of what its response said.
    fn settle(&mut self, now: Duration, admitted: Duration, signals: &Signals) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.ended.push_back(now);
        self.forget(now);
        if let Some(pause) = signals.retry_after {
            self.not_before = self.not_before.max(now + pause);
        }
        let own = (self.ended.len() + self.in_flight) as f64;
        if let Some(units) = signals.limit {
            self.limit = Some(units);
            self.spacing = None;
            if let Some(remaining) = signals.remaining {
                let used = (units - remaining).max(0.0);
                // Only calls that are in the figure for certain: they had ended before this one was sent, and none of
                // them can have left the service's window. So the cost is never taken for less than it is.
                let certain = |ended: &&Duration| **ended <= admitted && **ended + self.window / 2 > now;
                let counted = self.ended.iter().filter(certain).count();
                if counted > 0 {
                    self.cost = (used / counted as f64).clamp(0.001, 1.0);
                }
                self.others = (used - own * self.cost).max(0.0);
            }
        } else if signals.answered && !signals.blocked {
            // The headers come when the limit is near: it no longer is.
            self.others = 0.0;
            self.probe = Duration::ZERO;
        }
        if signals.blocked && self.limit.is_none() {
            self.learn_from_block(now, admitted);
        } else if let Some((since, answered)) = &mut self.blocked
            && signals.answered
            && admitted >= *since
        {
            *answered += 1;
        }
    }

    /// Spaces calls out where the service blocks again although its last block was waited for.
    fn learn_from_block(&mut self, now: Duration, admitted: Duration) {
        match self.blocked {
            // Sent before the last block was known: it is the same one.
            Some((since, _)) if admitted < since => return,
            Some((since, answered)) if answered < TOO_FEW && now < since + self.window => {
                let every = (now - since) / (answered + 1);
                self.spacing = Some(Spacing { every, next: now, until: now + self.window });
            }
            _ => {}
        }
        self.blocked = Some((now, 0));
    }

    /// Whether a wait from `now` on is to be told of: it is long, and it is not part of one that was told of.
    fn tell(&mut self, now: Duration, wait: Duration) -> bool {
        let told = wait >= LONG && now >= self.told;
        if told {
            self.told = now + wait;
        }
        told
    }

    fn forget(&mut self, now: Duration) {
        while self.ended.front().is_some_and(|ended| *ended + self.window <= now) {
            self.ended.pop_front();
        }
        self.spacing = self.spacing.filter(|spacing| now < spacing.until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(300);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn told(limit: f64, remaining: f64) -> Signals {
        Signals { limit: Some(limit), remaining: Some(remaining), ..Signals::default() }
    }

    #[test]
    fn without_any_word_from_the_service_nothing_waits() {
        let mut budget = Budget::new(WINDOW);
        for n in 0..5000 {
            assert_eq!(budget.admit(at(n / 100)), None);
            budget.settle(at(n / 100), at(n / 100), &Signals::default());
        }
    }

    #[test]
    fn a_retry_after_on_a_success_paces_the_next_call() {
        let mut budget = Budget::new(WINDOW);
        assert_eq!(budget.admit(at(0)), None);
        budget.settle(at(1), at(1), &Signals { retry_after: Some(at(7)), ..Signals::default() });
        assert_eq!(budget.admit(at(1)), Some(at(7)));
        assert_eq!(budget.admit(at(8)), None);
    }

    #[test]
    fn the_announced_limit_is_used_up_and_never_exceeded() {
        let mut budget = Budget::new(WINDOW);
        for n in 0..200_u32 {
            assert_eq!(budget.admit(at(10)), None, "call {n}");
            budget.settle(at(10), at(10), &told(200.0, f64::from(199 - n)));
        }
        assert_eq!(budget.admit(at(20)), Some(at(290)), "the first call leaves the window at 310");
        assert_eq!(budget.admit(at(310)), None);
    }

    #[test]
    fn what_others_use_is_left_to_them() {
        let mut budget = Budget::new(WINDOW);
        assert_eq!(budget.admit(at(0)), None);
        budget.settle(at(0), at(0), &told(200.0, 2.0));
        assert_eq!(budget.admit(at(1)), None);
        assert_eq!(budget.admit(at(1)), None);
        assert!(budget.admit(at(1)).is_some(), "one own call, 197 of others, two under way");
    }

    #[test]
    fn a_block_by_the_use_of_others_is_waited_for_as_long_as_it_says_and_then_tried_by_one_call() {
        let mut budget = Budget::new(WINDOW);
        budget.admit(at(0));
        budget.settle(at(0), at(0), &Signals { blocked: true, retry_after: Some(at(20)), ..told(200.0, 0.0) });
        assert_eq!(budget.admit(at(0)), Some(at(20)));
        assert_eq!(budget.admit(at(20)), None);
        assert!(budget.admit(at(20)).is_some(), "one at a time");
        budget.settle(at(20), at(20), &Signals { answered: true, ..Signals::default() });
        assert_eq!(budget.admit(at(20)), None, "there is room again");
        assert_eq!(budget.admit(at(20)), None);
    }

    #[test]
    fn calls_that_leave_the_services_window_first_do_not_make_the_rest_look_cheap() {
        let mut budget = Budget::new(WINDOW);
        for _ in 0..150 {
            budget.admit(at(0));
            budget.settle(at(0), at(0), &Signals::default());
        }
        budget.admit(at(299));
        budget.settle(at(299), at(299), &told(200.0, 190.0));
        assert!((budget.cost - 1.0).abs() < 1e-9, "{}", budget.cost);
        assert!(budget.others.abs() < 1e-9, "{}", budget.others);
    }

    fn block(seconds: u64) -> Signals {
        Signals { blocked: true, retry_after: Some(at(seconds)), ..Signals::default() }
    }

    fn answered() -> Signals {
        Signals { answered: true, ..Signals::default() }
    }

    #[test]
    fn a_block_without_a_named_limit_costs_as_long_as_it_says_and_no_longer() {
        for calls in [1, 12, 500] {
            let mut budget = Budget::new(WINDOW);
            for _ in 0..calls {
                assert_eq!(budget.admit(at(0)), None);
                budget.settle(at(0), at(0), &answered());
            }
            budget.admit(at(0));
            budget.settle(at(0), at(0), &block(1));
            assert_eq!(budget.admit(at(0)), Some(at(1)));
            for call in 0..500 {
                assert_eq!(budget.admit(at(1)), None, "call {call} after the block");
                budget.settle(at(1), at(1), &answered());
            }
        }
    }

    #[test]
    fn a_block_again_and_again_after_some_answers_never_spaces_calls_out() {
        let mut budget = Budget::new(WINDOW);
        for second in 0..60 {
            for _ in 0..8 {
                assert_eq!(budget.admit(at(second)), None, "second {second}");
                budget.settle(at(second), at(second), &answered());
            }
            assert_eq!(budget.admit(at(second)), None);
            budget.settle(at(second), at(second), &block(1));
        }
    }

    #[test]
    fn blocks_right_after_the_wait_space_calls_out_as_far_as_the_service_lets_them_through() {
        let mut budget = Budget::new(WINDOW);
        // Two calls of one burst are blocked: that is one block.
        for _ in 0..2 {
            assert_eq!(budget.admit(at(9)), None);
        }
        budget.settle(at(10), at(9), &block(5));
        budget.settle(at(10), at(9), &block(5));
        assert_eq!(budget.admit(at(15)), None);
        budget.settle(at(15), at(15), &answered());
        assert_eq!(budget.admit(at(15)), None, "not spaced out yet");
        budget.settle(at(16), at(15), &block(5));
        assert_eq!(budget.admit(at(21)), None);
        assert_eq!(budget.admit(at(21)), Some(at(3)), "one answer in the six seconds between two blocks");
        assert_eq!(budget.admit(at(316)), None);
        assert_eq!(budget.admit(at(316)), None, "and is over after a window");
    }

    #[test]
    fn a_long_wait_is_told_of_once() {
        let mut budget = Budget::new(WINDOW);
        assert!(!budget.tell(at(0), at(1)), "a second is not worth a word");
        assert!(budget.tell(at(0), at(20)));
        assert!(!budget.tell(at(5), at(15)), "the same wait, of another call");
        assert!(budget.tell(at(20), at(2)), "the next one");
    }

    #[test]
    fn a_block_after_a_few_calls_is_waited_for_and_teaches_nothing() {
        let mut budget = Budget::new(WINDOW);
        budget.admit(at(0));
        budget.settle(at(0), at(0), &Signals { blocked: true, retry_after: Some(at(5)), ..Signals::default() });
        assert_eq!(budget.admit(at(5)), None);
        assert_eq!(budget.admit(at(5)), None);
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "12".parse().unwrap());
        assert_eq!(retry_after(&headers, SystemTime::UNIX_EPOCH), Some(at(12)));
        headers.insert(RETRY_AFTER, "Thu, 01 Jan 1970 00:01:00 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers, SystemTime::UNIX_EPOCH), Some(at(60)));
        headers.insert(RETRY_AFTER, "soon".parse().unwrap());
        assert_eq!(retry_after(&headers, SystemTime::UNIX_EPOCH), None);
    }
}
