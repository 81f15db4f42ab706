//! What a shell needs to complete the words of this program.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Cli;

/// The script that a shell reads.
pub fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mlops-gen", &mut script);
    let script = String::from_utf8_lossy(&script);
    // clap_complete 4.6 names the states of a program with a hyphen in two ways, so that nothing was completed behind a
    // subcommand (https://github.com/clap-rs/clap/issues/6421). Where it names them in one way, this changes nothing.
    if shell == Shell::Bash { script.replace("mlops__subcmd__gen", "mlops__gen") } else { script.into_owned() }
}
