//! Templates of Azure Resource Manager: their expressions, and what a deployment of one makes.

mod deployment;
mod evaluate;
pub(crate) mod expression;
mod hash;
mod higher;
mod lists;
mod networks;
mod read;
mod setting;
mod special;
mod text;
mod time;
mod value;

pub use deployment::{Made, evaluate};
pub(crate) use evaluate::{worth, worth_of_loop};
pub use setting::Setting;

#[cfg(test)]
mod tests;
