//! The rendered pipelines of the worked example, carried out: scripts in a shell, `az` as the sandbox's stand-in, and small
//! programs where the project would build its own.

mod endpoint;
pub mod faults;
mod load;
pub mod project;
mod pull_request;
pub mod release;
mod sweep;
mod training;
