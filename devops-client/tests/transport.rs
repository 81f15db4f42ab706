//! The real transport against real sockets that misbehave.

#[path = "common/planted.rs"]
mod planted;

use std::time::Duration;

use devops_client::{Client, Credential, ErrorKind, HttpTransport, RetryOptions, Stage, Transport as _, WireRequest};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Serves connections: reads a request's head, writes `answer`, and closes. No answer means no end either.
async fn server(answer: Option<&'static [u8]>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                let mut chunk = [0; 1024];
                while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                    match socket.read(&mut chunk).await {
                        Ok(0) | Err(_) => return,
                        Ok(count) => head.extend_from_slice(&chunk[..count]),
                    }
                }
                match answer {
                    Some(answer) => socket.write_all(answer).await.unwrap(),
                    None => std::future::pending::<()>().await,
                }
            });
        }
    });
    port
}

async fn stage(port: u16) -> Stage {
    planted::traced();
    let transport = HttpTransport::new(Duration::from_millis(300)).unwrap();
    let url =
        url::Url::parse(&["http://127.0.0.1:", &port.to_string(), "/x?secret=", planted::TOKEN].concat()).unwrap();
    let request = WireRequest { method: Method::POST, url, headers: HeaderMap::new(), body: "{}".into() };
    let error = transport.send(request).await.unwrap_err();
    assert!(!error.to_string().contains(planted::MARK), "{error}");
    error.stage
}

#[tokio::test]
async fn each_failure_is_told_by_how_far_the_request_came() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    assert_eq!(stage(closed).await, Stage::Connect);
    assert_eq!(stage(server(Some(b"")).await).await, Stage::Sent, "closed without an answer");
    assert_eq!(stage(server(None).await).await, Stage::Sent, "no answer in time");
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":";
    assert_eq!(stage(server(Some(cut)).await).await, Stage::Body(StatusCode::OK));
}

#[tokio::test]
async fn a_redirect_is_not_followed_as_it_would_carry_the_credential_away() {
    let answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n";
    let base = ["http://127.0.0.1:", &server(Some(answer)).await.to_string(), "/org"].concat();
    let retry = RetryOptions { base: Duration::from_millis(1), ..RetryOptions::default() };
    planted::traced();
    let credential = Credential::pat(planted::PAT);
    let client = Client::builder("org").credential(credential).base_url(base).retry(retry).build().unwrap();
    let error = client.projects().get("p").await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::SignIn);
    assert_eq!(error.context().unwrap().status, Some(StatusCode::FOUND));
}
