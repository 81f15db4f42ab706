#![doc = include_str!("../README.md")]
#![warn(clippy::missing_errors_doc)]

mod client;
mod credential;
mod error;
mod extra;
mod http;
mod id;
mod open_enum;
mod page;
#[cfg(test)]
#[path = "../tests/common/planted.rs"]
mod planted;
mod secret;
mod time;
mod wait;

pub mod api;

pub use crate::http::azure::azure_client_options;
pub use crate::http::clock::{Clock, SystemClock};
pub use crate::http::contact::{SILENT, first_contact};
pub use crate::http::pause::TARGET as PAUSES;
pub use crate::http::retry::RetryOptions;
pub use crate::http::throttle::{ThrottleOptions, retry_after};
pub use crate::http::transport::{CONNECT, HttpTransport, Stage, Transport, TransportError, WireRequest, WireResponse};
pub use client::{Client, ClientBuilder, Project};
pub use credential::{Credential, in_words};
pub use error::{Context, Effect, Error, ErrorKind, Problem, Result};
pub use extra::{Extra, Parameters};
pub use id::*;
pub use page::Pages;
pub use secret::Secret;
pub use time::Timestamp;
pub use wait::{Progress, Tell, WaitOptions};
