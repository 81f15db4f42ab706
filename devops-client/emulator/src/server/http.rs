//! From HTTP to values and back.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body as HttpBody, Bytes, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderValue, Request as HttpRequest, Response as HttpResponse, header};
use jiff::Timestamp;
use uuid::Uuid;

use super::accounts::{SignIn, sign_in};
use super::connection::Reset;
use super::faults::{Action, meet};
use super::journal::Entry;
use super::shared::{Inner, Shared};
use crate::core::route::Kind;
use crate::core::{Body, Method, Request, Response, ServiceError};
use crate::dispatch::{self, Handled};

/// The largest body that is read, in bytes.
const LARGEST: usize = 256 << 20;

/// Answers one request.
pub async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(reset): ConnectInfo<Reset>,
    http: HttpRequest<HttpBody>,
) -> HttpResponse<HttpBody> {
    let query = http.uri().query().unwrap_or_default().to_owned();
    let request = match read(http).await {
        Ok(request) => request,
        Err(response) => return write(response, &[], None, false),
    };
    let (method, path) = (request.method.name().to_owned(), request.path_text());
    let actions = meet(&mut shared.lock().faults, &method, &path);
    for action in &actions {
        if let Action::Latency { millis } = action {
            tokio::time::sleep(Duration::from_millis(*millis)).await;
        }
    }
    let mut served = serve(&shared, &request, &actions);
    let truncated = actions.contains(&Action::TruncatedBody);
    shared.lock().log(Entry {
        number: 0,
        at_millis: u64::try_from(shared.start.elapsed().as_millis()).unwrap_or(u64::MAX),
        method,
        path,
        query,
        route: served.handled.template,
        status: served.handled.response.status,
        effect: served.handled.effect,
        faults: actions.iter().map(name).collect(),
        reset: served.reset,
    });
    if served.reset {
        reset.fire();
    }
    let session = request.header("x-tfs-session").map(str::to_owned);
    let head = request.method == Method::Head;
    if head {
        served.handled.response.body = Body::Empty;
    }
    write(served.handled.response, &served.headers, session, truncated)
}

