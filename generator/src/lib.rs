//! mlops-gen: one spec renders a whole MLOps project for Azure DevOps and Azure Machine Learning.

pub mod artifacts;
pub mod bicep;
pub mod compose;
pub mod cost;
pub mod data;
pub mod edge;
pub mod example;
pub mod keys;
pub mod own_data;
pub mod project;
pub mod remote;
pub mod render;
pub mod spec;
pub mod tree;
pub mod verify;

pub use project::load::load;
