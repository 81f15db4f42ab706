//! A sandbox in the background, with the real program.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test starts programs and looks at the disk
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn mlops_gen(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
    command.current_dir(folder).args(words).env("NO_COLOR", "1").stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A project; whatever of its sandbox goes on ends with it.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let made = mlops_gen(folder.path(), &["init", "--yes", "--no-git", "--name", "demo"]);
        assert!(made.status.success(), "{made:?}");
        Self(folder)
    }

    fn run(&self, words: &[&str]) -> Output {
        mlops_gen(self.0.path(), words)
    }

    fn status(&self) -> (Option<i32>, Value) {
        let output = self.run(&["sandbox", "status", "--json"]);
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
    }

    /// A process that a run has left behind: it bears the sandbox's folder.
    fn stray(&self) -> Child {
        let folder = self.0.path().join(".mlops-gen/sandbox").canonicalize().unwrap();
        Command::new("sleep").arg("600").env("MLOPS_GEN_SANDBOX_FOLDER", folder).spawn().unwrap()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = self.run(&["sandbox", "down"]);
    }
}

fn lives(id: u64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn a_sandbox_is_up_until_down_and_what_is_made_in_it_is_kept() {
    let project = Project::new();
    let (code, down) = project.status();
    assert_eq!((code, &down["up"]), (Some(1), &Value::from(false)));
    let up = project.run(&["sandbox", "up"]);
    assert!(up.status.success(), "{up:?}");
    let lines = text(&up.stdout);
    assert!(lines.contains("export MLOPS_GEN_DEVOPS_URL='http://127.0.0.1:"), "{lines}");
    // the lines are for a shell, in which every other command goes there
    let script = format!("{lines}\n{} plan --compact", env!("CARGO_BIN_EXE_mlops-gen"));
    let plan = Command::new("bash").current_dir(project.0.path()).args(["-c", &script]).output().unwrap();
    assert_eq!(plan.status.code(), Some(1), "{plan:?}");
    assert!(text(&plan.stdout).contains("to create"), "{plan:?}");
    let again = project.run(&["sandbox", "up"]);
    assert!(again.status.success() && text(&again.stderr).contains("it is up already"), "{again:?}");
    assert_eq!(text(&again.stdout), lines);
    let (code, status) = project.status();
    assert_eq!((code, &status["up"]), (Some(0), &Value::from(true)));
    let logs = project.run(&["sandbox", "logs"]);
    assert!(text(&logs.stdout).contains("made-up values for the secrets"), "{logs:?}");
    let unknown = project.run(&["sandbox", "logs", "nobody"]);
    assert!(!unknown.status.success() && text(&unknown.stderr).contains("nothing is called nobody"), "{unknown:?}");

    let mut stray = project.stray();
    let ended = project.run(&["sandbox", "down"]);
    assert!(ended.status.success(), "{ended:?}");
    assert!(!stray.wait().unwrap().success(), "what bears the folder ends too");
    assert!(!lives(status["process"].as_u64().unwrap()));
    assert_eq!(project.status().0, Some(1));
    let folder = project.0.path().join(".mlops-gen/sandbox");
    assert!(folder.join("state.json").is_file());
    assert!(!folder.join("up.json").exists() && !folder.join("services.json").exists());
}

#[test]
fn what_a_killed_sandbox_leaves_is_cleaned_by_the_next() {
    let project = Project::new();
    assert!(project.run(&["sandbox", "up"]).status.success());
    let process = project.status().1["process"].as_u64().unwrap();
    let mut stray = project.stray();
    let killed = Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
    assert!(killed.success());
    while lives(process) {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let status = project.run(&["sandbox", "status"]);
    assert_eq!(status.status.code(), Some(1));
    assert!(text(&status.stdout).contains("was cut off"), "{status:?}");
    let up = project.run(&["sandbox", "up"]);
    assert!(up.status.success(), "{up:?}");
    assert!(text(&up.stderr).contains("the one before was cut off; 1 processes of it are ended"), "{up:?}");
    assert!(!stray.wait().unwrap().success());
    let (code, status) = project.status();
    assert_eq!(code, Some(0));
    assert_ne!(status["process"].as_u64(), Some(process));
}

#[test]
fn a_state_file_of_before_is_taken_over_into_a_folder() {
    let project = Project::new();
    let kept = project.run(&["sandbox", "--state", "old.json", "--", "true"]);
    assert!(kept.status.success() && project.0.path().join("old.json").is_file(), "{kept:?}");
    let before = fs::read_to_string(project.0.path().join("old.json")).unwrap();
    let up = project.run(&["sandbox", "up", "--state", "old.json"]);
    assert!(up.status.success() && text(&up.stderr).contains("is taken over into a folder"), "{up:?}");
    let vaults = |text: &str| serde_json::from_str::<Value>(text).unwrap()["vaults"]["vaults"].clone();
    assert!(project.run(&["sandbox", "down", "--state", "old.json"]).status.success());
    let after = fs::read_to_string(project.0.path().join("old.json/state.json")).unwrap();
    assert_eq!(vaults(&after), vaults(&before), "the secrets are the same");
}
