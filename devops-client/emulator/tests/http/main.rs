//! Behaviour of the emulator through real HTTP, one module per area.

mod edge;
mod git;
mod pipelines;
mod resources;
mod world;
