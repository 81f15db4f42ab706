//! One connection from its first byte to its last.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::access::Access;
use super::identity::RequestId;
use super::lines::Level;
use super::metrics::Route;
use super::problem::{Problem, ProblemCode};
use super::service::{self, App};
use super::stall::{Patience, Stalling, Turns};
use super::tls::Tls;

/// Bytes that a connection reads ahead, and the longest head. Bodies are gathered elsewhere, within their own bounds.
const BUFFER: usize = 64 << 10;

/// How long an idle connection stays open once the server stops.
const LAST_LOOK: Duration = Duration::from_millis(100);

/// Serves a connection until the client closes it, takes too long, or `stop` becomes true and the request in flight is
/// answered.
pub async fn serve(
    app: Arc<App>,
    tls: Option<Arc<Tls>>,
    stream: TcpStream,
    patience: Patience,
    mut stop: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return serve_on(app, stream, patience, stop).await };
    // A handshake is the first thing that a client sends, and takes no longer than a head may.
    let handshake = timeout(patience.head, TlsAcceptor::from(tls.config()).accept(stream));
    let outcome = tokio::select! {
        outcome = handshake => outcome,
        _ = stop.wait_for(|&stop| stop) => return,
    };
    match outcome {
        Ok(Ok(stream)) => serve_on(app, stream, patience, stop).await,
        // Whoever speaks another language, or nothing: there is no request yet that could be answered.
        Ok(Err(_)) | Err(_) => app.metrics.connection_errors.add(1),
    }
}

async fn serve_on<S>(app: Arc<App>, stream: S, patience: Patience, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    app.metrics.connections.add(1);
    let _open = Open(Arc::clone(&app));
    let answering = Arc::clone(&app);
    let turns = Turns::default();
    let stream = Stalling::new(stream, patience, turns.clone());
    let service = service_fn(move |request| {
        turns.next();
        let (app, turns) = (Arc::clone(&answering), turns.clone());
        async move {
            let answer = service::answer(app, request).await;
            turns.next();
            Ok::<_, Infallible>(answer)
        }
    });
    // The stream bounds the time for heads; hyper's own timer would be set anew for every request.
    let mut http = http1::Builder::new();
    http.header_read_timeout(None).max_buf_size(BUFFER);
    let mut connection = http.serve_connection(stream, service);
    let outcome = {
        let mut stopping = std::pin::pin!(async move {
            // An error means that the server is gone already, which is a stop too.
            let _ = stop.wait_for(|&stop| stop).await;
            // A request may have arrived on a connection that looks idle: it is read, and answered, before the connection is closed.
            sleep(LAST_LOOK).await;
        });
        let mut told = false;
        poll_fn(|cx| {
            if !told && stopping.as_mut().poll(cx).is_ready() {
                told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            Pin::new(&mut connection).poll(cx)
        })
        .await
    };
    let Err(error) = outcome else { return };
    app.metrics.connection_errors.add(1);
    let parse = error.is_parse();
    let parts = connection.into_parts();
    if parts.io.is_late() {
        // Nothing read means an idle connection that outlived its time: closed without a word.
        if !parts.read_buf.is_empty() {
            late_head(&app, parts.io.into_inner(), patience.head).await;
        }
    } else if parse {
        // hyper has answered 400, 414 or 431 itself.
        let status = if error.is_parse_too_large() { 431 } else { 400 };
        app.metrics.answered(Route::Unknown, status, None, Duration::ZERO);
        let members = [("status", &*status.to_string()), ("reason", &error.to_string())];
        app.lines.event(Level::Warning, "a request head that is not HTTP", &members);
    }
}

struct Open(Arc<App>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.metrics.connections.add(-1);
    }
}

/// Answers a request of which only a part of the head came.
async fn late_head(app: &App, mut stream: impl AsyncWrite + Unpin, patience: Duration) {
    let request_id = RequestId::new();
    let detail = format!("the head did not arrive within {} s", patience.as_secs_f64());
    let problem = Problem::new(ProblemCode::SlowRequest, detail);
    let body = problem.to_json(request_id.as_str());
    let answer = format!(
        "HTTP/1.1 408 Request Timeout\r\ncontent-type: application/problem+json\r\nx-request-id: {request_id}\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let sent = async {
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    };
    let _ = timeout(Duration::from_secs(1), sent).await;
    app.metrics.answered(Route::Unknown, 408, Some(problem.code), patience);
    let access = Access {
        request_id: &request_id,
        trace: None,
        method: "",
        path: "",
        status: 408,
        rows: 0,
        duration: patience,
        problem: Some(&problem),
    };
    app.access.line(&app.lines, &access);
}
