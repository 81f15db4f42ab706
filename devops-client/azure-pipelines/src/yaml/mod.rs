//! YAML as Azure Pipelines reads it, and as it is printed again.

mod print;
mod read;

pub use print::print;
pub use read::parse;
