//! The Bicep compiler of this machine, for what is beyond this tool's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::EdgeError;
use super::disk;
use crate::tree::{Beyond, Outside};

/// How the compiler is called.
struct Compiler {
    program: &'static str,
    /// Words in front of each command.
    words: &'static [&'static str],
    /// What asks for its version.
    version: &'static str,
    /// What stands in front of a file.
    file: &'static [&'static str],
}

/// The ways to call it, the first that there is.
const WAYS: [Compiler; 2] = [
    Compiler { program: "bicep", words: &[], version: "--version", file: &[] },
    Compiler { program: "az", words: &["bicep"], version: "version", file: &["--file"] },
];

/// What the compiler makes of `beyond`; nothing where there is nothing to compile, or no compiler.
///
/// # Errors
/// What the compiler says of a file, and what keeps it from being asked.
pub fn compile(beyond: &Beyond) -> Result<Option<Outside>, EdgeError> {
    let Some((compiler, version)) =
        (!beyond.wanted.is_empty()).then(|| WAYS.iter().find_map(|way| Some((way, way.version()?)))).flatten()
    else {
        return Ok(None);
    };
    let folder = Folder::new()?;
    for (path, bytes) in &beyond.files {
        disk::write(&folder.0.join(path.as_str()), bytes)?;
    }
    let mut compiled = BTreeMap::new();
    for path in &beyond.wanted {
        compiled.insert(path.clone(), compiler.run(&folder.0, path.as_str())?);
    }
    Ok(Some(Outside { version, compiled }))
}

impl Compiler {
    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command.args(self.words);
        command
    }

    /// Its version, if it is there: `Bicep CLI version 0.49.2 (c1e8e5a4ab)`.
    fn version(&self) -> Option<String> {
        let output = self.command().arg(self.version).output().ok().filter(|output| output.status.success())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
        text.split_whitespace().find(number).map(str::to_owned)
    }

    fn run(&self, folder: &Path, path: &str) -> Result<Value, EdgeError> {
        let (source, made) = (Path::new(path), folder.join("made.json"));
        let verb = if path.ends_with(".bicepparam") { "build-params" } else { "build" };
        let mut command = self.command();
        command.current_dir(folder).arg(verb).args(self.file).arg(source).arg("--outfile").arg(&made);
        let output = command.output().map_err(|error| EdgeError::new("compile", source, error))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.trim().replace(&format!("{}/", folder.display()), "");
            return Err(EdgeError::new("compile", source, format!("{} says: {said}", self.program)));
        }
        let text = std::fs::read(&made).map_err(|error| EdgeError::new("read what was compiled of", source, error))?;
        serde_json::from_slice(&text).map_err(|error| EdgeError::new("read what was compiled of", source, error))
    }
}

/// A folder for the compiler, which goes away again.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, EdgeError> {
        let path = std::env::temp_dir().join(format!("mlops-gen-bicep-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| EdgeError::new("create", &path, error))?;
        // Messages name files as the system does.
        Ok(Self(path.canonicalize().unwrap_or(path)))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
