//! How long calls are repeated and long-running operations are waited for.

use std::time::Duration;

use devops_client::RetryOptions;

/// The pace of repeated calls.
///
/// | name | default | purpose | range |
/// |---|---|---|---|
/// | `retry` | that of the client, but 6 tries and 1 s | how a call is repeated | see [`RetryOptions`] |
/// | `patience` | 2 h | longest wait for an operation | above zero |
/// | `replication` | 5 min | longest wait until Entra knows a new identity everywhere | zero and up |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How a call is repeated.
    pub retry: RetryOptions,
    /// Longest wait for an operation.
    pub patience: Duration,
    /// Longest wait until Entra knows a new identity everywhere.
    pub replication: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            retry: RetryOptions { max_attempts: 6, base: Duration::from_secs(1), ..RetryOptions::default() },
            patience: Duration::from_secs(7200),
            replication: Duration::from_secs(300),
        }
    }
}

impl Pace {
    /// For a double on this machine, which is never busy.
    pub fn local() -> Self {
        let usual = Self::default();
        let retry = RetryOptions { base: Duration::from_millis(10), cap: Duration::from_millis(200), ..usual.retry };
        Self { retry, ..usual }
    }
}
