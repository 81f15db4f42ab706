//! `plan`, `apply` and `destroy`: what the services should hold, shown and carried out.

mod act;
pub mod args;
mod changed_lines;
mod consent;
mod former;
mod histories;
mod plan;
mod progress;
mod targets;

use std::future::Future;

pub(super) use act::{apply, destroy};
pub(super) use plan::plan;

use super::failure::Failure;

/// Runs what waits for the network.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Usage(format!("cannot start the runtime: {error}")))?;
    Ok(runtime.block_on(future))
}
