//! The kinds of resources, a file each: the struct that the spec asks for, that a service shows and that requests are
//! made from, the names of its fields in a plan, and what a project wants of it.

pub mod environment;
pub mod federated_credential;
pub mod field;
pub mod service_connection;
pub mod variable_group;
