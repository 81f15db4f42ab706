//! What the tests of the policies share: a transport that answers from a function, a clock that does not wait, and a
//! source of tokens that counts.
#![allow(dead_code)]

pub mod planted;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use devops_client::{
    Client, ClientBuilder, Clock, Credential, RetryOptions, Stage, ThrottleOptions, Transport, TransportError,
    WireRequest, WireResponse,
};
use futures::future::BoxFuture;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName};

/// One answer, or none.
pub type Reply = Result<WireResponse, TransportError>;

/// Answers with JSON.
pub fn json(status: u16, body: &str) -> Reply {
    with(status, &[("content-type", "application/json; charset=utf-8")], body)
}

/// Answers with headers and a body.
pub fn with(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    Ok(WireResponse { status: StatusCode::from_u16(status).unwrap(), headers: map, body: body.to_owned().into() })
}

/// Fails at a stage.
pub fn lost(stage: Stage) -> Reply {
    Err(TransportError { stage, message: "test".to_owned() })
}

/// What is answered to a request and its number.
type Answer = Box<dyn Fn(&WireRequest, usize) -> Reply + Send + Sync>;

/// Answers from a function of the request and its number, and keeps the requests.
pub struct Script {
    answer: Answer,
    pub seen: Mutex<Vec<WireRequest>>,
    latency: Duration,
    under_way: AtomicUsize,
    pub most_under_way: AtomicUsize,
}

impl Script {
    pub fn new(answer: impl Fn(&WireRequest, usize) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Self::slow(Duration::ZERO, answer)
    }

    pub fn slow(latency: Duration, answer: impl Fn(&WireRequest, usize) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            seen: Mutex::new(Vec::new()),
            latency,
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
        })
    }

    /// Answers one after the other; more requests than answers is a failed test.
    pub fn list(replies: Vec<Reply>) -> Arc<Self> {
        Self::new(move |request, n| replies.get(n).cloned().unwrap_or_else(|| panic!("unexpected {request:?}")))
    }

    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// The requests as `METHOD last-segment`.
    pub fn log(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|r| format!("{} {}", r.method, r.url.path_segments().unwrap().next_back().unwrap())).collect()
    }
}

/// The transport is a handle on the script.
pub struct Wire(pub Arc<Script>);

impl Transport for Wire {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Reply> {
        let script = self.0.clone();
        Box::pin(async move {
            let n = {
                let mut seen = script.seen.lock().unwrap();
                seen.push(request.clone());
                seen.len() - 1
            };
            let now = script.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            script.most_under_way.fetch_max(now, Ordering::SeqCst);
            if !script.latency.is_zero() {
                tokio::time::sleep(script.latency).await;
            }
            script.under_way.fetch_sub(1, Ordering::SeqCst);
            (script.answer)(&request, n)
        })
    }
}

/// A clock that jumps instead of waiting. The calendar starts at a fixed day.
#[derive(Default)]
pub struct JumpingClock(AtomicU64);

impl JumpingClock {
    pub fn jump(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn calendar(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + self.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.jump(duration);
        Box::pin(std::future::ready(()))
    }
}

/// Gives out `TOKEN-1`, `TOKEN-2`, … that live for `life` by a clock.
pub struct Tokens {
    pub asked: AtomicUsize,
    pub life: Duration,
    pub clock: Arc<dyn Clock>,
    pub fails_from: usize,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

#[async_trait::async_trait]
impl TokenCredential for Tokens {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["499b84ac-1321-427f-aa17-267ca6975798/.default"]);
        let n = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
        if n >= self.fails_from {
            return Err(azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, "no token today"));
        }
        Ok(AccessToken::new(format!("{}-{n}", planted::TOKEN), (self.clock.calendar() + self.life).into()))
    }
}

impl Tokens {
    pub fn new(clock: Arc<dyn Clock>, life: Duration) -> Self {
        Self { asked: AtomicUsize::new(0), life, clock, fails_from: usize::MAX }
    }
}

/// A client over a script, with a clock that jumps and a personal access token.
pub fn client(script: &Arc<Script>) -> Client {
    builder(script).clock(Arc::new(JumpingClock::default())).build().unwrap()
}

/// The same, to be changed.
pub fn builder(script: &Arc<Script>) -> ClientBuilder {
    planted::traced();
    Client::builder("org")
        .credential(Credential::pat(planted::PAT))
        .base_url("http://127.0.0.1:9/org")
        .transport(Arc::new(Wire(script.clone())))
        .retry(RetryOptions { base: Duration::from_millis(20), ..RetryOptions::default() })
        .throttle(ThrottleOptions { concurrency: 8, ..ThrottleOptions::default() })
}

/// The header of a request.
pub fn header<'a>(request: &'a WireRequest, name: &str) -> &'a str {
    request.headers.get(name).map_or("", |value| value.to_str().unwrap())
}
