//! Files that are embedded: a new one among them is a reason to build again, which the compiler cannot know.
#![allow(clippy::print_stdout)]

fn main() {
    for folder in ["../templates", "../model/src", "../model/tests", "../model/data"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
