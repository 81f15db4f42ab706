//! A small HTTP server for what programs of a job ask: one request a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// The largest body that is taken.
const LARGEST: usize = 256 * 1024 * 1024;

/// A request.
pub(crate) struct Request {
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header; names do not mind case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What is answered: JSON, unless a header says something else.
pub(crate) struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl From<(u16, String)> for Response {
    fn from((status, text): (u16, String)) -> Self {
        Self { status, headers: Vec::new(), body: text.into_bytes() }
    }
}

/// Answers requests on a free port of loopback until the process ends; gives back the address.
pub(crate) fn serve<R: Into<Response>>(
    answer: impl Fn(Request) -> R + Send + Sync + 'static,
) -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("cannot listen: {error}"))?;
    let address = listener.local_addr().map_err(|error| format!("cannot listen: {error}"))?;
    let answer = std::sync::Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            // who goes away early gets no answer, and nobody else is harmed
            thread::spawn(move || drop(one(stream, &|request| answer(request).into())));
        }
    });
    Ok(address)
}

fn one(stream: TcpStream, answer: &dyn Fn(Request) -> Response) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or("/").to_owned());
    let mut length = 0;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap_or((&header, ""));
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
        if name.eq_ignore_ascii_case("expect") {
            (&stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let response = if length > LARGEST {
        Response::from((413, String::new()))
    } else {
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name, true), decoded(value, true))
        };
        let query = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
        answer(Request { method, path: decoded(path, false), query, headers, body })
    };
    let kind = response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let mut head = format!(
        "HTTP/1.1 {} {}\r\ncontent-length: {}\r\nconnection: close\r\n",
        response.status,
        if response.status < 400 { "OK" } else { "Refused" },
        response.body.len()
    );
    if !kind {
        head.push_str("content-type: application/json\r\n");
    }
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    (&stream).write_all(head.as_bytes())?;
    (&stream).write_all(&response.body)
}

/// Percent-encoding taken away; in queries a plus is a space.
pub(crate) fn decoded(text: &str, query: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 3;
            }
            (b'+', ..) if query => {
                out.push(b' ');
                at += 1;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_and_answered() {
        let address = serve(|request| {
            (200, format!("{} {} {:?} {}", request.method, request.path, request.query, request.body.len()))
        })
        .unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"POST /a%20b?c=d+e%2Ff&g HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(text.ends_with("POST /a b [(\"c\", \"d e/f\"), (\"g\", \"\")] 3"), "{text}");
    }
}
