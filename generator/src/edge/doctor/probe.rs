//! How services are reached from this machine.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;

/// Port of every service.
pub(super) const PORT: u16 = 443;

/// Longest time for one connection or handshake.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How this machine reaches others.
#[async_trait]
pub trait Probe: Send + Sync {
    /// The addresses of a name.
    ///
    /// # Errors
    /// Why there are none, as a phrase.
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, String>;

    /// The address from which this machine would send to another; none where it has no way there.
    async fn own_address(&self, to: IpAddr) -> Option<IpAddr>;

    /// Whether a connection comes about.
    ///
    /// # Errors
    /// Why none does, as a phrase.
    async fn connect(&self, to: SocketAddr) -> Result<(), String>;

    /// Whether the service at an address proves to be `host`.
    ///
    /// # Errors
    /// Why it does not, as a phrase.
    async fn greet(&self, host: &str, to: SocketAddr) -> Result<(), String>;
}

/// The network as it is.
pub struct Wire;

#[async_trait]
impl Probe for Wire {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        let found = tokio::net::lookup_host((host, PORT)).await.map_err(|error| error.to_string())?;
        let mut all: Vec<IpAddr> = found.map(|one| one.ip()).collect();
        all.sort();
        all.dedup();
        if all.is_empty() { Err("the name has no address".to_owned()) } else { Ok(all) }
    }

    async fn own_address(&self, to: IpAddr) -> Option<IpAddr> {
        // Nothing is sent: a socket of UDP that is connected only has an address.
        let socket = tokio::net::UdpSocket::bind("0.0.0.0:0").await.ok()?;
        socket.connect((to, PORT)).await.ok()?;
        Some(socket.local_addr().ok()?.ip())
    }

    async fn connect(&self, to: SocketAddr) -> Result<(), String> {
        match tokio::time::timeout(TIMEOUT, tokio::net::TcpStream::connect(to)).await {
            Err(_) => Err(format!("no answer within {} s", TIMEOUT.as_secs())),
            Ok(Err(error)) => Err(error.to_string()),
            Ok(Ok(_)) => Ok(()),
        }
    }

    async fn greet(&self, host: &str, to: SocketAddr) -> Result<(), String> {
        // One provider for the whole process; it stays what it is if somebody has chosen one before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Any answer at all follows a handshake; no proxy is asked, because no agent would ask one for these names.
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().resolve(host, to).build();
        let client = client.map_err(|error| error.to_string())?;
        match client.head(format!("https://{host}:{}/", to.port())).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let mut cause: &dyn std::error::Error = &error;
                while let Some(deeper) = cause.source() {
                    cause = deeper;
                }
                Err(cause.to_string())
            }
        }
    }
}
