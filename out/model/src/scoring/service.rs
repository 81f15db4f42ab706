//! One request in, one answer out.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, ALLOW, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue,
    RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use super::access::{Access, AccessLog};
use super::auth::Guard;
use super::clock::Moment;
use super::decode::{Format, Limits};
use super::identity::{RequestId, Trace};
use super::intake::Intake;
use super::lines::{Level, Lines};
use super::metrics::{Metrics, Route};
use super::problem::{Problem, ProblemCode, json_text};
use super::protocol::{self, Origins};
use super::record::Record;
use super::record::queue::Queue;
use super::scorer::{Scorer, Scratch};
use super::telemetry;

/// The prediction route that always answers.
pub const SCORE: &str = "/score";

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_MODEL_VERSION: HeaderName = HeaderName::from_static("x-model-version");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CSV: HeaderValue = HeaderValue::from_static("text/csv; header=present");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const PROMETHEUS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// What an answer is made of.
pub type Answer = Response<Full<Bytes>>;

/// A queue and the share of requests that enter it.
#[derive(Debug)]
pub struct Sampled<T> {
    /// Where the items go.
    pub queue: Arc<Queue<T>>,
    /// The share, 0 to 1.
    pub share: f64,
}

/// Everything that answering needs; shared by all connections.
pub struct App {
    /// The model in use.
    pub scorer: ArcSwap<Scorer>,
    /// Who may predict.
    pub guard: Guard,
    /// Bounds of a request.
    pub limits: Limits,
    /// Reads bodies within bounds.
    pub intake: Intake,
    /// The prediction route beside [`SCORE`].
    pub route: Arc<str>,
    /// Pages that may call.
    pub origins: Origins,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The server's log.
    pub lines: Lines,
    /// Which requests get a line in it.
    pub access: AccessLog,
    /// The scoring log.
    pub records: Option<Sampled<Record>>,
    /// Telemetry.
    pub telemetry: Option<Sampled<telemetry::Item>>,
    /// Whether the server is about to stop.
    pub draining: AtomicBool,
}

/// A successful prediction.
struct Scored {
    body: Bytes,
    media: HeaderValue,
    rows: usize,
}

/// Answers a request. Never fails: what goes wrong is an answer too.
pub async fn answer(app: Arc<App>, request: Request<Incoming>) -> Answer {
    let origin = app.origins.allowed(request.headers());
    let mut response = answer_anybody(&app, request).await;
    if let Some(origin) = origin {
        protocol::allow(response.headers_mut(), origin);
    }
    response
}

async fn answer_anybody(app: &App, request: Request<Incoming>) -> Answer {
    let start = Instant::now();
    let request_id = RequestId::from_header(bytes_of(request.headers(), &X_REQUEST_ID));
    let path = request.uri().path();
    let head = protocol::check_head(request.version(), request.headers());
    let (route, outcome) = match head {
        Err(problem) => (Route::Unknown, Err(problem)),
        Ok(()) if request.method() == Method::OPTIONS && !app.origins.is_empty() => (Route::Unknown, Ok(preflight())),
        Ok(()) if path == SCORE || *path == *app.route || protocol::is_infer(path) => {
            return score(app, request, request_id, start).await;
        }
        Ok(()) => app.other(request.method(), path),
    };
    let (mut response, problem) = match outcome {
        Ok(response) => (response, None),
        Err(problem) => (refusal(&problem, &request_id), Some(problem)),
    };
    app.finish(&mut response, &request_id);
    let (status, duration) = (response.status().as_u16(), start.elapsed());
    app.metrics.answered(route, status, problem.as_ref().map(|problem| problem.code), duration);
    // Probes every few seconds would drown the log; what they meet is in the metrics.
    if problem.is_some() {
        let (method, path, trace) = (request.method().as_str(), path, None);
        let (request_id, problem) = (&request_id, problem.as_ref());
        app.access.line(&app.lines, &Access { request_id, trace, method, path, status, rows: 0, duration, problem });
    }
    response
}

