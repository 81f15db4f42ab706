//! What a workflow meets outside of itself.

use jiff::{SignedDuration, Timestamp};

/// The clock and the network of a run.
pub trait Host {
    /// What time it is.
    fn now(&self) -> Timestamp;

    /// Lets time pass.
    fn wait(&mut self, time: SignedDuration);

    /// Sends a request, and waits for its answer as long as the request allows.
    ///
    /// # Errors
    /// Why there is no answer.
    fn send(&mut self, request: &Request) -> Result<Answer, Unanswered>;
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`.
    pub method: String,
    /// The whole address.
    pub uri: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body as it is sent.
    pub body: String,
    /// Whose token the request bears.
    pub identity: Option<Identity>,
    /// How long the answer is waited for.
    pub timeout: SignedDuration,
}

/// A managed identity that a request signs in as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Id of a user-assigned identity; none is the workflow's own.
    pub resource: Option<String>,
    /// Whom the token is for.
    pub audience: String,
}

/// An answer to a request, of a service or of the workflow itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// `200`.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The value of a header; names do not mind case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// None came in time.
    TimedOut,
    /// Nobody is there, or the connection broke.
    Failed(String),
}
