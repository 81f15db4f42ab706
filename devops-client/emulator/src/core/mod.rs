//! The kernel that every area stands on: requests, responses and errors as plain values, the organization and the form of
//! routes. Nothing here does IO; time and identity are passed in.

pub mod call;
pub mod error;
pub mod ids;
pub mod json;
pub mod locations;
pub mod organization;
pub mod paging;
pub mod request;
pub mod response;
pub mod route;
pub mod secret;
pub mod version;

pub use call::{Call, Event};
pub use error::ServiceError;
pub use organization::Organization;
pub use request::{Method, Request};
pub use response::{Body, Response};

/// What an operation comes to: an answer, or the service's own error.
pub type Outcome = Result<Response, ServiceError>;
