//! Images that ours are built from, pinned.

/// Image that Rust programs are built in. Debian 12, like [`DEBIAN`], so that a dynamic program finds its libraries.
pub(super) const RUST: &str = "docker.io/library/rust:1.95.0-slim-bookworm";

/// Image that Rust programs of the training jobs run in.
pub(super) const DEBIAN: &str = "docker.io/library/debian:12.12-slim";

/// Image that Python programs are built and run in.
pub(super) const PYTHON: &str = "docker.io/library/python:3.12.12-slim-bookworm";
