//! What a project costs a month before it is there: resources of the templates, meters of Azure, prices of the public
//! list, and the assumptions of the spec (`usage`).
//!
//! Pure: prices come from [`edge::prices`](crate::edge::prices). A resource has a line, a reason why it is free, or a
//! reason why nothing is known of its price; what is not known is named, and never counted as zero.

pub mod estimate;
pub mod kinds;
pub mod meter;
pub mod resources;
pub mod show;
#[cfg(test)]
mod tests;

/// Hours of a month, as Azure's price calculator counts them.
pub const HOURS: f64 = 730.0;

/// Days of a month: [`HOURS`] / 24.
pub const DAYS: f64 = HOURS / 24.0;
