//! Repeats what may be repeated.
//!
//! | outcome | GET, PUT, DELETE | POST, PATCH |
//! |---|---|---|
//! | no connection | repeat | repeat |
//! | connection lost, body broken off, time out | repeat | no |
//! | 408, 502, 504, 503 without `Retry-After` | repeat | no |
//! | 429, 503 with `Retry-After` | repeat | repeat |
//! | 401 or sign-in page, and the token can be renewed | once | once |
//! | anything else | no | no |
//!
//! 429 says that the service has done nothing, with `Retry-After` or without (Microsoft's pages on the rate limits of
//! Azure DevOps, whose message is "Request was blocked", and of Azure Resource Manager: "your request isn't processed"). 503
//! says so only by naming a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::HeaderMap;
use http::{Method, StatusCode};

use super::auth::{Auth, Failure};
use super::clock::Clock;
use super::contact::{SILENT, first_contact};
use super::throttle::retry_after;
use super::transport::{Stage, Transport, TransportError, WireRequest, WireResponse};
use crate::error::Effect;

/// How a call is repeated.
///
/// | name | default | purpose | range |
/// |---|---|---|---|
/// | `max_attempts` | 5 | tries, the first included | 1 and up |
/// | `base` | 500 ms | upper bound of the first pause; doubled each time | above zero |
/// | `cap` | 30 s | upper bound of any pause that the service did not ask for | at least `base` |
/// | `max_retry_after` | 5 min | a longer `Retry-After` ends the call with an error | zero and up |
/// | `first_contact` | 2 s | no further try when nothing of the service has answered for so long; it is offline then
/// | zero and up |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryOptions {
    /// Tries, the first included.
    pub max_attempts: u32,
    /// Upper bound of the first pause.
    pub base: Duration,
    /// Upper bound of any pause that the service did not ask for.
    pub cap: Duration,
    /// The longest `Retry-After` that is waited for.
    pub max_retry_after: Duration,
    /// No further try when nothing of the service has ever answered and no connection could be had for so long.
    pub first_contact: Duration,
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(300),
            first_contact: Duration::from_secs(2),
        }
    }
}

/// Whether a call may be made twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replay {
    /// Twice is as good as once.
    Safe,
    /// Only when the first one cannot have had an effect.
    IfUnsent,
}

impl Replay {
    pub(crate) fn of(method: &Method) -> Self {
        if *method == Method::POST || *method == Method::PATCH { Self::IfUnsent } else { Self::Safe }
    }
}

/// What came of all tries.
pub(crate) struct Outcome {
    pub(crate) last: Result<WireResponse, Failure>,
    pub(crate) attempts: u32,
    /// Whether the service may hold an effect of this call (the last try counted in).
    pub(crate) effect: Effect,
    /// Whether a try before the last may have had its effect.
    pub(crate) repeated_blindly: bool,
}

/// The repeating layer.
pub(crate) struct Retry {
    options: RetryOptions,
    clock: Arc<dyn Clock>,
    /// Whether the service has answered anything yet.
    reached: AtomicBool,
    /// Asks whether it is there at all.
    transport: Arc<dyn Transport>,
    next: Auth,
}

// Invariant: a write is done once (test: a_write_whose_answer_was_lost_is_found_and_not_made_twice).
impl Retry {
    pub(crate) fn new(options: RetryOptions, clock: Arc<dyn Clock>, transport: Arc<dyn Transport>, next: Auth) -> Self {
        Self { options, clock, reached: AtomicBool::new(false), transport, next }
    }

    /// One try; the first ones end soon where nobody is there.
    async fn once(&self, request: &WireRequest, generation: &mut u64) -> Result<WireResponse, Failure> {
        let sent = self.next.send(request.clone(), generation);
        if self.reached.load(Ordering::Relaxed) {
            return sent.await;
        }
        let server = request.url.host_str().unwrap_or_default();
        let stage = if Replay::of(&request.method) == Replay::Safe { Stage::Connect } else { Stage::Sent };
        let silent = || Err(Failure::Transport(TransportError { stage, message: SILENT.to_owned() }));
        first_contact(server, sent, self.transport.is_alive(&request.url)).await.unwrap_or_else(silent)
    }

    pub(crate) fn redact(&self, text: &str) -> String {
        self.next.redact(text)
    }

