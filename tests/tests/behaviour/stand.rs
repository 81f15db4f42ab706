//! A folder with a rendered tree in it, and programs that stand in for those that scripts call.

use std::path::{Path, PathBuf};
use std::process::Command;

use mlops_gen::tree::RenderedTree;
use tempfile::TempDir;

/// Where a script runs.
pub struct Stand {
    folder: TempDir,
}

/// How a script ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code.
    pub code: i32,
    /// Standard output and standard error.
    pub said: String,
    /// The calls of stand-ins, a line each, in order.
    pub calls: Vec<String>,
}

impl Stand {
    /// A folder that holds `tree`.
    pub fn new(tree: &RenderedTree) -> Self {
        let stand = Self { folder: TempDir::new().unwrap() };
        for (path, file) in tree.iter().filter(|(path, _)| !path.as_str().starts_with("model/")) {
            stand.write(path.as_str(), &file.bytes);
        }
        stand.write("calls", b"");
        stand
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The text of a file, empty if it is not there.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap_or_default()
    }

    fn write(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        file
    }

    /// Lets `name` be a program that notes its call and runs `body`, a piece of bash.
    pub fn program(&self, name: &str, body: &str) {
        use std::os::unix::fs::PermissionsExt;
        let calls = self.path().join("calls");
        // whoever asks hears of the calls of all tests
        let noted = std::env::var("MLOPS_GEN_CALLS").unwrap_or_else(|_| "/dev/null".to_owned());
        let note = format!(
            "(IFS=$'\\t'; words=\"$*\"; printf 'stub\\t0\\t{name}\\t%s\\n' \"${{words//$'\\n'/ }}\" >>'{noted}')"
        );
        let text =
            format!("#!/usr/bin/env bash\n{note}\nprintf '%s\\n' \"{name} $*\" >>'{}'\n{body}\n", calls.display());
        let file = self.write(&format!("bin/{name}"), text.as_bytes());
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a script of `pipelines/scripts` with these variables and no others.
    pub fn run(&self, script: &str, variables: &[(&str, &str)]) -> Ended {
        std::fs::write(self.path().join("calls"), "").unwrap();
        let path = format!("{}:{}", self.path().join("bin").display(), std::env::var("PATH").unwrap_or_default());
        let output = Command::new("bash")
            .arg(format!("pipelines/scripts/{script}"))
            .current_dir(self.path())
            .env_clear()
            .env("PATH", path)
            .env("TMPDIR", self.path())
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        Ended {
            code: output.status.code().unwrap_or(-1),
            said: String::from_utf8_lossy(&said).into_owned(),
            calls: self.read("calls").lines().map(str::to_owned).collect(),
        }
    }
}
