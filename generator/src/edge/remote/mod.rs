//! Azure DevOps and Azure as they are, and the way from there to what a project wants: the edge of [`crate::remote`].

pub mod apply;
pub mod error;
pub mod fleet;
pub mod observe;
mod project;
pub mod registry;
mod repository;
pub mod shared_reads;
pub mod site;
pub mod stop;
pub mod target;
pub mod things;
