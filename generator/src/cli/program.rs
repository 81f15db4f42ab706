//! The program, as messages name it.

use std::path::PathBuf;
use std::sync::OnceLock;

/// The folder that `-C` named.
pub(super) static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();

/// The program, as a person called it: with the folder to go to.
pub(super) fn program() -> String {
    match DIRECTORY.get() {
        Some(folder) => format!("mlops-gen -C {}", shell_word(&folder.display().to_string())),
        None => "mlops-gen".to_owned(),
    }
}

/// A word as a shell takes it for one.
pub(super) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./@%+=:,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
