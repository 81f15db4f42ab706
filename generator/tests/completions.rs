//! Completions as a person meets them: the Tab key in a shell that has read them.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test starts programs
// A shell that is not on the machine is skipped, and that is said.
#![allow(clippy::print_stderr)]

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::terminal::OnTerminal;

/// What is typed before the Tab key, and the arguments that are run then.
const TYPED: &[(&str, &str)] = &[
    ("pl", "plan"),
    ("adopt-e", "adopt-edit"),
    ("plan --comp", "plan --compact"),
    ("adopt-edit --und", "adopt-edit --undo"),
    ("plan --only d", "plan --only devops"),
    ("init --runtime p", "init --runtime python"),
    ("runs sh", "runs show"),
    ("completions z", "completions zsh"),
];

/// The script for a shell as a file of an empty home, if the shell is on this machine.
fn prepared(shell: &str) -> Option<(TempDir, PathBuf)> {
    if !Command::new(shell).arg("--version").output().is_ok_and(|said| said.status.success()) {
        eprintln!("skipped: {shell} is not on this machine, so its completions were not tried");
        return None;
    }
    let home = TempDir::new().unwrap();
    let script = Command::new(env!("CARGO_BIN_EXE_mlops-gen")).args(["completions", shell]).output().unwrap();
    assert!(script.status.success());
    let file = home.path().join("_mlops-gen");
    std::fs::write(&file, script.stdout).unwrap();
    Some((home, file))
}

/// Types into an interactive shell, where the program's name says its arguments.
async fn typed(shell: &str, arguments: &[&str], before: &str) {
    let Some((home, script)) = prepared(shell) else { return };
    let mut command = Command::new(shell);
    command.args(arguments).current_dir(home.path());
    command.env("HOME", home.path()).env("TERM", "dumb").env("PS1", "ready> ").env("INPUTRC", "/dev/null");
    // The quotes keep what is typed from looking like what is said.
    let setup = format!(
        "{before}source '{}'; mlops-gen() {{ echo \"said:\" \"<${{*% }}>\"; }}; echo load\"\"ed\n",
        script.display()
    );
    let mut answers = vec![("ready> ".to_owned(), setup)];
    let mut last = "loaded".to_owned();
    for (typed, run) in TYPED {
        answers.push((last, format!("mlops-gen {typed}\t\n")));
        last = format!("said: <{run}>");
    }
    answers.push((last, "exit\n".to_owned()));
    let answers: Vec<(&str, &str)> = answers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let (_, shown) = OnTerminal::answered(command, &answers).await;
    for (_, run) in TYPED {
        assert!(shown.contains(&format!("said: <{run}>")), "{run}: {shown}");
    }
}

#[tokio::test]
async fn bash_completes_a_subcommand_an_option_and_a_value() {
    typed("bash", &["--norc", "--noprofile", "-i"], "").await;
}

#[tokio::test]
async fn zsh_completes_a_subcommand_an_option_and_a_value() {
    typed("zsh", &["-f", "-i"], "autoload -U compinit; compinit -u -D; ").await;
}

#[test]
fn fish_completes_a_subcommand_an_option_and_a_value() {
    let Some((home, script)) = prepared("fish") else { return };
    // Fish needs a terminal of its own for its Tab key; `complete -C` is what the key asks. Values of arguments without a
    // name are not in clap's script for fish.
    for (typed, run) in TYPED.iter().filter(|(typed, _)| !typed.starts_with("completions")) {
        let ask = format!("source '{}'; complete -C 'mlops-gen {typed}'", script.display());
        let said = Command::new("fish").args(["--no-config", "-c", &ask]).env("HOME", home.path()).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let offered: Vec<_> = said.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(offered, [run.rsplit(' ').next().unwrap()], "{typed}");
    }
}
