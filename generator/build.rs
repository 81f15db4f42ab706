//! Files that are embedded in a release build: a new one among them is a reason to build again, which the compiler
//! cannot know. A debug build reads them from the source tree when it runs, so that touching a template builds nothing.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a build script talks to cargo, by its output and environment"
)]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        for folder in ["../templates", "../model/src", "../model/tests", "../model/data"] {
            println!("cargo::rerun-if-changed={folder}");
        }
    }
}
