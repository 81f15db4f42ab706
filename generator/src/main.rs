//! The program `mlops-gen`.

fn main() {}
