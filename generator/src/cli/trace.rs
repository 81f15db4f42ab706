//! What the program does, for whoever looks for a mistake: `MLOPS_GEN_LOG=debug`, or any filter of tracing's form.

use tracing_subscriber::EnvFilter;

/// The variable that asks for it.
const LOG: &str = "MLOPS_GEN_LOG";

/// Writes events to standard error if the environment asks for it. No event holds a secret: whatever is one is a type
/// that cannot be printed, and addresses are shown without their query.
pub(super) fn start() {
    let Ok(filter) = std::env::var(LOG) else { return };
    let filter = EnvFilter::new(filter);
    let events = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A subscriber that is there already stays.
    let _ = events.try_init();
}
