#![doc = include_str!("../README.md")]

mod access;
mod az;
mod client;
mod containers;
pub mod deployed;
mod docker;
pub mod events;
mod http;
mod images;
mod kubernetes;
mod ml;
pub mod processes;
pub mod run;
pub mod services;
mod spool;
pub mod storage;
mod store;
pub mod tools;

pub use ml::tracking;
