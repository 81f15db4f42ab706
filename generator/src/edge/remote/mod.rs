//! Azure DevOps and Azure as they are, and the way from there to what a project wants: the edge of [`crate::remote`].

pub mod error;
mod project;
mod repository;
pub mod shared_reads;
pub mod site;
pub mod things;
