//! Behaviour of the emulator through real HTTP, one module per area.

mod azure;
mod edge;
mod execution;
mod gates;
mod git;
mod page;
mod pipelines;
#[path = "../../../tests/common/planted.rs"]
mod planted;
mod resources;
mod sandbox;
mod world;
