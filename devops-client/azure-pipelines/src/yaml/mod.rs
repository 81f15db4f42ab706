//! YAML as Azure Pipelines reads it, and as it is printed again.

mod places;
mod print;
mod read;

pub use places::{places, with_places};
pub use print::print;
pub use read::parse;
