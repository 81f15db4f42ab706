//! Event Grid and Logic Apps: what is deployed says which event goes to which workflow, and what the workflow does.
//!
//! Events wait in the sandbox's folder from the moment they are raised until they are delivered or given up, so that nothing
//! is lost with whoever delivers them. What time it is, [`Clock`] says: tests let it pass as they like.

mod clock;
mod deliver;
mod filter;
mod host;
pub(crate) mod raise;
mod retry;
mod subscription;

pub use clock::Clock;
pub use deliver::{Events, Happened};
pub use host::DevOps;
