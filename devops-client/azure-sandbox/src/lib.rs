#![doc = include_str!("../README.md")]

mod az;
mod containers;
mod docker;
mod http;
mod images;
mod kubernetes;
mod ml;
pub mod processes;
pub mod run;
mod store;
pub mod tools;
