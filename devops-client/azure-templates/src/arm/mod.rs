//! Templates of Azure Resource Manager: their expressions, and what a deployment of one makes.

mod deployment;
mod evaluate;
pub(crate) mod expression;
mod functions;
mod hash;
mod higher;
mod known;
pub(crate) mod lists;
mod networks;
mod read;
mod setting;
mod special;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod value;

pub use deployment::{Made, evaluate, evaluate_with};
pub(crate) use evaluate::{worth, worth_of_loop};
pub use known::{Known, Nothing, public_cloud};
pub use setting::Setting;

#[cfg(test)]
mod tests;
