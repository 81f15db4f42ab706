//! A small HTTP client: one request a connection, in clear or by TLS.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

/// The largest answer that is taken.
const LARGEST: u64 = 64 * 1024 * 1024;

/// How a server is spoken to.
#[derive(Clone, Debug, Default)]
pub(crate) enum Way {
    /// In clear.
    #[default]
    Clear,
    /// By TLS with whoever answers, as probes do it.
    Anybody,
    /// By TLS with the server that shows this certificate (PEM) and no other.
    Pinned(String),
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    pub method: &'a str,
    /// Host and port.
    pub address: (&'a str, u16),
    /// Path and query.
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
    pub way: &'a Way,
    pub timeout: Duration,
}

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// Names and values of the headers.
    pub fn headers(&self) -> Vec<(String, String)> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
    }

    /// The value of a header; names do not mind case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Asks, and gives back the answer.
///
/// # Errors
/// If the server cannot be reached, is another than the pinned one, or what it says is no HTTP.
pub(crate) fn ask(ask: &Ask<'_>) -> io::Result<Answer> {
    let (host, port) = ask.address;
    let address = (host, port).to_socket_addrs()?.next().ok_or_else(|| other("the host has no address"))?;
    let stream = TcpStream::connect_timeout(&address, ask.timeout)?;
    stream.set_read_timeout(Some(ask.timeout))?;
    stream.set_write_timeout(Some(ask.timeout))?;
    let mut head = format!("{} {} HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: close\r\n", ask.method, ask.path);
    for (name, value) in ask.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !ask.body.is_empty() || matches!(ask.method, "PUT" | "POST" | "PATCH") {
        head.push_str(&format!("content-length: {}\r\n", ask.body.len()));
    }
    head.push_str("\r\n");
    let request = [head.as_bytes(), ask.body].concat();
    let text = match secured(ask.way)? {
        None => exchange(stream, &request)?,
        Some(config) => {
            let name = ServerName::try_from("sandbox.invalid").map_err(other)?;
            let connection = ClientConnection::new(Arc::new(config), name).map_err(other)?;
            exchange(StreamOwned::new(connection, stream), &request)?
        }
    };
    answer(&text).ok_or_else(|| other("the answer is no HTTP"))
}

fn other(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::other(why)
}

fn exchange(mut stream: impl Read + Write, request: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(request)?;
    stream.flush()?;
    let mut text = Vec::new();
    match stream.take(LARGEST).read_to_end(&mut text) {
        // some servers end a connection without the word for it; what has come decides
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof || text.is_empty() => Err(error),
        _ => Ok(text),
    }
}

/// An answer as it came.
fn answer(text: &[u8]) -> Option<Answer> {
    let end = text.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&text[..end]).ok()?.to_owned();
    let status = head.strip_prefix("HTTP/1.")?.split_whitespace().nth(1)?.parse().ok()?;
    let mut answer = Answer { status, head, body: text[end + 4..].to_vec() };
    if answer.header("transfer-encoding").is_some_and(|how| how.eq_ignore_ascii_case("chunked")) {
        answer.body = joined(&answer.body)?;
    }
    Some(answer)
}

/// The chunks of a body.
fn joined(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let from = end + 2;
        body.extend_from_slice(rest.get(from..from.checked_add(size)?)?);
        rest = rest.get(from + size + 2..)?;
    }
}

fn secured(way: &Way) -> io::Result<Option<ClientConfig>> {
    let only = match way {
        Way::Clear => return Ok(None),
        Way::Anybody => None,
        Way::Pinned(pem) => {
            Some(CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| other(error.to_string()))?)
        }
    };
    let provider: CryptoProvider = ring::default_provider();
    let known = Known { only, algorithms: provider.signature_verification_algorithms };
    let config = ClientConfig::builder_with_provider(Arc::new(provider)).with_safe_default_protocol_versions();
    let config = config.map_err(other)?.dangerous().with_custom_certificate_verifier(Arc::new(known));
    Ok(Some(config.with_no_client_auth()))
}

/// Whose certificate is taken: the pinned one, or any where none is.
#[derive(Debug)]
struct Known {
    only: Option<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.only {
            Some(only) if only != shown => {
                Err(rustls::Error::General("the server shows another certificate than the one of the vault".to_owned()))
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, shown, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, shown, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn answers_are_read_whole_and_in_chunks() {
        for (text, expected) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab", Some((200, "ab"))),
            ("HTTP/1.0 503 No\r\n\r\n", Some((503, ""))),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n",
                Some((200, "abcd")),
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", None),
            ("SSH-2.0-x\r\n\r\n", None),
        ] {
            let expected = expected.map(|(status, body)| (status, body.as_bytes().to_vec()));
            assert_eq!(answer(text.as_bytes()).map(|found| (found.status, found.body)), expected, "{text}");
        }
    }
}
