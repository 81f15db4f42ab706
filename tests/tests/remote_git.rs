//! Project, repository, files and branch policy against the emulator: made once, repaired where they drift, checked by
//! the server first, finished after an interruption; and the lock that keeps a second apply out.

mod drift;
mod files;
mod fleet;
mod interrupted;
mod lock;
mod policy;
mod world;
