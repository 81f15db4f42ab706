#![doc = include_str!("../README.md")]

mod az;
mod client;
mod containers;
pub mod deployed;
mod docker;
mod http;
mod images;
mod kubernetes;
mod ml;
pub mod processes;
pub mod run;
pub mod services;
mod store;
pub mod tools;