/// The name of a fault, for the journal.
pub(crate) fn name(action: &Action) -> String {
    let value = serde_json::to_value(action).unwrap_or_default();
    match &value {
        serde_json::Value::Object(map) => map.keys().next().cloned().unwrap_or_default(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// A request as a value. Errors with the answer to give instead.
pub(crate) async fn read(http: HttpRequest<HttpBody>) -> Result<Request, Response> {
    let refuse =
        |status: u16, text: &str| Response { status, ..Response::text("text/plain; charset=utf-8", text.to_owned()) };
    let (parts, body) = http.into_parts();
    let method = Method::parse(parts.method.as_str()).ok_or_else(|| refuse(405, "The method is not supported."))?;
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::new(method, &format!("http://{host}"), path);
    for (name, value) in &parts.headers {
        if let Ok(value) = value.to_str() {
            request.headers.insert(name.as_str().to_owned(), value.to_owned());
        }
    }
    let body = to_bytes(body, LARGEST).await.map_err(|_| refuse(413, "The request body could not be read."))?;
    request.body = body.to_vec();
    Ok(request)
}

/// What was served, and how it goes out.
struct Served {
    handled: Handled,
    headers: Vec<(&'static str, String)>,
    reset: bool,
}

fn plain(response: Response) -> Served {
    Served { handled: Handled { response, template: "", effect: false }, headers: Vec::new(), reset: false }
}

fn serve(shared: &Shared, request: &Request, actions: &[Action]) -> Served {
    let now = Timestamp::now();
    let mut guard = shared.lock();
    let inner = &mut *guard;
    let found = dispatch::find(request);
    let open = found.as_ref().is_some_and(|(route, _)| route.template.starts_with("_apis/public/"));
    let caller = match sign_in(&inner.accounts, inner.anybody, request) {
        SignIn::As(caller) => caller,
        SignIn::Missing if open || request.method == Method::Options => Uuid::nil(),
        SignIn::Missing => return plain(unauthorized()),
        SignIn::Unknown if inner.sign_in_page => return plain(sign_in_page(203)),
        SignIn::Unknown => return plain(unauthorized()),
    };
    for action in actions {
        if let Some(response) = before_effect(action) {
            return plain(response);
        }
        if *action == Action::ResetBefore {
            return Served { reset: true, ..plain(Response::no_content()) };
        }
    }
    let writes = found.as_ref().is_some_and(|(route, _)| route.kind == Kind::Write);
    let mut headers = Vec::new();
    if let Some(limit) = inner.throttle {
        let verdict = inner.spent.judge(&limit, caller, writes, shared.start.elapsed(), now.as_millisecond());
        if !verdict.allowed {
            return Served { headers: verdict.headers, ..plain(blocked()) };
        }
        headers = verdict.headers;
    }
    let handled = handle(inner, request, now, caller, writes, actions);
    for action in actions {
        if let Action::RetryAfterOnSuccess { seconds } = action {
            headers.push(("Retry-After", seconds.to_string()));
        }
    }
    Served { handled, headers, reset: actions.contains(&Action::ResetAfter) }
}

fn handle(
    inner: &mut Inner,
    request: &Request,
    now: Timestamp,
    caller: Uuid,
    writes: bool,
    actions: &[Action],
) -> Handled {
    if writes {
        inner.remember();
    }
    if let Some(source) = &inner.vaults
        && request.path.last().is_some_and(|last| last.eq_ignore_ascii_case("endpointproxy"))
    {
        inner.organization.vaults = (source.0)();
    }
    if actions.contains(&Action::StaleRead)
        && !writes
        && let Some(mut before) = inner.before.clone()
    {
        return dispatch::handle(&mut before, request, now, caller);
    }
    dispatch::handle(&mut inner.organization, request, now, caller)
}

/// The answer of a fault that comes instead of the effect.
pub(crate) fn before_effect(action: &Action) -> Option<Response> {
    let later = |response: Response, seconds: &Option<f64>| match seconds {
        Some(seconds) => response.with_header("Retry-After", seconds.to_string()),
        None => response,
    };
    match action {
        Action::TooManyRequests { retry_after } => {
            let response = blocked()
                .with_header("X-RateLimit-Resource", "TSTU/Global")
                .with_header("X-RateLimit-Limit", "200")
                .with_header("X-RateLimit-Remaining", "0")
                .with_header("X-RateLimit-Delay", retry_after.unwrap_or(1.0).to_string());
            Some(later(response, retry_after))
        }
        Action::ServiceUnavailable { retry_after } => {
            let error = ServiceError::new(
                503,
                "Microsoft.TeamFoundation.Framework.Server",
                "ServiceUnavailableException",
                "TF400898: An internal error occurred. The service is unavailable.",
            );
            Some(later(error.into_response(), retry_after))
        }
        Action::Unauthorized => Some(unauthorized()),
        Action::SignInPage { status } => Some(sign_in_page(*status)),
        Action::Error { status, type_key, message } => Some(
            ServiceError::new(*status, "Microsoft.TeamFoundation.Framework.Server", type_key, message.as_str())
                .into_response(),
        ),
        _ => None,
    }
}

fn unauthorized() -> Response {
    Response { status: 401, ..Response::no_content() }
        .with_header("WWW-Authenticate", "Bearer")
        .with_header("X-TFS-ServiceError", "TF400813%3a+The+user+is+not+authorized+to+access+this+resource.")
}

fn blocked() -> Response {
    ServiceError::new(
        429,
        "Microsoft.TeamFoundation.Framework.Server",
        "RequestBlockedException",
        "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Concurrency' in namespace \
         'User'. For more information on why your request was blocked, see the topic \"Rate limits\" on the Microsoft Web site.",
    )
    .into_response()
}

fn sign_in_page(status: u16) -> Response {
    let page = "<!DOCTYPE html>\r\n<html lang=\"en-US\"><head><title>Azure DevOps Services | Sign In</title></head><body>Sign In</body></html>";
    let response = Response { status, ..Response::text("text/html; charset=utf-8", page.to_owned()) };
    if status == 302 { response.with_header("Location", "/_signin") } else { response }
}

/// A response as HTTP, with the headers that every answer has.
pub(crate) fn write(
    response: Response,
    headers: &[(&'static str, String)],
    session: Option<String>,
    truncated: bool,
) -> HttpResponse<HttpBody> {
    let (media_type, bytes): (Option<&str>, Vec<u8>) = match &response.body {
        Body::Empty => (None, Vec::new()),
        Body::Json(value) => (Some("application/json; charset=utf-8"), serde_json::to_vec(value).unwrap_or_default()),
        Body::Text(media_type, text) => (Some(*media_type), text.clone().into_bytes()),
        Body::Bytes(media_type, bytes) => (Some(*media_type), bytes.clone()),
    };
    let mut builder = HttpResponse::builder().status(response.status);
    let stated = response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if let Some(media_type) = media_type.filter(|_| !stated) {
        builder = builder.header(header::CONTENT_TYPE, media_type);
    }
    for (name, value) in response.headers.iter().chain(headers) {
        if let Ok(value) = HeaderValue::from_str(value) {
            builder = builder.header(*name, value);
        }
    }
    let activity = Uuid::new_v4().to_string();
    builder = builder
        .header("ActivityId", &activity)
        .header("X-TFS-Session", session.unwrap_or_else(|| activity.clone()))
        .header("X-VSS-E2EID", &activity)
        .header("X-TFS-ProcessId", "00000000-0000-0000-0000-000000000001")
        .header("Cache-Control", "no-cache");
    let body = if truncated && bytes.len() > 1 {
        // the length says more than what comes, so that the caller sees the break
        builder = builder.header(header::CONTENT_LENGTH, bytes.len());
        let half = Bytes::copy_from_slice(&bytes[..bytes.len() / 2]);
        HttpBody::from_stream(Broken(Some(half)))
    } else {
        HttpBody::from(bytes)
    };
    builder.body(body).unwrap_or_else(|_| HttpResponse::new(HttpBody::empty()))
}

/// A stream that gives its half and then breaks.
struct Broken(Option<Bytes>);

impl futures::Stream for Broken {
    type Item = std::io::Result<Bytes>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(Some(
            self.0.take().ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof)),
        ))
    }
}
