//! Behaviour of the emulator through real HTTP, one module per area.

mod azure;
mod edge;
mod git;
mod pipelines;
mod resources;
mod sandbox;
mod world;
