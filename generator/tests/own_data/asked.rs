//! `init` on a terminal: the data and the column to predict are asked for, and each answer is checked.

use std::process::Command;

use tempfile::TempDir;

use crate::terminal;

use terminal::OnTerminal;

const ENTER: &str = "\r";

fn mlops_gen(folder: &TempDir) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("mlops-gen"));
    command.env("NO_COLOR", "1").env("TERM", "xterm").current_dir(folder.path()).args(["init", "demo", "--no-git"]);
    command
}

#[tokio::test]
async fn data_and_target_are_asked_for_and_answers_are_checked() {
    let folder = TempDir::new().unwrap();
    let text: String = (0..80).map(|n| format!("{}.5,name {n},{}\n", n * 37 % 61, n % 2)).collect();
    std::fs::write(folder.path().join("d.csv"), format!("a,name,churned\n{text}")).unwrap();
    let answers = [
        ("Data to learn from", "nowhere.csv\r"),
        ("cannot read the data nowhere.csv", "\u{15}d.csv\r"),
        // The likely column is offered; the one above it is text, and is refused.
        ("Column to predict", "\u{1b}[A\r"),
        ("`name` cannot be predicted", ENTER),
        ("Project name", "\u{15}Not A Name\r"),
        ("lower-case letters", "\u{15}churn\r"),
        ("Language of training and scoring", ENTER),
        ("Azure DevOps organization", ENTER),
        ("Azure DevOps project", ENTER),
        ("Azure region", ENTER),
        ("Mail address", ENTER),
    ];
    let (code, said) = OnTerminal::answered(mlops_gen(&folder), &answers).await;
    assert_eq!(code, Some(0), "{said}");
    let spec = std::fs::read_to_string(folder.path().join("demo/mlops.yaml")).unwrap();
    assert!(spec.contains("name: churn\n") && spec.contains("target: churned\n"), "{spec}");
}

#[tokio::test]
async fn nothing_named_is_the_example_data() {
    let folder = TempDir::new().unwrap();
    let answers = [
        ("Data to learn from", ENTER),
        ("Project name", ENTER),
        ("Language of training and scoring", ENTER),
        ("Azure DevOps organization", ENTER),
        ("Azure DevOps project", ENTER),
        ("Azure region", ENTER),
        ("Mail address", ENTER),
    ];
    let (code, said) = OnTerminal::answered(mlops_gen(&folder), &answers).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(folder.path().join("demo/data/diabetes.csv").is_file());
}
