//! Git: a real object store with the ids that git computes, and the routes on it.

pub mod commits;
pub mod completion;
pub mod history;
pub mod items;
pub mod json;
pub mod object;
pub mod pack;
pub mod pull_requests;
pub mod pushes;
pub mod refs;
pub mod repositories;
pub mod smart_http;
pub mod store;
pub mod tree;
pub mod unpack;
