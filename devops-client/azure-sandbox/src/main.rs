//! The stand-ins as one program, for tests; `mlops-gen` brings them itself.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program speaks to its caller")]

use std::path::PathBuf;
use std::process::ExitCode;

use azure_sandbox::tools::{FOLDER, main as stand_in};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        eprintln!("{FOLDER} is not set: which sandbox is it?");
        return ExitCode::from(2);
    };
    let here = std::env::current_dir().unwrap_or_default();
    let said = stand_in(&folder, &here, &words);
    print!("{}", said.out);
    eprint!("{}", said.error);
    ExitCode::from(said.code)
}
