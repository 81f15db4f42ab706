//! All tests from outside in one executable: while one waits, the cores are another's, and it is linked once.

mod azure;
mod command_line;
mod completions;
mod cost;
mod one_repository;
mod own_data;
mod own_files;
mod readme;
mod remote;
mod runs;
mod sandbox;
mod sandbox_killed;
mod sandbox_up;
mod terminal;
mod world;
