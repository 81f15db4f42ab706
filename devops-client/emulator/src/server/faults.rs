//! Faults that can be asked for, per route and call.

use serde::{Deserialize, Serialize};

use crate::core::json::wildcard;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// The answer comes late.
    Latency {
        /// How late.
        millis: u64,
    },
    /// 429 before the effect, with `Retry-After` and the rate limit headers.
    TooManyRequests {
        /// `Retry-After`, in seconds; may be fractional.
        #[serde(default)]
        retry_after: Option<f64>,
    },
    /// 503 before the effect.
    ServiceUnavailable {
        /// `Retry-After`, in seconds.
        #[serde(default)]
        retry_after: Option<f64>,
    },
    /// 401 with an empty body, before the effect.
    Unauthorized,
    /// An HTML sign-in page, before the effect: 203, or 302 with a `Location`.
    SignInPage {
        /// 203 or 302.
        #[serde(default = "two_hundred_three")]
        status: u16,
    },
    /// Any error of the service, before the effect.
    Error {
        /// The status.
        status: u16,
        /// The typeKey.
        type_key: String,
        /// The text.
        message: String,
    },
    /// The connection is reset before the effect.
    ResetBefore,
    /// The connection is reset after the effect.
    ResetAfter,
    /// The effect takes place; the body of the answer breaks off half-way.
    TruncatedBody,
    /// A read answers from the state before the last write.
    StaleRead,
    /// The effect takes place; the answer has a `Retry-After` beside its success.
    RetryAfterOnSuccess {
        /// Seconds; may be fractional.
        seconds: f64,
    },
}

fn two_hundred_three() -> u16 {
    203
}

/// A fault: where, when, what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// The method, or `*`.
    #[serde(default = "anything")]
    pub method: String,
    /// A pattern for the path from the organization on, e.g. `*/_apis/git/*`; `*` stands for any text.
    #[serde(default = "anything")]
    pub path: String,
    /// The first call that is hit, from 1 and counted among those that match.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many calls are hit from there on; `None` for all.
    #[serde(default)]
    pub count: Option<u32>,
    /// What goes wrong.
    pub action: Action,
    /// Calls that matched so far.
    #[serde(default)]
    pub seen: u32,
}

fn anything() -> String {
    "*".to_owned()
}

fn one() -> u32 {
    1
}

impl Fault {
    /// A fault on the first call that matches, once.
    pub fn new(method: &str, path: &str, action: Action) -> Fault {
        Fault { method: method.to_owned(), path: path.to_owned(), nth: 1, count: Some(1), action, seen: 0 }
    }

    /// The same from the nth call on.
    pub fn nth(mut self, nth: u32) -> Fault {
        self.nth = nth;
        self
    }

    /// The same so many times.
    pub fn times(mut self, count: u32) -> Fault {
        self.count = Some(count);
        self
    }

    /// The same for every call from the nth on.
    pub fn always(mut self) -> Fault {
        self.count = None;
        self
    }

    /// Counts a call if it matches; the action if it is hit.
    fn meet(&mut self, method: &str, path: &str) -> Option<Action> {
        if !(self.method == "*" || self.method.eq_ignore_ascii_case(method)) || !wildcard(&self.path, path) {
            return None;
        }
        self.seen += 1;
        let past = self.seen.checked_sub(self.nth)?;
        self.count.is_none_or(|count| past < count).then(|| self.action.clone())
    }
}

/// Every action that hits a request.
pub fn meet(faults: &mut [Fault], method: &str, path: &str) -> Vec<Action> {
    faults.iter_mut().filter_map(|fault| fault.meet(method, path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_the_calls_it_is_asked_to_hit() {
        let mut faults = [Fault::new("POST", "*/pushes", Action::ResetAfter).nth(2).times(2)];
        let mut hits = |method: &str, path: &str| meet(&mut faults, method, path).len();
        assert_eq!(hits("GET", "/o/p/pushes"), 0);
        assert_eq!(
            [
                hits("POST", "/o/p/pushes"),
                hits("POST", "/o/x"),
                hits("POST", "/o/p/Pushes"),
                hits("POST", "/o/p/pushes"),
                hits("POST", "/o/p/pushes")
            ],
            [0, 0, 1, 1, 0]
        );
    }

    #[test]
    fn faults_are_read_from_json() {
        let fault: Fault = serde_json::from_value(
            serde_json::json!({ "path": "*/refs", "action": { "tooManyRequests": { "retryAfter": 0.5 } } }),
        )
        .unwrap();
        assert_eq!((fault.nth, fault.count, fault.method.as_str()), (1, None, "*"));
        let fault: Fault = serde_json::from_value(serde_json::json!({ "action": "resetBefore" })).unwrap();
        assert_eq!(fault.action, Action::ResetBefore);
    }
}
