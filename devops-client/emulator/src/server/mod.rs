//! The edge: the socket, the lock, the clock; and around the operations what a service on a network does to its callers:
//! sign-in, throttling, faults.

pub mod accounts;
pub mod builder;
pub mod connection;
pub mod control;
pub mod double;
pub mod faults;
pub mod http;
pub mod journal;
pub mod page;
pub mod shared;
pub mod throttle;
pub mod view;

pub use builder::{Emulator, Running, StartError};
pub use faults::{Action, Fault};
pub use journal::Entry;
pub use throttle::{HeaderSeconds, Throttle};
