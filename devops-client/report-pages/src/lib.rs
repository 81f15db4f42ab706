#![doc = include_str!("../README.md")]

pub mod chart;

mod html;
mod page;
pub mod run;
mod state;

pub use html::Html;
pub use page::{POLICY, Page, Tab};
pub use state::{Mood, state};
