//! Throttling in the manner of the service: units per identity in a sliding window, headers before a block comes, then 429.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How seconds are written in headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HeaderSeconds {
    /// As whole seconds, rounded up: what the service does.
    Whole,
    /// With milliseconds: for windows that are scaled down to less than that.
    Milliseconds,
}

/// The limit. The service's own is 200 units in 300 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Throttle {
    /// Units in a window.
    pub units: f64,
    /// The window's length in milliseconds; scale it down to make time go faster.
    pub window_millis: u64,
    /// Units that a read costs.
    pub read: f64,
    /// Units that a write costs.
    pub write: f64,
    /// The part of the units from which on headers tell how much is left, `0..=1`.
    pub warn_from: f64,
    /// How seconds are written.
    pub seconds: HeaderSeconds,
}

impl Default for Throttle {
    fn default() -> Throttle {
        Throttle {
            units: 200.0,
            window_millis: 300_000,
            read: 1.0,
            write: 1.0,
            warn_from: 0.5,
            seconds: HeaderSeconds::Whole,
        }
    }
}

impl Throttle {
    /// The service's limit with time going `factor` times as fast: the window is 300 s divided by it.
    pub fn scaled(factor: f64) -> Throttle {
        let window_millis = (300_000.0 / factor.max(1e-6)).round().max(1.0) as u64;
        let seconds = if window_millis < 300_000 { HeaderSeconds::Milliseconds } else { HeaderSeconds::Whole };
        Throttle { window_millis, seconds, ..Throttle::default() }
    }

    fn written(&self, wait: Duration) -> String {
        match self.seconds {
            HeaderSeconds::Whole => (wait.as_millis().div_ceil(1000)).max(1).to_string(),
            HeaderSeconds::Milliseconds => format!("{:.3}", wait.as_millis().max(1) as f64 / 1000.0),
        }
    }
}

/// What the limit says to one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether it goes through.
    pub allowed: bool,
    /// Headers for the answer.
    pub headers: Vec<(&'static str, String)>,
}

/// Units spent, by identity.
#[derive(Debug, Clone, Default)]
pub struct Spent {
    by: BTreeMap<Uuid, VecDeque<(Duration, f64)>>,
}

impl Spent {
    /// Judges a request at a time since the start. One that is refused costs nothing.
    pub fn judge(&mut self, limit: &Throttle, who: Uuid, write: bool, now: Duration, epoch_millis: i64) -> Verdict {
        let window = Duration::from_millis(limit.window_millis);
        let spent = self.by.entry(who).or_default();
        while spent.front().is_some_and(|(at, _)| *at + window <= now) {
            spent.pop_front();
        }
        let cost = if write { limit.write } else { limit.read };
        let used: f64 = spent.iter().map(|(_, cost)| cost).sum();
        let allowed = used + cost <= limit.units;
        if allowed {
            spent.push_back((now, cost));
        }
        let used = if allowed { used + cost } else { used };
        // when there will be room for one more like this
        let mut free = limit.units - used;
        let mut wait = Duration::ZERO;
        for (at, cost_of) in spent.iter() {
            if free >= cost {
                break;
            }
            free += cost_of;
            wait = (*at + window).saturating_sub(now);
        }
        let mut headers = Vec::new();
        if !allowed || used >= limit.warn_from * limit.units {
            let reset = epoch_millis as f64 / 1000.0 + wait.as_secs_f64();
            headers.push(("X-RateLimit-Resource", "TSTU/Global".to_owned()));
            headers.push(("X-RateLimit-Limit", format!("{}", limit.units)));
            headers.push(("X-RateLimit-Remaining", format!("{}", (limit.units - used).max(0.0).floor())));
            headers.push((
                "X-RateLimit-Reset",
                match limit.seconds {
                    HeaderSeconds::Whole => format!("{}", reset.ceil()),
                    HeaderSeconds::Milliseconds => format!("{reset:.3}"),
                },
            ));
            headers.push(("X-RateLimit-Delay", if allowed { "0".to_owned() } else { limit.written(wait) }));
        }
        if !wait.is_zero() {
            headers.push(("Retry-After", limit.written(wait)));
        }
        Verdict { allowed, headers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(verdict: &'a Verdict, name: &str) -> Option<&'a str> {
        verdict.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn headers_come_before_the_block_and_the_window_slides() {
        let limit = Throttle { units: 4.0, window_millis: 10_000, ..Throttle::default() };
        let mut spent = Spent::default();
        let mut at = |second: u64| spent.judge(&limit, Uuid::nil(), false, Duration::from_secs(second), 0);
        assert!(at(0).headers.is_empty());
        let second = at(1);
        assert_eq!((header(&second, "X-RateLimit-Remaining"), header(&second, "Retry-After")), (Some("2"), None));
        assert!(at(2).allowed);
        let last = at(3);
        assert!(last.allowed, "the last unit goes through");
        assert_eq!(header(&last, "Retry-After"), Some("7"), "and says when the next one will");
        let blocked = at(4);
        assert!(!blocked.allowed);
        assert_eq!(header(&blocked, "Retry-After"), Some("6"));
        assert!(at(10).allowed, "the first unit is free again");
        assert!(!at(10).allowed);
    }

    #[test]
    fn identities_are_counted_apart_and_scaled_windows_have_milliseconds() {
        let limit = Throttle { units: 1.0, ..Throttle::scaled(1000.0) };
        assert_eq!(limit.window_millis, 300);
        let mut spent = Spent::default();
        assert!(spent.judge(&limit, Uuid::from_u128(1), false, Duration::ZERO, 0).allowed);
        assert!(spent.judge(&limit, Uuid::from_u128(2), false, Duration::ZERO, 0).allowed);
        let blocked = spent.judge(&limit, Uuid::from_u128(1), false, Duration::from_millis(100), 0);
        assert_eq!((blocked.allowed, header(&blocked, "Retry-After")), (false, Some("0.200")));
    }
}
