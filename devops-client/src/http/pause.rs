//! Tells whoever listens that calls wait.

use std::time::Duration;

/// The target of these events: a program that shows them to a person listens to warnings with this target.
pub const TARGET: &str = "devops_client::pause";

/// Says why nothing is sent for a while, and when it goes on.
pub(crate) fn tell(why: &str, wait: Duration) {
    tracing::warn!(target: TARGET, "waiting: {why}; going on in {} s", wait.as_secs_f64().ceil());
}
