//! `score --healthcheck`: asks a running server, for images that have no other program.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use url::Url;

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks `url`, or `/readyz` of the server that listens on `listen`.
///
/// # Errors
/// The server does not answer 2xx, with the reason.
pub fn check(url: Option<&str>, listen: SocketAddr) -> Result<(), String> {
    let (address, host, path) = match url {
        None => {
            let ip = if listen.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() };
            let address = SocketAddr::new(ip, listen.port());
            (address, address.to_string(), "/readyz".to_owned())
        }
        Some(text) => {
            let url = Url::parse(text).map_err(|error| format!("\"{text}\" is not a URL: {error}"))?;
            if url.scheme() != "http" {
                return Err(format!("\"{text}\" is not an http URL; the server speaks plain HTTP behind its ingress"));
            }
            let host = url.host_str().unwrap_or_default().to_owned();
            let place = (host.trim_matches(['[', ']']), url.port_or_known_default().unwrap_or(80));
            let mut found = place.to_socket_addrs().map_err(|error| format!("cannot find {host}: {error}"))?;
            let address = found.next().ok_or_else(|| format!("cannot find {host}"))?;
            (address, host, url.path().to_owned())
        }
    };
    let failed = |error: std::io::Error| format!("no answer from {address}: {error}");
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut line = [0; 12];
    stream.read_exact(&mut line).map_err(failed)?;
    match line.strip_prefix(b"HTTP/1.1 ") {
        Some([b'2', _, _]) => Ok(()),
        _ => Err(format!("{address}{path} answered \"{}\"", String::from_utf8_lossy(&line))),
    }
}
