//! The worked example, applied to the doubles as `mlops-gen apply` does it: what is deployed says what happens by itself,
//! and who may do what.

mod events;
#[path = "../rendered/project.rs"]
#[allow(dead_code, reason = "the other tests of it take more")]
mod project;
mod roles;
mod world;
