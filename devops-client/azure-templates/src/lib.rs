#![doc = include_str!("../README.md")]

pub mod arm;
pub mod bicep;
mod place;
mod resources;

pub use place::{Located, Place, Problem};
