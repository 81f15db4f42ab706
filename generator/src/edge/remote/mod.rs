//! Azure DevOps and Azure as they are, and the way from there to what a project wants: the edge of [`crate::remote`].

pub mod apply;
pub mod azure;
mod branch_policy;
mod branches;
mod check;
mod deployment;
mod environment;
pub mod error;
mod federated_credential;
mod files;
pub mod fleet;
pub mod handler;
mod identity;
pub mod lock;
mod lookup;
mod marked;
mod membership;
mod moved;
pub mod observe;
mod people;
mod permission;
mod pipeline;
mod pools;
mod project;
pub mod registry;
mod repository;
mod resource_group;
mod role_assignment;
pub mod service_connection;
pub mod shared_reads;
pub mod site;
pub mod stop;
pub mod target;
#[cfg(test)]
mod tests;
mod variable_group;
pub mod what_if;
