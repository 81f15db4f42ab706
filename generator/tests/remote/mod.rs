//! `plan`, `apply` and `destroy` against an emulated organization: from nothing, killed, under faults, two at once, in
//! fleets, and with every way to say no.
//!
//! Each test has a small size that runs always and a full one that `REMOTE_FULL=1` asks for
//! (`tests/conformance/remote-soak.sh`); the figures are printed.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test looks at the disk and starts programs
#![allow(clippy::print_stdout)] // the figures are what some of the tests are for

mod adoption;
mod approvers;
mod azure;
mod azure_world;
mod consent;
mod converge;
mod crash;
mod faults;
mod fleet;
mod interrupt;
mod lost;
mod manners;
mod program;
mod protected;
mod race;
mod snapshot;
mod time;
mod world;
