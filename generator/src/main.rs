//! The program `mlops-gen`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