async fn score(app: &App, request: Request<Incoming>, request_id: RequestId, start: Instant) -> Answer {
    app.metrics.in_flight.add(1);
    // Counted down also when the client goes away and this future is dropped.
    let _in_flight = InFlight(&app.metrics);
    let trace = Trace::from_header(bytes_of(request.headers(), &TRACEPARENT));
    let (head, body) = request.into_parts();
    // One model for the whole request, whatever is loaded meanwhile.
    let scorer = app.scorer.load_full();
    let outcome = match app.admit(&head).await {
        Err(problem) => Err(problem),
        Ok(format) => match app.intake.read(body, head.headers.contains_key(EXPECT)).await {
            Err(problem) => Err(problem),
            Ok(body) => app.predict(
                &scorer,
                &body,
                format,
                protocol::wants_csv(bytes_of(&head.headers, &ACCEPT)),
                &request_id,
                &trace,
            ),
        },
    };
    let (mut response, rows, problem) = match outcome {
        Ok(scored) => {
            let mut response = Response::new(Full::new(scored.body));
            response.headers_mut().insert(CONTENT_TYPE, scored.media);
            (response, scored.rows, None)
        }
        Err(problem) => (refusal(&problem, &request_id), 0, Some(problem)),
    };
    response.headers_mut().insert(X_MODEL_VERSION, scorer.version_header().clone());
    app.finish(&mut response, &request_id);
    let (status, duration) = (response.status().as_u16(), start.elapsed());
    response.headers_mut().insert(SERVER_TIMING, timing(duration));
    let code = problem.as_ref().map(|problem| problem.code);
    app.metrics.answered(Route::Score, status, code, duration);
    app.metrics.rows.add(rows as u64);
    let path: &Arc<str> = &app.route;
    let named = if head.uri.path() == SCORE { SCORE } else { path };
    app.access.line(
        &app.lines,
        &Access {
            request_id: &request_id,
            trace: Some(&trace),
            method: head.method.as_str(),
            path: named,
            status,
            rows,
            duration,
            problem: problem.as_ref(),
        },
    );
    if let Some(telemetry) = &app.telemetry
        && trace.sampled
        && request_id.in_sample(telemetry.share)
    {
        let item = || telemetry::Item {
            start: Moment::now().before(duration),
            duration,
            path: if named == SCORE { Arc::from(SCORE) } else { Arc::clone(path) },
            request_id,
            trace,
            status,
            problem: code.map(ProblemCode::as_str),
            rows,
        };
        if !telemetry.queue.push(telemetry::ITEM_SIZE, item) {
            app.metrics.telemetry_dropped.add(1);
        }
    }
    response
}

/// What the request cost here, in milliseconds ("Server Timing", W3C): whoever measures it from outside measures a network.
fn timing(duration: Duration) -> HeaderValue {
    let micros = duration.as_micros();
    let text = format!("score;dur={}.{:03}", micros / 1_000, micros % 1_000);
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("score"))
}

struct InFlight<'a>(&'a Metrics);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.add(-1);
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Scratch buffers above this many numbers are given back after the request, so that one huge request does not hold memory for good.
const LARGE: usize = 1 << 16;

impl App {
    /// Method, permission and media type, in this order; all before a byte of the body is read.
    async fn admit(&self, head: &hyper::http::request::Parts) -> Result<Format, Problem> {
        if head.method != Method::POST {
            return Err(Problem::new(ProblemCode::MethodNotAllowed, "predictions are asked for with POST"));
        }
        self.guard.admit(bytes_of(&head.headers, &AUTHORIZATION)).await?;
        Format::from_headers(bytes_of(&head.headers, &CONTENT_TYPE), bytes_of(&head.headers, &CONTENT_ENCODING))
    }

