//! Project, repository, files and branch policy against the emulator: made once, repaired where they drift, checked by
//! the server first, finished after an interruption; and the lock that keeps a second apply out.

#[path = "remote_git/drift.rs"]
mod drift;
#[path = "remote_git/files.rs"]
mod files;
#[path = "remote_git/fleet.rs"]
mod fleet;
#[path = "remote_git/interrupted.rs"]
mod interrupted;
#[path = "remote_git/lock.rs"]
mod lock;
#[path = "remote_git/policy.rs"]
mod policy;
#[path = "remote_git/world.rs"]
mod world;
