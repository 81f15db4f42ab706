#![doc = include_str!("../README.md")]

pub mod arm;
pub mod bicep;
mod place;
mod resources;
pub mod workflow;

pub use place::{Located, Place, Problem};

/// Definitions of built-in roles as Azure Resource Manager gives them, as JSON: `{source, roles: [{name, id, permissions:
/// [{actions, notActions, dataActions, notDataActions}]}]}`. What follows from them whoever reads them works out alone.
pub const BUILT_IN_ROLES: &str = include_str!("roles.json");
