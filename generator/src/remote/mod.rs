//! What Azure DevOps and Azure should hold, what they hold, and the plan that leads from one to the other.
//!
//! Pure: nothing here reads or writes anything. A resource is a
//! [`Resource`](resource::Resource): a key and the fields that the spec sets. The
//! same flat fields are compared, printed and, at the edge, written, so a plan shows what will be done and nothing else.

pub mod admin;
pub mod brief;
pub mod content;
pub mod desired;
pub mod doctor;
pub mod files;
pub mod immutable;
pub mod kinds;
pub mod later;
pub mod mark;
pub mod missing;
pub mod observed;
pub mod order;
pub mod page;
pub mod plan;
pub mod preview;
pub mod private_networks;
pub mod resource;
pub mod runs;
pub mod saved;
pub mod secrets;
pub mod shell;
pub mod show;
pub mod spec_changes;
#[cfg(test)]
mod tests;
