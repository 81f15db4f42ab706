//! Who may look, and who may answer: people on this machine, by this page. A page of others in the same browser could send
//! requests here as well, under this machine's address or under a name of its own that leads here.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::frame::said;
use crate::server::shared::Shared;

/// The refusal of a request to an address that is not this machine's own.
pub(super) fn refused(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let why = "This page is there for addresses of this machine alone: 127.0.0.1, [::1], localhost.";
    (!is_here(headers)).then(|| said(shared, StatusCode::FORBIDDEN, "Not for others", why))
}

/// The refusal of an answer that comes from another page.
pub(super) fn refused_answer(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let why = "An answer has to come from a form of this page.";
    (!is_own(headers)).then(|| said(shared, StatusCode::FORBIDDEN, "Not for others", why))
}

fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

fn is_here(headers: &HeaderMap) -> bool {
    let host = host(headers);
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

fn is_own(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    is_here(headers) && origin == Some(&format!("http://{}", host(headers)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &'static str, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_this_machines_own_page_answers() {
        for (host, origin, here, own) in [
            ("127.0.0.1:8080", Some("http://127.0.0.1:8080"), true, true),
            ("localhost:8080", Some("http://localhost:8080"), true, true),
            ("127.0.0.1:8080", None, true, false),
            ("127.0.0.1:8080", Some("null"), true, false),
            ("127.0.0.1:8080", Some("https://evil.example"), true, false),
            ("127.0.0.1:8080", Some("http://127.0.0.1:9090"), true, false),
            ("evil.example:8080", Some("http://evil.example:8080"), false, false),
            ("127.0.0.1.evil.example", None, false, false),
        ] {
            let headers = headers(host, origin);
            assert_eq!((is_here(&headers), is_own(&headers)), (here, own), "{host} {origin:?}");
        }
    }
}
