//! Ridge regression from data file to answered request: the library behind the binaries `data-test`, `train`,
//! `evaluate`, `register`, `score` and `collect`.

pub mod artifact;
pub mod contract;
pub mod scoring;
