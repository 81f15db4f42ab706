#![doc = include_str!("../README.md")]

#[cfg(not(unix))]
compile_error!(
    "azure-sandbox works on Unix alone: it needs process groups, signals and sockets of files; build for Linux"
);

mod access;
mod az;
mod client;
mod containers;
pub mod deployed;
mod docker;
pub mod events;
mod folders;
mod http;
mod images;
mod kubernetes;
mod ml;
pub mod processes;
mod program;
pub mod revive;
pub mod run;
pub mod services;
pub mod shown;
mod spool;
pub mod storage;
mod store;
pub mod tools;

pub use ml::tracking;
