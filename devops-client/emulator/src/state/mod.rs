//! What an organization holds, as plain values: they can be saved, loaded and printed, and know of no request, no operation
//! and no other thing's rules. The areas above read and change them.

pub mod checks;
pub mod kept;
pub mod people;
pub mod projects;
pub mod repositories;
pub mod resources;
pub mod runs;
