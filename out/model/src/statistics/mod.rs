//! Sufficient statistics of a table: what a ridge regression and a baseline need to know of the rows, in a form that
//! parts of the data add up to.

mod accumulator;
mod block;
mod lanes;
mod moments;
mod narrow;
mod products;
mod sketch;
mod spread;
mod weighted;

pub use accumulator::Accumulator;
pub use block::Ranges;
pub use moments::Moments;
pub use sketch::Sketch;
pub use spread::standard_deviation;
pub(crate) use weighted::WeightedProducts;
