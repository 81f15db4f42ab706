#![doc = include_str!("../README.md")]

pub mod expression;
mod json;
pub mod model;
mod number;
mod place;
pub mod template;
mod value;
mod version;
pub mod yaml;

pub use number::Number;
pub use place::{Place, Problem, What};
pub use value::{Comment, Node, Unknown, Value};
pub use version::Version;
