//! What keeps two people from changing a project at the same time.

use async_trait::async_trait;

use super::error::RemoteError;
use super::site::Site;

/// The lock that keeps two people from changing a project at the same time.
#[async_trait]
pub trait Locks: Send + Sync {
    /// Takes the lock of the project at `site`.
    async fn acquire(&self, site: &Site) -> Result<Box<dyn Held>, Refused>;

    /// Removes a lock that a dead holder has left behind, where nothing else is to be done.
    async fn tidy(&self, _site: &Site) -> Result<(), RemoteError> {
        Ok(())
    }
}

/// A lock that is held.
#[async_trait]
pub trait Held: Send + Sync {
    /// Whether it is still held, as far as is known; asks nobody.
    fn is_held(&self) -> bool;

    /// Gives it back. A lock whose repository is gone is given back.
    async fn release(&self, site: &Site) -> Result<(), RemoteError>;
}

/// Why a lock was not taken.
#[derive(Debug)]
pub enum Refused {
    /// Somebody else holds it: who, since when, and what to do about it.
    Held(String),
    /// It could not be asked for.
    Failed(RemoteError),
}
