//! The worked example, applied to the doubles as `mlops-gen apply` does it: what is deployed says what happens by itself,
//! and who may do what.

mod approvals;
mod events;
mod infrastructure;
mod inside;
use crate::rendered::project;
mod peerings;
mod roles;
mod world;
