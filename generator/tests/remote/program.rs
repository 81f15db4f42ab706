//! The program itself, in a folder with a rendered project.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use devops_emulator::Running;
use tempfile::TempDir;

use crate::remote::world::{TOKEN, known, spec, values};

/// A folder with the usual spec, rendered once; tests only read it.
pub fn folder() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        std::fs::copy(spec(), folder.path().join("mlops.yaml")).unwrap();
        let rendered =
            Command::new(env!("CARGO_BIN_EXE_mlops-gen")).arg("render").current_dir(&folder).output().unwrap();
        assert!(rendered.status.success(), "{rendered:?}");
        folder
    });
    folder.path().to_owned()
}

/// The program, pointed at an organization.
pub fn program(emulator: &Running, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlops-gen"));
    command
        .args(arguments)
        .current_dir(folder())
        .stdin(Stdio::null())
        .env("NO_COLOR", "1")
        .envs(values(&known().project));
    command.env("MLOPS_GEN_DEVOPS_URL", emulator.url()).env("MLOPS_GEN_DEVOPS_TOKEN", TOKEN);
    command
}

/// Runs it to its end.
pub async fn run(emulator: &Running, arguments: &[&str]) -> Said {
    run_to_end(program(emulator, arguments)).await
}

/// Runs a command to its end.
pub async fn run_to_end(mut command: Command) -> Said {
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    Said::new(&output)
}

/// Waits for the end of a process whose output is piped.
pub async fn ended(child: std::process::Child) -> Said {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.unwrap().unwrap();
    Said::new(&output)
}

/// What it said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Demands an exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    /// Demands words on either stream.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.out.contains(words) || self.err.contains(words), "no {words:?} in\n{}\n{}", self.out, self.err);
        self
    }
}