    pub(crate) async fn send(&self, request: &WireRequest, replay: Replay) -> Outcome {
        let mut renewed = false;
        let mut repeated_blindly = false;
        let mut attempts = 0;
        let begun = self.clock.now();
        loop {
            attempts += 1;
            let mut generation = 0;
            let last = self.once(request, &mut generation).await;
            let view = View::of(&last, &self.clock);
            let reached = self.reached.fetch_or(view.status.is_some(), Ordering::Relaxed) || view.status.is_some();
            let effect = view.effect();
            let pause = match view.decide(replay, &self.options) {
                _ if attempts >= self.options.max_attempts => None,
                Decision::Stop => None,
                Decision::RenewToken if renewed || !self.next.renew(generation) => None,
                Decision::RenewToken => {
                    renewed = true;
                    Some(Duration::ZERO)
                }
                Decision::BackOff => Some(self.options.backoff(attempts)),
                Decision::After(asked) => self.options.pause(attempts, Some(asked)),
            };
            let offline = |pause: &Duration| !reached && self.clock.now() - begun + *pause > self.options.first_contact;
            let pause = pause.filter(|pause| !offline(pause));
            let Some(pause) = pause else {
                let effect = if repeated_blindly && effect == Effect::None { Effect::Unknown } else { effect };
                return Outcome { last, attempts, effect, repeated_blindly };
            };
            repeated_blindly |= effect != Effect::None;
            tracing::debug!(
                method = %request.method,
                path = %request.url.path(),
                attempt = attempts,
                status = view.status.map(|status| status.as_u16()),
                pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                "repeating a call"
            );
            self.clock.sleep(pause).await;
        }
    }

    pub(crate) fn options(&self) -> &RetryOptions {
        &self.options
    }
}

impl RetryOptions {
    /// The pause after `attempt` tries: exponential with full jitter, so that many callers do not come back at the same
    /// moment.
    pub fn backoff(&self, attempt: u32) -> Duration {
        up_to(self.ceiling(attempt))
    }

    /// The pause after `attempt` tries, with what the service asked for, if it did; none when it asks for more than is
    /// waited. A little chance is added to what was asked for, at most a tenth of it: the limit is one caller's own.
    pub fn pause(&self, attempt: u32, asked: Option<Duration>) -> Option<Duration> {
        match asked {
            Some(asked) if asked > self.max_retry_after => None,
            Some(asked) => Some(asked + up_to(self.base.min(asked / 10))),
            None => Some(self.backoff(attempt)),
        }
    }

    /// The largest pause after `attempt` tries.
    fn ceiling(&self, attempt: u32) -> Duration {
        self.base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(self.cap)
    }
}

/// A pause between none and `most`.
fn up_to(most: Duration) -> Duration {
    most.mul_f64(fastrand::f64())
}

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Stop,
    RenewToken,
    BackOff,
    After(Duration),
}

/// What a decision needs to know of one try.
struct View {
    stage: Option<Stage>,
    status: Option<StatusCode>,
    retry_after: Option<Duration>,
    sign_in: bool,
}

impl View {
    fn of(last: &Result<WireResponse, Failure>, clock: &Arc<dyn Clock>) -> Self {
        match last {
            Ok(response) => Self {
                stage: None,
                status: Some(response.status),
                retry_after: retry_after(&response.headers, clock.calendar()),
                sign_in: is_sign_in(response.status, &response.headers),
            },
            Err(Failure::Transport(error)) => {
                Self { stage: Some(error.stage), status: None, retry_after: None, sign_in: false }
            }
            Err(Failure::Credential(_)) => Self { stage: None, status: None, retry_after: None, sign_in: false },
        }
    }

    fn decide(&self, replay: Replay, options: &RetryOptions) -> Decision {
        let repeat = |allowed: bool| if allowed { Decision::BackOff } else { Decision::Stop };
        match (self.stage, self.status) {
            (Some(Stage::Connect), _) => Decision::BackOff,
            (Some(_), _) => repeat(replay == Replay::Safe),
            _ if self.sign_in => Decision::RenewToken,
            (None, Some(status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE))) => {
                match self.retry_after {
                    Some(asked) if asked > options.max_retry_after => Decision::Stop,
                    Some(asked) => Decision::After(asked),
                    None => repeat(replay == Replay::Safe || status == StatusCode::TOO_MANY_REQUESTS),
                }
            }
            (None, Some(StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT)) => {
                repeat(replay == Replay::Safe)
            }
            _ => Decision::Stop,
        }
    }

    /// What the service may have done in this try. A refusal has no effect; a server error may hide one.
    fn effect(&self) -> Effect {
        match (self.stage, self.status) {
            (Some(Stage::Connect), _) | (None, None) => Effect::None,
            (Some(Stage::Body(status)), _) if !status.is_success() && !status.is_server_error() => Effect::None,
            (Some(_), _) => Effect::Unknown,
            _ if self.sign_in => Effect::None,
            (None, Some(status)) if status.is_success() => Effect::Done,
            (None, Some(StatusCode::SERVICE_UNAVAILABLE)) if self.retry_after.is_some() => Effect::None,
            (None, Some(status)) if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                Effect::Unknown
            }
            (None, Some(_)) => Effect::None,
        }
    }
}

