//! Azure DevOps and Azure as they are, and the way from there to what a project wants: the edge of [`crate::remote`].

pub mod apply;
pub mod azure;
mod branch_policy;
mod branches;
mod deployment;
pub mod error;
mod federated_credential;
mod files;
pub mod fleet;
pub mod foretell;
mod identity;
pub mod lock;
pub mod observe;
mod project;
pub mod registry;
mod repository;
mod resource_group;
mod role_assignment;
pub mod shared_reads;
pub mod site;
pub mod stop;
pub mod target;
#[cfg(test)]
mod tests;
pub mod things;
