//! GUIDs that are reproducible: the same requests in the same order give the same ids.

// Invariant: a saved state is the same organization when it is loaded
// (test: a_saved_state_is_the_same_organization_when_loaded).

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use uuid::Uuid;

/// Gives out GUIDs from a seed and a counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdSource {
    seed: String,
    count: u64,
}

impl IdSource {
    /// A source whose ids depend on the seed only.
    pub fn new(seed: &str) -> IdSource {
        IdSource { seed: seed.to_owned(), count: 0 }
    }

    /// The next GUID.
    pub fn guid(&mut self) -> Uuid {
        self.count += 1;
        named(&format!("{}#{}", self.seed, self.count))
    }
}

/// The GUID that a name always has.
pub fn named(name: &str) -> Uuid {
    let digest = Sha1::digest(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
