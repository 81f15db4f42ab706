//! Pipelines that really run: what their steps did is read from their logs and from what they left.

mod artifacts;
mod commands;
mod ending;
mod graph;
mod secrets;
mod world;
