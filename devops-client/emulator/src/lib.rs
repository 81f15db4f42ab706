//! A stateful Azure DevOps organization on loopback, for tests and for trying things without an account.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let running = devops_emulator::Emulator::builder().seed_project("shop").token("secret").start().await?;
//! assert!(running.url().starts_with("http://127.0.0.1:"));
//! assert!(running.state().find_project("shop").is_some());
//! running.stop().await;
//! # Ok::<(), devops_emulator::StartError>(()) }).unwrap();
//! ```
//!
//! The core (`state`, `core`, `areas`, `git`, `pipelines`, `dispatch`) is a function from an organization and a request to a response; only
//! `server` knows of sockets, locks and clocks. Facts about the service are those of its REST documents (api version 7.1).

pub mod areas;
pub mod arm;
pub mod core;
pub mod dispatch;
pub mod executor;
pub mod git;
pub mod key_vault;
pub mod pipelines;
#[cfg(test)]
#[path = "../../tests/common/planted.rs"]
mod planted;
pub mod prices;
pub mod sandbox;
pub mod server;
pub mod state;

pub use crate::core::organization::{Advance, Organization, Settings, Unauthorized};
pub use arm::Arm;
pub use executor::{Execution, SecretSource};
pub use key_vault::KeyVaults;
pub use pipeline_runner::{Patience, Settings as RunSettings};
pub use pipelines::scripts::Scripted;
pub use prices::Prices;
pub use sandbox::{Sandbox, SandboxOptions};
pub use server::double::Double;
pub use server::view::{Asked, View};
pub use server::{Action, Emulator, Entry, Fault, HeaderSeconds, Running, StartError, Throttle};
