//! What time it is, for deliveries.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// A clock: the machine's, or one that stands until somebody moves it.
#[derive(Debug)]
pub enum Clock {
    /// That of the machine; who waits sleeps.
    Machine,
    /// It stands; who waits moves it.
    Held(Mutex<Timestamp>),
}

impl Clock {
    /// A clock that stands at a time.
    pub fn held(at: Timestamp) -> Self {
        Self::Held(Mutex::new(at))
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Machine => Timestamp::now(),
            Self::Held(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Lets time pass.
    pub fn wait(&self, time: SignedDuration) {
        match self {
            Self::Machine => std::thread::sleep(time.try_into().unwrap_or_default()),
            Self::Held(at) => *at.lock().unwrap_or_else(PoisonError::into_inner) += time,
        }
    }
}
