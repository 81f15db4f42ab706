//! The pure part of the scoring server, from the same source files as the library.

/// As in the library.
#[path = "."]
pub mod scoring {
    #[path = "../../src/scoring/decode/mod.rs"]
    pub mod decode;
    #[path = "../../src/scoring/problem.rs"]
    pub mod problem;
}
