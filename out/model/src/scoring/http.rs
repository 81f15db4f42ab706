//! The HTTP client for everything that leaves the server.

use std::sync::Once;
use std::time::Duration;

/// A client on rustls with ring. Redirects are not followed: credentials stay where they were meant for.
///
/// # Errors
/// The certificates of authorities cannot be loaded.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fails only when another provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(60))
        .pool_max_idle_per_host(2)
        .build()
}
