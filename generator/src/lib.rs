//! mlops-gen: one spec renders a whole MLOps project for Azure DevOps and Azure Machine Learning.

// Invariant: no two files need each other (test: no_files_need_each_other_in_a_circle).
// Invariant: what is below never knows what is above (test: rooms_know_only_what_is_below_them).

pub mod artifacts;
pub mod bicep;
pub mod compose;
pub mod cost;
pub mod data;
pub mod edge;
pub mod example;
pub mod keys;
pub mod origin;
pub mod own_data;
pub mod project;
pub mod remote;
pub mod render;
pub mod spec;
pub mod tree;
pub mod verify;

pub use project::load::load;
