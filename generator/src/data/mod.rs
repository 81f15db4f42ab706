//! What a file of data holds, as far as a look at it says: its dialect, the types of its columns, a spec for it, and what a
//! person should look at. Pure: bytes and cells come in as values, from [`edge::own_data`](crate::edge::own_data).
//!
//! What is inferred is what both runtimes read: the rules for cells are those of the data contract, version 2.

pub mod cell;
pub mod column;
pub mod date;
pub mod dialect;
pub mod doubt;
pub mod doubts;
pub mod encoding;
pub mod facts;
pub mod guess;
pub mod held;
pub mod infer;
pub mod leaks;
pub mod markers;
pub mod names;
pub mod report;
pub mod rewrite;
pub mod sample;
pub mod shape;
pub mod table;
pub mod target;
pub mod truths;
