//! How the official clients of Azure (credentials, vaults) are set up, so that they are as patient as this one.

use std::sync::Arc;

use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_core::time::Duration;

use super::transport::{CONNECT, describe, install_tls_provider};
use crate::error::{Effect, Error, ErrorKind, Result};

/// Options for a client of the Azure SDK: no redirects, a limit for connecting, and few repetitions where nobody
/// answers, so that whoever is offline gets to know it within seconds. What a service asks to wait is still waited
/// for.
///
/// # Errors
/// If the system's certificates cannot be loaded.
pub fn azure_client_options() -> Result<ClientOptions> {
    install_tls_provider();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        // Two tries are made.
        .connect_timeout(CONNECT / 2)
        .build()
        .map_err(|error| Error::without_call(ErrorKind::SignIn, describe(&error), Effect::None))?;
    let retry = ExponentialRetryOptions {
        initial_delay: Duration::milliseconds(200),
        max_retries: 4,
        max_total_elapsed: Duration::seconds(2),
        max_delay: Duration::seconds(2),
    };
    Ok(ClientOptions {
        transport: Some(Transport::new(Arc::new(client))),
        retry: RetryOptions::exponential(retry),
        ..ClientOptions::default()
    })
}