    /// The part without waiting. A panic in it is a fault of ours, and costs this request alone.
    fn predict(
        &self,
        scorer: &Arc<Scorer>,
        body: &[u8],
        format: Format,
        csv: bool,
        request_id: &RequestId,
        trace: &Trace,
    ) -> Result<Scored, Problem> {
        let work = || {
            SCRATCH.with_borrow_mut(|scratch| {
                let rows = scorer.score(body, format, self.limits, scratch)?;
                scratch.answer.clear();
                let media = if csv {
                    scorer.write_csv(&scratch.predictions, &mut scratch.answer);
                    CSV
                } else {
                    scorer.write_json(&scratch.predictions, &scratch.form, &mut scratch.answer);
                    JSON
                };
                let body = Bytes::copy_from_slice(&scratch.answer);
                let outside = scorer.outside_training_range(&scratch.values);
                if outside > 0 {
                    self.metrics.outside_training_range.add(outside);
                }
                self.record(scorer, scratch, request_id, trace);
                if scratch.values.capacity() > LARGE {
                    *scratch = Scratch::default();
                }
                Ok(Scored { body, media, rows })
            })
        };
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            self.metrics.panics.add(1);
            self.lines.event(Level::Error, "panic while answering", &[("request_id", request_id.as_str())]);
            Err(Problem::new(
                ProblemCode::Internal,
                "the server failed at this request; the request id helps to find why",
            ))
        })
    }

    fn record(&self, scorer: &Arc<Scorer>, scratch: &Scratch, request_id: &RequestId, trace: &Trace) {
        let Some(records) = &self.records else { return };
        if !request_id.in_sample(records.share) {
            return;
        }
        let size = Record::size_for(scratch.values.len() + scratch.predictions.len());
        let queued = records.queue.push(size, || Record {
            time: Moment::now(),
            request_id: request_id.clone(),
            trace: *trace,
            scorer: Arc::clone(scorer),
            values: scratch.values.as_slice().into(),
            predictions: scratch.predictions.as_slice().into(),
        });
        if queued { self.metrics.records.add(1) } else { self.metrics.records_dropped.add(1) }
    }

    fn other(&self, method: &Method, path: &str) -> (Route, Result<Answer, Problem>) {
        let route = match path {
            "/" => Route::Root,
            "/livez" | "/v2/health/live" => Route::Livez,
            "/readyz" | "/v2/health/ready" => Route::Readyz,
            "/metrics" => Route::Metrics,
            "/openapi.json" => Route::Openapi,
            "/swagger.json" => Route::Swagger,
            "/problems" => Route::Problems,
            _ => {
                let detail = "known routes are in /openapi.json";
                return (Route::Unknown, Err(Problem::new(ProblemCode::NotFound, detail)));
            }
        };
        if method != Method::GET && method != Method::HEAD {
            return (route, Err(Problem::new(ProblemCode::MethodNotAllowed, "this route is read with GET")));
        }
        let (media, body) = match route {
            Route::Root => (TEXT, Bytes::from_static(b"Healthy")),
            Route::Livez => (TEXT, Bytes::from_static(b"live")),
            Route::Readyz if self.draining.load(Ordering::Acquire) => {
                let mut response = plain(TEXT, Bytes::from_static(b"stopping"));
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                return (route, Ok(response));
            }
            Route::Readyz => (TEXT, Bytes::from_static(b"ready")),
            Route::Metrics => (PROMETHEUS, self.metrics_text().into()),
            Route::Openapi => (JSON, self.scorer.load().openapi().clone()),
            Route::Swagger => (JSON, self.scorer.load().swagger().clone()),
            _ => (JSON, problem_list().into()),
        };
        (route, Ok(plain(media, body)))
    }

    fn metrics_text(&self) -> String {
        if let Some(records) = &self.records {
            self.metrics.records_bytes.set(i64::try_from(records.queue.taken()).unwrap_or(i64::MAX));
        }
        self.metrics.render(self.scorer.load().version(), self.lines.dropped())
    }

    /// Headers that every answer has.
    fn finish(&self, response: &mut Answer, request_id: &RequestId) {
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
            headers.insert(X_REQUEST_ID, value);
        }
        // The client is told to come back on a new connection, which the load balancer sends elsewhere.
        if self.draining.load(Ordering::Relaxed) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

fn plain(media: HeaderValue, body: Bytes) -> Answer {
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, media);
    response
}

/// What a browser is told that asks whether a page may call.
fn preflight() -> Answer {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    protocol::preflight(response.headers_mut());
    response
}

/// The answer that tells a client of a problem.
fn refusal(problem: &Problem, request_id: &RequestId) -> Answer {
    let mut response = plain(PROBLEM, problem.to_json(request_id.as_str()).into());
    *response.status_mut() = problem.code.status();
    let headers = response.headers_mut();
    match problem.code {
        ProblemCode::Unauthenticated => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        ProblemCode::MethodNotAllowed => {
            let allowed = if problem.detail.contains("POST") { "POST" } else { "GET, HEAD" };
            headers.insert(ALLOW, HeaderValue::from_static(allowed));
        }
        ProblemCode::Busy | ProblemCode::KeysUnavailable => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        // The rest of the body may still be on its way.
        ProblemCode::SlowRequest
        | ProblemCode::IncompleteBody
        | ProblemCode::BodyTooLarge
        | ProblemCode::MalformedHead
        | ProblemCode::UnsupportedTransferCoding => {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}

fn problem_list() -> String {
    let items = ProblemCode::ALL.iter().map(|code| {
        let (name, status, title) = (code.as_str(), code.status().as_u16(), json_text(code.title()));
        format!("{{\"type\":\"/problems#{name}\",\"code\":\"{name}\",\"status\":{status},\"title\":{title}}}")
    });
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

#[inline]
fn bytes_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    headers.get(name).map(HeaderValue::as_bytes)
}