/// Whether a response says "sign in": 401, or the sign-in page (203, a redirect, or HTML where JSON is due).
pub(crate) fn is_sign_in(status: StatusCode, headers: &HeaderMap) -> bool {
    let html = headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/html"));
    status == StatusCode::UNAUTHORIZED
        || status == StatusCode::NON_AUTHORITATIVE_INFORMATION
        || status.is_redirection()
        || (status.is_success() && html)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: Option<u64>) -> View {
        let status = StatusCode::from_u16(status).unwrap();
        View {
            stage: None,
            status: Some(status),
            retry_after: retry_after.map(Duration::from_secs),
            sign_in: is_sign_in(status, &HeaderMap::new()),
        }
    }

    fn failed(stage: Stage) -> View {
        View { stage: Some(stage), status: None, retry_after: None, sign_in: false }
    }

    #[test]
    fn decisions_and_effects_follow_the_table() {
        use Decision::{After, BackOff, RenewToken, Stop};
        let ok = StatusCode::OK;
        let wait = || After(Duration::from_secs(3));
        #[rustfmt::skip]
        let table = [
            (failed(Stage::Connect), BackOff, BackOff, Effect::None),
            (failed(Stage::Sent), BackOff, Stop, Effect::Unknown),
            (failed(Stage::Body(ok)), BackOff, Stop, Effect::Unknown),
            (answered(200, None), Stop, Stop, Effect::Done),
            (answered(200, Some(3)), Stop, Stop, Effect::Done),
            (answered(203, None), RenewToken, RenewToken, Effect::None),
            (answered(302, None), RenewToken, RenewToken, Effect::None),
            (answered(401, None), RenewToken, RenewToken, Effect::None),
            (answered(400, None), Stop, Stop, Effect::None),
            (answered(403, None), Stop, Stop, Effect::None),
            (answered(404, None), Stop, Stop, Effect::None),
            (answered(408, None), BackOff, Stop, Effect::Unknown),
            (answered(409, None), Stop, Stop, Effect::None),
            (answered(429, None), BackOff, BackOff, Effect::None),
            (answered(429, Some(3)), wait(), wait(), Effect::None),
            (answered(429, Some(3000)), Stop, Stop, Effect::None),
            (answered(500, None), Stop, Stop, Effect::Unknown),
            (answered(502, None), BackOff, Stop, Effect::Unknown),
            (answered(503, None), BackOff, Stop, Effect::Unknown),
            (answered(503, Some(3)), wait(), wait(), Effect::None),
            (answered(504, None), BackOff, Stop, Effect::Unknown),
        ];
        let options = RetryOptions::default();
        for (index, (view, safe, unsafe_, effect)) in table.into_iter().enumerate() {
            assert_eq!(view.decide(Replay::Safe, &options), safe, "row {index}, safe");
            assert_eq!(view.decide(Replay::IfUnsent, &options), unsafe_, "row {index}, if unsent");
            assert_eq!(view.effect(), effect, "row {index}, effect");
        }
    }

    #[test]
    fn what_the_service_asks_for_is_waited_for_and_hardly_longer() {
        let options = RetryOptions::default();
        let [none, short, long] = [0, 1, 60].map(Duration::from_secs);
        for (asked, most) in [(none, 0), (short, 100), (long, 500)] {
            let pauses: Vec<_> = (1..200).map(|attempt| options.pause(attempt, Some(asked)).unwrap()).collect();
            assert!(pauses.iter().all(|pause| *pause >= asked), "{asked:?}");
            assert!(pauses.iter().all(|pause| *pause <= asked + Duration::from_millis(most)), "{asked:?}");
        }
        assert_eq!(options.pause(1, Some(options.max_retry_after + short)), None);
    }

    #[test]
    fn pauses_are_spread_over_the_whole_interval_and_capped() {
        let most = Duration::from_secs(1);
        let drawn: Vec<_> = (0..1000).map(|_| up_to(most)).collect();
        assert!(drawn.iter().all(|d| *d < most));
        let low = drawn.iter().filter(|d| **d < most / 4).count();
        let high = drawn.iter().filter(|d| **d > most * 3 / 4).count();
        assert!(low > 150 && high > 150, "{low} {high}");
        let options = RetryOptions::default();
        assert_eq!(options.ceiling(1), options.base);
        assert_eq!(options.ceiling(3), options.base * 4);
        assert_eq!(options.ceiling(60), options.cap);
    }
}
