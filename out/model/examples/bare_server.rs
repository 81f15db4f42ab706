//! The bare server of the serving benchmark: the framework of `score` (hyper on one Tokio runtime per thread), answering a constant of the same
//! size to every request, and doing nothing else. Usage: `bare_server ADDRESS WORKERS`.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(Bytes::from_static(b"{\"result\":[206.11706978709246]}")));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let workers = arguments.next().and_then(|workers| workers.parse().ok()).unwrap_or(1);
    let listener = std::net::TcpListener::bind(address)?;
    let mut senders = Vec::new();
    for _ in 0..workers {
        let (sender, mut arrivals) = mpsc::unbounded_channel::<std::net::TcpStream>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async move {
                while let Some(stream) = arrivals.recv().await {
                    if let Ok(stream) = TcpStream::from_std(stream) {
                        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
                    }
                }
            });
        });
        senders.push(sender);
    }
    for (at, stream) in listener.incoming().enumerate() {
        let stream = stream?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let _ = senders[at % senders.len()].send(stream);
    }
    Ok(())
}
