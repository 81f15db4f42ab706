//! What a job says of itself.

use std::io::Write as _;

use super::places;
use crate::store::Store;

/// A line of the job's own log.
pub(super) fn say(store: &Store, name: &str, line: &str) {
    let path = places::job(store, name).join("job.log");
    // a log that cannot be written harms nobody's job
    if let Ok(mut file) = std::fs::File::options().create(true).append(true).open(path) {
        let _ = writeln!(file, "{line}");
    }
}
