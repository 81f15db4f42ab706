//! The kinds of resources, a file each: the struct that the spec asks for, that a service shows and that requests are
//! made from, the names of its fields in a plan, and what a project wants of it.

// Invariant: nobody else names a field of a resource (test: only_kinds_name_the_fields_of_resources).

pub mod branch_policy;
pub mod check;
pub mod deployment;
pub mod environment;
pub mod federated_credential;
pub mod field;
pub mod files;
pub mod identity;
pub mod membership;
pub mod permission;
pub mod pipeline;
pub mod project;
pub mod repository;
pub mod resource_group;
pub mod role_assignment;
pub mod service_connection;
pub mod tags;
#[cfg(test)]
mod tests;
pub mod variable_group;
