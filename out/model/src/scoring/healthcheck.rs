//! `score --healthcheck`: asks a running server, for images that have no other program.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use url::Url;

use super::tls::{TlsFiles, pinned};

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks `url`, or `/readyz` of the server that listens on `listen`; over TLS where the server has a certificate, which is
/// then the only one that is taken.
///
/// # Errors
/// The server does not answer 2xx, with the reason.
pub fn check(url: Option<&str>, listen: SocketAddr, tls: Option<&TlsFiles>) -> Result<(), String> {
    let (address, host, path) = match url {
        None => {
            let ip = if listen.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() };
            let address = SocketAddr::new(ip, listen.port());
            (address, address.to_string(), "/readyz".to_owned())
        }
        Some(text) => {
            let url = Url::parse(text).map_err(|error| format!("\"{text}\" is not a URL: {error}"))?;
            let scheme = if tls.is_some() { "https" } else { "http" };
            if url.scheme() != scheme {
                let why = if tls.is_some() { "has a certificate and speaks TLS" } else { "has no certificate" };
                return Err(format!("\"{text}\" is not an {scheme} URL; the server {why}"));
            }
            let host = url.host_str().unwrap_or_default().to_owned();
            let place = (host.trim_matches(['[', ']']), url.port_or_known_default().unwrap_or(80));
            let mut found = place.to_socket_addrs().map_err(|error| format!("cannot find {host}: {error}"))?;
            let address = found.next().ok_or_else(|| format!("cannot find {host}"))?;
            (address, host, url.path().to_owned())
        }
    };
    let failed = |error: std::io::Error| format!("no answer from {address}: {error}");
    let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
    let Some(files) = tls else { return ask(stream, address, &host, &path) };
    let config = pinned(files).map_err(|error| error.to_string())?;
    let name = ServerName::from(address.ip());
    let session = ClientConnection::new(std::sync::Arc::new(config), name).map_err(|error| error.to_string())?;
    ask(StreamOwned::new(session, stream), address, &host, &path)
}

fn ask(mut stream: impl Read + Write, address: SocketAddr, host: &str, path: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("no answer from {address}: {error}");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut line = [0; 12];
    stream.read_exact(&mut line).map_err(failed)?;
    match line.strip_prefix(b"HTTP/1.1 ") {
        Some([b'2', _, _]) => Ok(()),
        _ => Err(format!("{address}{path} answered \"{}\"", String::from_utf8_lossy(&line))),
    }
}
