//! The program that the stand-ins are, and the sandbox that they belong to.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::store::Store;

/// The variable that says which sandbox a stand-in belongs to.
pub const FOLDER: &str = "MLOPS_GEN_SANDBOX_FOLDER";

/// The program that the stand-ins are.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    words: Vec<String>,
    folder: PathBuf,
}

impl Program {
    /// That of a sandbox.
    pub fn of(store: &Store) -> Result<Self, String> {
        let folder = store.folder().parent().unwrap_or(store.folder()).to_owned();
        let path = folder.join("program.json");
        let wrong = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| wrong(&error))?;
        let words: Value = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
        let words: Vec<String> =
            words.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect();
        if words.is_empty() { Err(wrong(&"it names no program")) } else { Ok(Self { words, folder }) }
    }

    /// The words that start it.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).args(arguments).env(FOLDER, &self.folder);
        command
    }
}
